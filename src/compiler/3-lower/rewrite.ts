// rewrite: fields under checksums, and what each checksum over them changes by.
//
// Where checksums are, from the header outwards: its own (IPv4's in the header; ICMP's, UDP's, TCP's over header and payload),
// then those of the transport headers it was reached through. Addresses are in the transport checksum as the pseudo header.
// IPv4's own is written at once; those of transport headers are due (updates.ts).

import type { Stored } from '../../lang/headers.ts';
import type { ExprOf, Place } from '../2-check/tree.ts';
import type { MemBytes, Value } from '../ir/ir.ts';
import { low, type Difference } from './checksums.ts';
import { evaluate, outcomes } from './expressions.ts';
import { protocolOf } from './header-members.ts';
import { memberNamed, storeStored, unitBytes, unitOf } from './header-fields.ts';
import { swap } from './fold.ts';
import { narrow } from './integers.ts';
import { isKnownOn } from './join.ts';
import type { Outcome, Path } from './path.ts';
import type { State } from './state.ts';
import { isToldOf, makeUpdates, makeUpdatesUnder, owe, whatOf, type Checked } from './updates.ts';
import { scalar, type Lowered, type View } from './value.ts';
import { bytesOf, viewOf } from './views.ts';

interface Change { readonly member: Stored; readonly value: Lowered }

const ADDRESSES: ReadonlySet<string> = new Set(['src', 'dst', 'src6', 'dst6']);
/** By another name, the same bytes. */
export const ALIASES: Readonly<Record<string, string>> = { 'Ipv6.src6': 'src', 'Ipv6.dst6': 'dst', 'Ipv4.src6': 'src', 'Ipv4.dst6': 'dst' };

export function lowerRewrite(s: State, e: ExprOf<'rewrite'>): void {
  const view = viewOf(s, evaluate(s, e.view), e.at);
  const given = e.l4 === undefined ? [] : outcomes(s, e.l4);
  const transport = given.length === 0 ? undefined : checkedOf(s, given, e.at);
  // Of any other header, one that is not there says nothing: a later rewrite may find what this one was not told of.
  const isTold = given.every(({ value }) => value.kind !== 'undefined') || (e.l4?.kind === 'payload' && e.l4.header.name === 'L4');
  if (!isTold) makeUpdates(s, e.at);
  const changes = e.fields.map(({ member, value }): Change => ({ member: stored(s, view, member.name, e.at), value: asStored(s, evaluate(s, value), view) }));
  s.at(e);
  makeUpdatesUnder(s, view, e.at);
  const own = differenceOf(s, view, changes, e.at);
  const addresses = isIp(view) ? differenceOf(s, view, changes.filter(change => ADDRESSES.has(change.member.name)), e.at) : undefined;
  for (const { member, value } of changes) storeStored(s, view, member, value, e.at);
  if (own === undefined) return;
  if (view.header.name === 'Ipv4') patchHeader(s, view, own, e.at);
  if (isIp(view)) {
    const over = isQuote(view) ? view.outer : undefined;
    if (over !== undefined) {
      if (addresses !== undefined && transport !== undefined) owe(s, 'quoted', transport, 'pseudo', addresses, e.at);
      // An IPv4 header's own change cancels out in whatever sums over it.
      if (view.header.name !== 'Ipv4') oweOuter(s, over, own, e.at);
    } else if (addresses !== undefined && transport !== undefined) owe(s, 'outer', transport, 'pseudo', addresses, e.at);
    if (!isTold) makeUpdates(s, e.at);
    return;
  }
  const over = transportAround(view);
  if (over === undefined) return;
  const packet = packetOf(over);
  const icmp = packet !== undefined && isQuote(packet) ? packet.outer : undefined;
  const which = icmp === undefined ? 'outer' : 'quoted';
  const told = isToldOf(s, which, over) ? { ...over, what: undefined } : checkedOf(s, [{ path: s.take(), value: over }], e.at);
  owe(s, which, told, 'plain', own, e.at);
  if (icmp !== undefined) oweOuter(s, icmp, own, e.at);
}

function oweOuter(s: State, view: View, by: Difference, at: Place): void {
  owe(s, 'outer', { at: view.at, by: view.by, what: s.b.i64(whatOf(view.header.name)) }, 'plain', by, at);
}

/** Goes on where all ways meet on which a transport header is there, and of which kind. */
function checkedOf(s: State, given: readonly Outcome[], at: Place): Checked {
  const kinds: { path: Path; view: View | undefined; what: number }[] = [];
  for (const { path, value } of given) {
    if (!path.live) continue;
    s.resume(path);
    if (value.kind === 'undefined') { kinds.push({ path, view: undefined, what: 0 }); continue; }
    if (value.kind === 'optional') { s.cannot('IOV3010', 'a transport header that is there on some ways only', at); continue; }
    kinds.push(...transports(s, viewOf(s, value, at), at));
  }
  const views = kinds.map(kind => kind.view);
  const first = views.find(view => view !== undefined);
  const isPlace = kinds.every(({ path, view }) => view === undefined ? isKnownOn(path, first?.by) : view.at === first?.at && view.by === first.by);
  const all = kinds.map(({ path, view, what }): Outcome => {
    s.resume(path);
    const start = isPlace || view === undefined ? s.b.i64(0) : s.alu('add', view.by ?? s.b.i64(0), s.b.i64(view.at));
    return { value: { kind: 'list', values: [scalar(s.b.i64(what)), scalar(start)] }, path: s.take() };
  });
  const joined = s.settle(all, at);
  const [what, start] = joined.kind === 'list' ? joined.values.map(value => value.kind === 'scalar' ? value.value : s.b.i64(0)) : [];
  return { ...(isPlace ? { at: first?.at ?? 0, by: first?.by } : { at: 0, by: start }), what: what ?? s.b.i64(0) };
}

const isIp = (view: View): boolean => view.header.parents.includes('Ip');
const isTransport = (view: View): boolean => view.header.parents.includes('L4');
/** The IP header of a packet that an ICMP error quotes. */
const isQuote = (view: View): boolean => view.outer?.header.name.startsWith('Icmp') ?? false;

/** The transport header that a view is, or is behind. */
function transportAround(view: View): View | undefined {
  for (let over: View | undefined = view; over !== undefined && !isIp(over); over = over.outer) if (isTransport(over)) return over;
  return undefined;
}

export function packetOf(view: View): View | undefined {
  let over = view.outer;
  while (over !== undefined && !isIp(over)) over = over.outer;
  return over;
}

/** `Ports` is one of several headers, with checksums at different places, or without one of these kinds (SCTP). */
function transports(s: State, view: View, at: Place): { path: Path; view: View; what: number }[] {
  const { name } = view.header;
  if (name !== 'Ports') return [{ path: s.take(), view, what: whatOf(name) || s.cannot('IOV3010', `the checksum of ${name}`, at) }];
  const packet = packetOf(view);
  if (packet === undefined) return s.cannot('IOV3010', 'a transport header that was not reached through IP', at);
  const protocol = protocolOf(s, packet, at);
  const all: { path: Path; view: View; what: number }[] = [];
  for (const [kind, number] of [['Tcp', 6], ['Udp', 17]] as const) {
    const fork = s.branch('eq', protocol, s.b.i32(number));
    all.push(...fork.yes.map(path => ({ path, view, what: whatOf(kind) })));
    const [rest] = fork.no;
    if (rest === undefined) return all;
    s.resume(rest);
  }
  return [...all, { path: s.take(), view, what: 0 }];
}

/** One member, and the checksum of its own header. */
export function rewriteMember(s: State, view: View, member: Stored, value: Lowered, at: Place): void {
  const own = view.header.name === 'Ipv4' ? differenceOf(s, view, [{ member, value }], at) : undefined;
  storeStored(s, view, member, value, at);
  if (own !== undefined) patchHeader(s, view, own, at);
}

function stored(s: State, view: View, name: string, at: Place): Stored {
  const member = memberNamed(view, ALIASES[`${view.header.name}.${name}`] ?? name);
  return member?.kind === 'stored' ? member : s.cannot('IOV3010', `rewriting '${name}' of ${view.header.name}`, at);
}

/** An IPv4 address may come mapped. */
function asStored(s: State, value: Lowered, view: View): Lowered {
  return view.header.name === 'Ipv4' && value.kind === 'wide' ? scalar(narrow(s, value.low)) : value;
}

/** Sum of new words less old ones; undefined: nothing changes. From the bytes as they are now. */
function differenceOf(s: State, view: View, changes: readonly Change[], at: Place): Difference | undefined {
  let before: Value | undefined;
  let after: Value | undefined;
  let most = 0;
  const pair = (was: Value, now: Value, bytes: MemBytes): void => {
    before = before === undefined ? was : s.alu('add', before, was);
    after = after === undefined ? now : s.alu('add', after, now);
    most += 2 ** (8 * bytes);
  };
  for (const { member, value } of changes) {
    const { pointer, offset } = bytesOf(s, view, member.offset, member.unitBits / 8, at);
    const inner = value.kind === 'optional' ? value.value : value;
    switch (inner.kind) {
      case 'mac':
        pair(s.b.zext(s.b.load(pointer, offset, 4)), s.b.zext(inner.first), 4);
        pair(s.b.zext(s.b.load(pointer, offset + 4, 2)), s.b.zext(inner.last), 2);
        break;
      case 'wide':
        for (const [i, half] of [inner.high, inner.low].entries()) {
          const word = swap(s.b, half, 8);
          pair(s.b.zext(s.b.load(pointer, offset + 8 * i, 4)), s.b.zext(s.b.trunc(word)), 4);
          pair(s.b.zext(s.b.load(pointer, offset + 8 * i + 4, 4)), s.alu('lshr', word, s.b.i64(32)), 4);
        }
        break;
      case 'scalar': {
        const bytes = unitBytes(s, member, at);
        if (bytes === 8) s.cannot('IOV3010', 'rewriting a field of 64 bits', at);
        const shift = s.b.i64(bytes === 1 && member.offset % 2 === 1 ? 8 : 0);
        const now = bytes === 4 ? unitOf(s, view, member, inner.value, at) : s.alu('and', unitOf(s, view, member, inner.value, at), s.b.i32(bytes === 1 ? 0xff : 0xffff));
        pair(s.alu('shl', s.b.zext(s.b.load(pointer, offset, bytes)), shift), s.alu('shl', s.b.zext(now), shift), bytes === 1 ? 2 : bytes);
        break;
      }
      default: s.cannot('IOV3010', `rewriting '${member.name}' with this value`, at);
    }
  }
  if (before === undefined || after === undefined) return undefined;
  return { sum: s.alu('sub', after, before), most };
}

/** IPv4's own checksum: ~(~old + difference). */
function patchHeader(s: State, view: View, { sum, most }: Difference, at: Place): void {
  const { pointer, offset } = bytesOf(s, view, 10, 2, at);
  const old = s.alu('xor', s.b.zext(s.b.load(pointer, offset, 2)), s.b.i64(0xffff));
  const now = low(s, { sum: s.alu('add', old, sum), most: most + 0xffff });
  s.b.store(pointer, offset, 2, s.b.trunc(s.alu('xor', now, s.b.i64(0xffff))));
}

export function neverZero(s: State, sum: Value, at: Place): Value {
  const zero = s.branch('eq', sum, s.b.i64(0));
  const all: Outcome[] = zero.no.map(path => ({ path, value: scalar(sum) }));
  for (const path of zero.yes) { s.resume(path); all.push({ value: scalar(s.b.i64(0xffff)), path: s.take() }); }
  const value = s.settle(all, at);
  return value.kind === 'scalar' ? value.value : sum;
}
