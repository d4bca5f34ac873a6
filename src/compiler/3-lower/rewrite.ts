// rewrite: fields under checksums, and the one incremental update of each checksum over them.
//
// Where checksums are, from the header outwards: its own (IPv4's in the header; ICMP's, UDP's, TCP's over header and payload),
// then those of the transport headers it was reached through. Addresses are in the transport checksum as the pseudo header.
// Transport checksums go through bpf_l4_csum_replace, which is right also where the kernel finishes them later (CHECKSUM_PARTIAL)
// or has summed the packet (CHECKSUM_COMPLETE). Differences are sums of 32-bit words as memory has them: RFC 1624, order-free.

import { HEADERS, type Stored } from '../../lang/headers.ts';
import type { ExprOf, Place } from '../2-check/tree.ts';
import type { Value } from '../ir/ir.ts';
import { folded } from './checksums.ts';
import { evaluate, outcomes } from './expressions.ts';
import { protocolOf } from './header-members.ts';
import { memberNamed, storeStored, unitBytes, unitOf } from './header-fields.ts';
import { CSUM, HELPER } from './kernel-functions.ts';
import { narrow } from './integers.ts';
import { NO_PACKET, type Outcome, type Path } from './path.ts';
import type { State } from './state.ts';
import { scalar, UNDEFINED, type Lowered, type View } from './value.ts';
import { bytesOf, bytesUpTo, inside, viewOf, viewStart } from './views.ts';

interface Change { readonly member: Stored; readonly value: Lowered }

/** Where a transport header has its checksum. */
export const CHECKSUM_AT: Readonly<Record<string, number>> = { Icmp: 2, Icmpv6: 2, Udp: 6, Tcp: 16 };
const ADDRESSES: ReadonlySet<string> = new Set(['src', 'dst', 'src6', 'dst6']);
/** By another name, the same bytes. */
export const ALIASES: Readonly<Record<string, string>> = { 'Ipv6.src6': 'src', 'Ipv6.dst6': 'dst', 'Ipv4.src6': 'src', 'Ipv4.dst6': 'dst' };

/** On each way that the transport header may be there: it is of another kind on each. */
export function lowerRewrite(s: State, e: ExprOf<'rewrite'>): Path[] {
  const view = viewOf(s, evaluate(s, e.view), e.at);
  const given: Outcome[] = e.l4 === undefined ? [{ path: s.take(), value: UNDEFINED }] : outcomes(s, e.l4);
  const ends: Path[] = [];
  for (const { path, value } of given) {
    if (!path.live) continue;
    s.resume(path);
    ends.push(...rewritten(s, e, view, value));
  }
  return ends;
}

function rewritten(s: State, e: ExprOf<'rewrite'>, view: View, l4: Lowered): Path[] {
  const changes = e.fields.map(({ member, value }): Change => ({ member: stored(s, view, member.name, e.at), value: asStored(s, evaluate(s, value), view) }));
  s.at(e);
  const own = differenceOf(s, view, changes, e.at);
  const addresses = isIp(view) ? differenceOf(s, view, changes.filter(change => ADDRESSES.has(change.member.name)), e.at) : undefined;
  for (const { member, value } of changes) storeStored(s, view, member, value, e.at);
  if (own === undefined) return [s.take()];
  if (view.header.name === 'Ipv4') patchHeader(s, view, own, e.at);

  // An IPv4 header's own change cancels out in whatever sums over it.
  const bytes = view.header.name === 'Ipv4' ? undefined : own;
  if (l4.kind === 'optional') return s.notYet('a transport header that is there on some ways only', e.at);
  if (isIp(view)) {
    const over = isQuote(view) ? view.outer : undefined;
    if (addresses === undefined || l4.kind === 'undefined') { patch(s, over, bytes, 0, e.at); return [s.take()]; }
    return transports(s, viewOf(s, l4, e.at), e.at).map(({ path, view: transport }) => {
      s.resume(path);
      if (transport === undefined || transport.header.name === 'Icmp') patch(s, over, bytes, 0, e.at);
      else if (over === undefined) patch(s, transport, addresses, CSUM.PSEUDO_HDR, e.at);
      else patch(s, over, sumOf(s, bytes, patchQuoted(s, transport, addresses, e.at)), 0, e.at);
      return s.take();
    });
  }
  const over = transportAround(view);
  if (over === undefined) return [s.take()];
  return transports(s, over, e.at).map(({ path, view: transport }) => {
    s.resume(path);
    const packet = packetOf(over);
    const icmp = packet !== undefined && isQuote(packet) ? packet.outer : undefined;
    if (icmp === undefined) patch(s, transport, own, 0, e.at);
    else patch(s, icmp, transport === undefined ? own : sumOf(s, own, patchQuoted(s, transport, own, e.at)), 0, e.at);
    return s.take();
  });
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

/** `Ports` is one of several headers, with checksums at different places: each on its way. Undefined: without one of this kind (SCTP). */
function transports(s: State, view: View, at: Place): { path: Path; view: View | undefined }[] {
  if (view.header.name !== 'Ports') return [{ path: s.take(), view }];
  const packet = packetOf(view);
  if (packet === undefined) return s.notYet('a transport header that was not reached through IP', at);
  const protocol = protocolOf(s, packet, at);
  const all: { path: Path; view: View | undefined }[] = [];
  for (const [name, number] of [['Tcp', 6], ['Udp', 17]] as const) {
    const header = HEADERS.get(name);
    const fork = s.branch('eq', protocol, s.b.i32(number));
    all.push(...fork.yes.map(path => ({ path, view: header && { ...view, header } })));
    const [rest] = fork.no;
    if (rest === undefined) return all;
    s.resume(rest);
  }
  return [...all, { path: s.take(), view: undefined }];
}

function sumOf(s: State, a: Value | undefined, b: Value | undefined): Value | undefined {
  return a === undefined ? b : b === undefined ? a : folded(s, s.alu('add', a, b), 32);
}

/** One member, and the checksum of its own header. */
export function rewriteMember(s: State, view: View, member: Stored, value: Lowered, at: Place): void {
  const own = view.header.name === 'Ipv4' ? differenceOf(s, view, [{ member, value }], at) : undefined;
  storeStored(s, view, member, value, at);
  if (own !== undefined) patchHeader(s, view, own, at);
}

function stored(s: State, view: View, name: string, at: Place): Stored {
  const member = memberNamed(view, ALIASES[`${view.header.name}.${name}`] ?? name);
  return member?.kind === 'stored' ? member : s.notYet(`rewriting '${name}' of ${view.header.name}`, at);
}

/** An IPv4 address may come mapped. */
function asStored(s: State, value: Lowered, view: View): Lowered {
  return view.header.name === 'Ipv4' && value.kind === 'wide' ? scalar(narrow(s, value.low)) : value;
}

/** Sum of new words less old ones, 32 bits in i64; undefined: nothing changes. From the bytes as they are now. */
function differenceOf(s: State, view: View, changes: readonly Change[], at: Place): Value | undefined {
  let before: Value | undefined;
  let after: Value | undefined;
  let words = 0;
  const pair = (was: Value, now: Value): void => {
    before = before === undefined ? was : s.alu('add', before, was);
    after = after === undefined ? now : s.alu('add', after, now);
    words++;
  };
  for (const { member, value } of changes) {
    const { pointer, offset } = bytesOf(s, view, member.offset, member.unitBits / 8, at);
    const inner = value.kind === 'optional' ? value.value : value;
    switch (inner.kind) {
      case 'mac':
        pair(s.b.zext(s.b.load(pointer, offset, 4)), s.b.zext(inner.first));
        pair(s.b.zext(s.b.load(pointer, offset + 4, 2)), s.b.zext(inner.last));
        break;
      case 'wide':
        for (const [i, half] of [inner.high, inner.low].entries()) {
          const word = s.b.swap(half, 8);
          pair(s.b.zext(s.b.load(pointer, offset + 8 * i, 4)), s.alu('and', word, s.b.i64(0xffff_ffff)));
          pair(s.b.zext(s.b.load(pointer, offset + 8 * i + 4, 4)), s.alu('lshr', word, s.b.i64(32)));
        }
        break;
      case 'scalar': {
        const bytes = unitBytes(s, member, at);
        if (bytes === 8) s.notYet('rewriting a field of 64 bits', at);
        const shift = s.b.i64(bytes === 1 && member.offset % 2 === 1 ? 8 : 0);
        const now = bytes === 4 ? unitOf(s, view, member, inner.value, at) : s.alu('and', unitOf(s, view, member, inner.value, at), s.b.i32(bytes === 1 ? 0xff : 0xffff));
        pair(s.alu('shl', s.b.zext(s.b.load(pointer, offset, bytes)), shift), s.alu('shl', s.b.zext(now), shift));
        break;
      }
      default: s.notYet(`rewriting '${member.name}' with this value`, at);
    }
  }
  if (before === undefined || after === undefined) return undefined;
  // The complement of each old word is all ones less the word.
  const sum = s.alu('sub', s.alu('add', after, s.b.i64(BigInt(words) * 0xffff_ffffn)), before);
  return folded(s, folded(s, sum, 32), 32);
}

/** IPv4's own checksum: ~(~old + difference). */
function patchHeader(s: State, view: View, difference: Value, at: Place): void {
  const { pointer, offset } = bytesOf(s, view, 10, 2, at);
  const old = s.alu('xor', s.b.zext(s.b.load(pointer, offset, 2)), s.b.i64(0xffff));
  s.b.store(pointer, offset, 2, s.b.trunc(s.alu('xor', halved(s, s.alu('add', old, difference)), s.b.i64(0xffff))));
}

/** A checksum inside of a quoted packet, if it was quoted so far: what its new value changes in the sum of bytes (32 bits in i64). */
function patchQuoted(s: State, view: View, difference: Value, at: Place): Value {
  const checksumAt = CHECKSUM_AT[view.header.name];
  if (checksumAt === undefined) return s.notYet(`the checksum of ${view.header.name}`, at);
  const fork = inside(s, view.by, view.at + checksumAt + 2);
  const all: Outcome[] = fork.no.map(path => nothing(s, path));
  for (const path of fork.yes) {
    s.resume(path);
    all.push(...patchedInPlace(s, view, checksumAt, difference, at));
  }
  const change = s.settle(all, at);
  return change.kind === 'scalar' ? change.value : s.b.i64(0);
}

function nothing(s: State, path: Path): Outcome {
  s.resume(path);
  return { value: scalar(s.b.i64(0)), path: s.take() };
}

/** A transport checksum by plain stores. UDP's 0 says that there is none. Each way, with what it changes in the sum of bytes. */
function patchedInPlace(s: State, view: View, checksumAt: number, difference: Value, at: Place): Outcome[] {
  const isUdp = view.header.name === 'Udp';
  const { pointer, offset } = bytesUpTo(s, view, checksumAt + 2, at);
  const old = s.b.load(pointer, offset + checksumAt, 2);
  const all: Outcome[] = [];
  if (isUdp) {
    const none = s.branch('eq', old, s.b.i32(0));
    all.push(...none.yes.map(path => nothing(s, path)));
    for (const path of none.no) s.resume(path);
  }
  const sum = s.alu('xor', s.alu('and', halved(s, s.alu('add', s.alu('xor', s.b.zext(old), s.b.i64(0xffff)), difference)), s.b.i64(0xffff)), s.b.i64(0xffff));
  const value = isUdp ? neverZero(s, sum, at) : sum;
  s.b.store(pointer, offset + checksumAt, 2, s.b.trunc(value));
  const change = s.alu('add', value, s.alu('xor', s.b.zext(old), s.b.i64(0xffff)));
  all.push({ path: s.take(), value: scalar(change) });
  return all;
}

export function neverZero(s: State, sum: Value, at: Place): Value {
  const zero = s.branch('eq', sum, s.b.i64(0));
  const all: Outcome[] = zero.no.map(path => ({ path, value: scalar(sum) }));
  for (const path of zero.yes) { s.resume(path); all.push({ value: scalar(s.b.i64(0xffff)), path: s.take() }); }
  const value = s.settle(all, at);
  return value.kind === 'scalar' ? value.value : sum;
}

/** Folded to 16 bits. */
function halved(s: State, sum: Value): Value {
  let value = sum;
  for (let i = 0; i < 3; i++) value = folded(s, value, 16);
  return value;
}

/** The packet may move: its pointers are loaded anew. */
function patch(s: State, view: View | undefined, difference: Value | undefined, flags: number, at: Place): void {
  if (view === undefined || difference === undefined) return;
  const checksumAt = CHECKSUM_AT[view.header.name];
  if (checksumAt === undefined) s.notYet(`the checksum of ${view.header.name}`, at);
  if (s.module.kind === 'xdp') { s.settle(patchedInPlace(s, view, checksumAt, difference, at), at); return; }
  const offset = s.alu('add', viewStart(s, view, at), s.b.i32(checksumAt));
  const mangled = view.header.name === 'Udp' ? CSUM.MARK_MANGLED_0 : 0;
  const { b } = s;
  b.call(HELPER.l4_csum_replace, [b.ctx, b.zext(offset), b.i64(0), difference, b.i64(flags | mangled)], { movesPacket: true });
  s.packet = NO_PACKET;
}
