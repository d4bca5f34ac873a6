// fresh: a whole header over whatever is behind another one. Bytes that are known while compiling are stored together; then come
// the values, the checksum, and what the outer header says of its payload.

import type { HeaderClass, Stored } from '../../lang/headers.ts';
import type { ExprOf, MemberValue, Place } from '../2-check/tree.ts';
import { FINISH_REACH } from '../../image/abi.ts';
import { constOf, type Value } from '../ir/ir.ts';
import { complement, MOST_SUMMED, sumOf } from './checksums.ts';
import { evaluate } from './expressions.ts';
import { field, memberNamed, storeStored } from './header-fields.ts';
import { narrow } from './integers.ts';
import { endOf } from './packet-views.ts';
import { piecesOf } from './resize.ts';
import { ALIASES, neverZero, packetOf, rewriteMember } from './rewrite.ts';
import { NO_PACKET } from './path.ts';
import type { State } from './state.ts';
import { CHECKSUM_AT, makeUpdates } from './updates.ts';
import { scalar, type Lowered, type View } from './value.ts';
import { bytesOf, viewOf, viewStart } from './views.ts';

interface Given { readonly member: Stored; readonly value: Lowered }

export function lowerFresh(s: State, e: ExprOf<'fresh'>): Lowered {
  const after = viewOf(s, evaluate(s, e.after), e.at);
  const given = e.fields.map(({ member, value }): Given => givenOf(s, e, member, evaluate(s, value)));
  s.at(e);
  makeUpdates(s, e.at);
  const view = behind(s, after, e.header, e.at);
  write(s, view, given, e.at);
  if (view.header.name === 'Ipv4') headerChecksum(s, view, e.at);
  if (CHECKSUM_AT[view.header.name] !== undefined) transportChecksum(s, view, e.at);
  tell(s, after, e.header, e.at);
  const carried = given.find(({ member }) => member.name === 'protocol' || member.name === 'nextHeader' || member.name === 'type')?.value;
  const carries = carried?.kind === 'scalar' ? constOf(carried.value) : undefined;
  return { ...view, carries: carries === undefined ? undefined : Number(carries), payloadBytes: payloadOf(view.header.name, given) };
}

/** Bytes behind a fresh IP header, where that is known while compiling. */
function payloadOf(header: string, given: readonly Given[]): number | undefined {
  const length = given.find(({ member }) => member.name === (header === 'Ipv4' ? 'length' : 'payloadLength'));
  const known = length && constantOf(length.value);
  return known === undefined ? undefined : Number(known) - (header === 'Ipv4' ? 20 : 0);
}

function givenOf(s: State, e: ExprOf<'fresh'>, { name }: MemberValue['member'], value: Lowered): Given {
  const alias = `${e.header.name}.${name}`;
  const member = e.header.members.find(m => m.name === (alias === 'Ipv6.protocol' ? 'nextHeader' : ALIASES[alias] ?? name));
  const inner = value.kind === 'optional' ? value.value : value;
  if (member?.kind !== 'stored') return s.cannot('IOV3010', `'${name}' of a fresh ${e.header.name}`, e.at);
  return { member, value: e.header.name === 'Ipv4' && inner.kind === 'wide' ? scalar(narrow(s, inner.low)) : inner };
}

/** A fresh header has no options: its length is fixed. */
function behind(s: State, after: View, header: HeaderClass, at: Place): View {
  const fixed = header.variable ? { ...header, variable: false } : header;
  return { kind: 'view', header: fixed, ...endOf(s, after, at), outer: after, carries: undefined };
}

function write(s: State, view: View, given: readonly Given[], at: Place): void {
  const known: (number | undefined)[] = new Array<number | undefined>(view.header.bytes).fill(0);
  const later: Given[] = [];
  const put = (member: Stored, value: bigint): void => {
    const count = member.unitBits / 8;
    for (let i = 0; i < count; i++) {
      const shift = BigInt(8 * (member.order === 'big' ? count - 1 - i : i));
      const mask = Number((((1n << BigInt(member.bits)) - 1n) << BigInt(member.shift)) >> shift & 0xffn);
      const place = member.offset + i;
      known[place] = (known[place] ?? 0) & ~mask | Number((value << BigInt(member.shift)) >> shift & 0xffn) & mask;
    }
  };
  for (const member of view.header.members) if (member.kind === 'stored' && member.initial !== 0n) put(member, member.initial);
  for (const one of given) {
    const value = constantOf(one.value);
    if (value !== undefined) { put(one.member, value); continue; }
    later.push(one);
    if (one.member.bits === one.member.unitBits) known.fill(undefined, one.member.offset, one.member.offset + one.member.unitBits / 8);
  }
  const { pointer, offset } = bytesOf(s, view, 0, view.header.bytes, at);
  for (let from = 0; from < known.length;) {
    let to = from;
    while (to < known.length && known[to] !== undefined) to++;
    for (const [piece, size] of piecesOf(to - from)) {
      const bytes = known.slice(from + piece, from + piece + size).map(byte => byte ?? 0);
      const value = bytes.reduce((all, byte, i) => all | BigInt(byte) << BigInt(8 * i), 0n);
      s.b.store(pointer, offset + from + piece, size, size === 8 ? s.b.i64(value) : s.b.i32(value));
    }
    from = Math.max(to, from + 1);
  }
  for (const { member, value } of later) storeStored(s, view, member, value, at);
}

function constantOf(value: Lowered): bigint | undefined {
  switch (value.kind) {
    case 'scalar': return constOf(value.value);
    case 'wide': {
      const [high, low] = [constOf(value.high), constOf(value.low)];
      return high === undefined || low === undefined ? undefined : high << 64n | low;
    }
    case 'list': return value.values.every(v => v.kind === 'scalar' && constOf(v.value) === 0n) ? 0n : undefined;
    default: return undefined;
  }
}

function headerChecksum(s: State, view: View, at: Place): void {
  const { pointer, offset } = bytesOf(s, view, 0, 20, at);
  const sum = sumOf(s, view, s.b.i32(20), 20, s.b.i64(0), at);
  s.b.store(pointer, offset + 10, 2, s.b.trunc(complement(s, sum)));
}

/**
 * The kernel may have to finish a checksum of this packet still, and would write over what is made here. Behind an ICMP header what had
 * it is a quotation. Behind Tcp and Udp it may be a packet inside, which needs it: only a duty that begins here is given up, others are refused.
 */
function finished(s: State, view: View, at: Place): void {
  if (s.module.kind === 'xdp') return;
  const place = CHECKSUM_AT[view.header.name] ?? 0;
  const start = s.b.zext(viewStart(s, view, at));
  const reach = view.header.name.startsWith('Icmp') ? s.b.i64(FINISH_REACH) : s.alu('add', start, s.b.i64(1));
  const result = s.b.effect('finish', [s.b.ctx, s.alu('add', start, s.b.i64(place)), reach]);
  s.packet = NO_PACKET;
  const refused = s.branch('ne', result, s.b.i64(0));
  for (const path of refused.yes) { s.resume(path); s.drop('unfinished-checksum', at); }
  for (const path of refused.no) s.resume(path);
  const { pointer, offset } = bytesOf(s, view, place, 2, at);
  s.b.store(pointer, offset, 2, s.b.i32(0));
}

/** Over the header and what is behind it, as long as the headers say. */
function transportChecksum(s: State, view: View, at: Place): void {
  const { name } = view.header;
  const ip = packetOf(view);
  if (ip === undefined) s.cannot('IOV3010', `a fresh ${name} that is not behind IP`, at);
  finished(s, view, at);
  const length = ip.payloadBytes !== undefined && name !== 'Udp' ? s.b.i32(ip.payloadBytes)
    : name === 'Udp' ? field(s, view, 'length', at)
    : ip.header.name === 'Ipv6' ? field(s, ip, 'payloadLength', at)
    : s.alu('sub', field(s, ip, 'length', at), s.alu('shl', field(s, ip, 'headerWords', at), s.b.i32(2)));
  const sum = sumOf(s, view, length, MOST_SUMMED, name === 'Icmp' ? s.b.i64(0) : pseudoSum(s, ip, length, name, at), at);
  const value = complement(s, sum);
  const { pointer, offset } = bytesOf(s, view, 0, view.header.bytes, at);
  s.b.store(pointer, offset + (CHECKSUM_AT[name] ?? 0), 2, s.b.trunc(name === 'Udp' ? neverZero(s, value, at) : value));
}

const NUMBERS: Readonly<Record<string, number>> = { Tcp: 6, Udp: 17, Icmpv6: 58 };

/** Addresses, length and protocol (RFC 9293, RFC 8200), as memory has them. */
function pseudoSum(s: State, ip: View, length: Value, name: string, at: Place): Value {
  const isSix = ip.header.name === 'Ipv6';
  const sum = sumOf(s, { ...ip, at: ip.at + (isSix ? 8 : 12) }, s.b.i32(isSix ? 32 : 8), 32, s.b.i64(0), at);
  const tail = s.alu('add', length, s.b.i32(NUMBERS[name] ?? 0));
  return s.alu('add', sum, s.b.zext(s.b.swap(tail, 4)));
}

/** The outer header's type of payload. */
function tell(s: State, after: View, header: HeaderClass, at: Place): void {
  const { payload } = after.header;
  if (payload.by === 'any') return;
  const [number] = [payload.classes[header.name] ?? []].flat();
  const member = memberNamed(after, payload.by === 'field' ? payload.field : after.header.name === 'Ipv6' ? 'nextHeader' : 'protocol');
  if (number === undefined || member?.kind !== 'stored' || after.carries === number) return;
  rewriteMember(s, after, member, scalar(s.b.i32(number)), at);
}
