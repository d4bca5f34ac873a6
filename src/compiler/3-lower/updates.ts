// Updates of transport checksums that are due: rewrites add to them, and they are made together where somebody could tell, before
// a verdict at the latest. So several rewrites of a packet are one call, ways that differ by the kind of transport header meet
// before it, and the packet's pointers live on between the rewrites.
//
// Two checksums may be due: of the packet's transport header, and of one that an ICMP error quotes (its change is part of the
// error's sum). Sums are of 32-bit words as memory has them, new ones less old ones: signed, order-free (RFC 1624).
// Transport checksums go through bpf_l4_csum_replace, which is right also where the kernel finishes them later (CHECKSUM_PARTIAL)
// or has summed the packet (CHECKSUM_COMPLETE); quoted ones, and all of XDP, are plain bytes.

import { HEADERS } from '../../lang/headers.ts';
import type { Place } from '../2-check/tree.ts';
import { constOf, type Value } from '../ir/ir.ts';
import { low, positive, type Difference } from './checksums.ts';
import { CSUM, HELPER } from './kernel-functions.ts';
import { NO_PACKET, type Fork, type Memo, type Outcome, type Path } from './path.ts';
import type { State } from './state.ts';
import { scalar, type View } from './value.ts';
import { inside, reach } from './views.ts';

/** A transport header: where it begins, and what is to know of its checksum. */
export interface Checked {
  /** Bytes from the start of the packet: a constant, and perhaps a variable (i64). */
  readonly at: number;
  readonly by: Value | undefined;
  /** i64: the checksum's place in the header, with flags; 0: it has none. */
  readonly what: Value;
}

export interface Update extends Checked {
  /** Whether a `what` of 0 says that there is no checksum; else some ways here have not looked. */
  readonly isTold: boolean;
  /** Of addresses: counts where `what` says that the pseudo header is in the sum. */
  readonly pseudo: Difference;
  /** Of bytes that the checksum is over. */
  readonly plain: Difference;
}

export interface Updates {
  readonly kind: 'updates';
  readonly outer: Update | undefined;
  readonly quoted: Update | undefined;
  /** Functions around the rewrite: behind the innermost they are made. */
  readonly depth: number;
}

export const UPDATES: Memo = { memo: 'updates' };

/** Where a transport header has its checksum. */
export const CHECKSUM_AT: Readonly<Record<string, number>> = { Icmp: 2, Icmpv6: 2, Udp: 6, Tcp: 16 };
const PLACE = 0x1f;
/** Of UDP: 0 says that there is none. The helper's flag. */
const OPTIONAL = CSUM.MARK_MANGLED_0;
/** The checksum is over addresses, too. */
const ADDRESSES = 0x40;

export function whatOf(name: string): number {
  const place = CHECKSUM_AT[name];
  return place === undefined ? 0 : place | (name === 'Udp' ? OPTIONAL : 0) | (name === 'Icmp' ? 0 : ADDRESSES);
}

type Part = 'pseudo' | 'plain';

/** Adds to what is due of a checksum; of another header's, that is made first. `what` undefined: as it was told before. */
export function owe(s: State, which: 'outer' | 'quoted', of: Omit<Checked, 'what'> & { readonly what: Value | undefined }, part: Part, by: Difference, at: Place): void {
  const there = dueOf(s)?.[which];
  // What this rewrite is told may be another than an earlier one was: fields that tell have changed between them.
  const isOther = there?.isTold === true && of.what !== undefined && of.what !== there.what && !isSameConst(of.what, there.what);
  if (there !== undefined && (isOther || !isSame(there, of))) makeUpdates(s, at);
  const due = dueOf(s);
  const before = due?.[which];
  const nothing = { sum: s.b.i64(0), most: 0 };
  const what = of.what ?? before?.what ?? s.b.i64(0);
  const update = { pseudo: nothing, plain: nothing, ...before, at: of.at, by: of.by, what, isTold: true };
  const sum = { sum: s.alu('add', update[part].sum, by.sum), most: update[part].most + by.most };
  s.values.set(UPDATES, { kind: 'updates', outer: undefined, quoted: undefined, ...due, [which]: { ...update, [part]: sum }, depth: s.frames.length });
}

/** Whether it is told what checksum this header has. */
export function isToldOf(s: State, which: 'outer' | 'quoted', of: { readonly at: number; readonly by: Value | undefined }): boolean {
  const update = dueOf(s)?.[which];
  return update?.isTold === true && isSame(update, of);
}

function dueOf(s: State): Updates | undefined {
  const due = s.values.get(UPDATES);
  return due?.kind === 'updates' ? due : undefined;
}

const isSameConst = (a: Value, b: Value): boolean => constOf(a) !== undefined && constOf(a) === constOf(b);

const isSame = (a: { readonly at: number; readonly by: Value | undefined }, b: { readonly at: number; readonly by: Value | undefined }): boolean => a.at === b.at && a.by === b.by;

/** Where a function is left, its rewrites are made. */
export function makeUpdatesOfCallees(s: State, at: Place): void {
  if ((dueOf(s)?.depth ?? 0) > s.frames.length) makeUpdates(s, at);
}

/** Before bytes are read or written through a view that may lie over a checksum: not one of the library's, one behind the other. */
export function makeUpdatesUnder(s: State, view: View, at: Place): void {
  if (dueOf(s) === undefined) return;
  for (let over: View | undefined = view; over !== undefined; over = over.outer) {
    const isRoot = over.outer === undefined;
    if (!HEADERS.has(over.header.name) || over.outer?.header.name === 'Ports' || (isRoot && (over.at !== 0 || over.by !== undefined))) {
      makeUpdates(s, at);
      return;
    }
  }
}

/** Makes all that is due on the current path. */
export function makeUpdates(s: State, at: Place): void {
  const due = dueOf(s);
  if (due === undefined) return;
  s.values.delete(UPDATES);
  let { outer } = due;
  if (due.quoted !== undefined && outer !== undefined) {
    const sum = patchedInPlace(s, due.quoted, at);
    // What the quoted checksum changes by is what the rest changed, the other way round.
    outer = { ...outer, plain: { sum: s.alu('sub', outer.plain.sum, sum.sum), most: outer.plain.most + sum.most } };
  }
  if (outer === undefined) return;
  if (s.module.kind === 'xdp') { patchedInPlace(s, outer, at); return; }
  const { what, at: start, by, pseudo, plain } = outer;
  const offset = s.alu('add', s.alu('add', by ?? s.b.i64(0), s.b.i64(start)), s.alu('and', what, s.b.i64(PLACE)));
  const optional = s.alu('and', what, s.b.i64(OPTIONAL));
  const overAddresses = s.alu('or', optional, s.b.i64(CSUM.PSEUDO_HDR));
  replaced(s, s.branch('test', what, s.b.i64(ADDRESSES)), offset, pseudo, overAddresses, at);
  replaced(s, s.branch('ne', what, s.b.i64(0)), offset, plain, optional, at);
}

/** The packet may move: its pointers are loaded anew. */
function replaced(s: State, fork: Fork, offset: Value, by: Difference, flags: Value, at: Place): void {
  const ends: Path[] = [...fork.no];
  for (const path of fork.yes) {
    s.resume(path);
    if (constOf(by.sum) !== 0n) {
      s.b.call(HELPER.l4_csum_replace, [s.b.ctx, offset, s.b.i64(0), positive(s, by).value, flags], { movesPacket: true });
      s.packet = NO_PACKET;
    }
    ends.push(s.take());
  }
  s.join(ends, at);
}

/** By plain stores, where the checksum is in the packet so far and not left out. What the sum of all else changed by there, else 0. */
function patchedInPlace(s: State, update: Update, at: Place): Difference {
  const { what, plain, pseudo } = update;
  const all: Outcome[] = [];
  const none = (paths: readonly Path[]): void => { for (const path of paths) { s.resume(path); all.push({ value: scalar(s.b.i64(0)), path: s.take() }); } };
  const only = (fork: Fork): boolean => {
    none(fork.no);
    for (const path of fork.yes) s.resume(path);
    return fork.yes.length > 0;
  };
  const most = plain.most + pseudo.most;
  const { at: start, by: variable } = update;
  const place = constOf(what) === undefined
    ? { at: start, by: s.alu('add', variable ?? s.b.i64(0), s.alu('and', what, s.b.i64(PLACE))) } : { at: start + Number(constOf(what)) % (PLACE + 1), by: variable };
  if (only(s.branch('ne', what, s.b.i64(0))) && only(inside(s, place.by, place.at + 2))) {
    const pointer = reach(s, place.by, place.at + 2, at);
    const old = s.b.load(pointer, place.at, 2);
    const optional = s.branch('test', what, s.b.i64(OPTIONAL));
    const kept: Path[] = [...optional.no];
    for (const path of optional.yes) {
      s.resume(path);
      const left = s.branch('eq', old, s.b.i32(0));
      none(left.yes);
      kept.push(...left.no);
    }
    s.join(kept, at);
    const total = either(s, s.branch('test', what, s.b.i64(ADDRESSES)), () => s.alu('add', plain.sum, pseudo.sum), () => plain.sum, at);
    const sum = low(s, { sum: s.alu('add', s.alu('xor', s.b.zext(old), s.b.i64(0xffff)), total), most: most + 0xffff });
    const now = s.alu('xor', s.alu('and', sum, s.b.i64(0xffff)), s.b.i64(0xffff));
    s.b.store(pointer, place.at, 2, s.b.trunc(constOf(what) === undefined || (Number(constOf(what)) & OPTIONAL) !== 0 ? neverLeft(s, what, now, at) : now));
    all.push({ path: s.take(), value: scalar(total) });
  }
  const change = s.settle(all, at);
  return { sum: change.kind === 'scalar' ? change.value : s.b.i64(0), most };
}

/** A sum of 0 is written as its other form where 0 says that there is none. */
function neverLeft(s: State, what: Value, sum: Value, at: Place): Value {
  const zero = s.branch('eq', sum, s.b.i64(0));
  const kept: Outcome[] = zero.no.map(path => ({ path, value: scalar(sum) }));
  for (const path of zero.yes) {
    s.resume(path);
    kept.push({ value: scalar(either(s, s.branch('test', what, s.b.i64(OPTIONAL)), () => s.b.i64(0xffff), () => s.b.i64(0), at)), path: s.take() });
  }
  const value = s.settle(kept, at);
  return value.kind === 'scalar' ? value.value : sum;
}

function either(s: State, fork: Fork, then: () => Value, otherwise: () => Value, at: Place): Value {
  const all: Outcome[] = [];
  for (const [paths, make] of [[fork.yes, then], [fork.no, otherwise]] as const) {
    for (const path of paths) { s.resume(path); all.push({ value: scalar(make()), path: s.take() }); }
  }
  const value = s.settle(all, at);
  return value.kind === 'scalar' ? value.value : s.b.i64(0);
}
