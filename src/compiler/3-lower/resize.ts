// insert, remove and trim: the packet's bytes move, so every pointer into it is loaded anew. What the kernel refuses is a drop.
//
// tc can make room only behind the Ethernet header (skb_adjust_room, of IP packets), XDP only at the start: the bytes between there
// and the place are moved by hand. They are few.

import { SKB } from '../../image/abi.ts';
import type { ExprOf, Place } from '../2-check/tree.ts';
import { constOf, type MemBytes, type Value } from '../ir/ir.ts';
import { evaluate, evaluateScalar } from './expressions.ts';
import { HELPER, ROOM, ROOM_MAC } from './kernel-functions.ts';
import { NO_PACKET, type Fork, type Outcome, type Path } from './path.ts';
import type { State } from './state.ts';
import { scalar, type Lowered } from './value.ts';
import { makeUpdates } from './updates.ts';
import { reach, viewOf } from './views.ts';

const ETHERNET_BYTES = 14;
/** Of IPv6. */
const MOST_HEADER = 40;
/** Moved by hand at most. */
const MOST_MOVED = 128;

export function lowerInsert(s: State, e: ExprOf<'insert' | 'remove'>): void {
  makeUpdates(s, e.at);
  const place = placeOf(s, evaluate(s, e.after), e.at);
  const count = evaluateScalar(s, e.count);
  s.at(e);
  const xdp = s.module.kind === 'xdp';
  const from = xdp ? 0 : ETHERNET_BYTES;
  const known = constOf(count);
  if (known === undefined && (xdp || place > from)) s.cannot('IOV3008', 'insert of a variable number of bytes here', e.at);
  const { b } = s;
  const minus = s.alu('sub', b.i64(0), b.zext(count));
  if (xdp) called(s, HELPER.xdp_adjust_head, [b.ctx, minus], 'insert-refused', e.at);
  else grown(s, e, count);
  if (known === undefined) return;
  const bytes = Number(known);
  move(s, from + bytes, from, place - from, place + bytes, e.at);
  if (xdp || place > from) zeros(s, place, bytes, e.at);
}

export function lowerRemove(s: State, e: ExprOf<'insert' | 'remove'>): void {
  makeUpdates(s, e.at);
  const place = placeOf(s, evaluate(s, e.after), e.at);
  const count = evaluateScalar(s, e.count);
  s.at(e);
  const xdp = s.module.kind === 'xdp';
  const from = xdp ? 0 : ETHERNET_BYTES;
  const known = constOf(count);
  if (known === undefined && (xdp || place > from)) s.cannot('IOV3008', 'remove of a variable number of bytes here', e.at);
  const { b } = s;
  if (known !== undefined) move(s, from, from + Number(known), place - from, place + Number(known), e.at);
  const minus = s.alu('sub', b.i64(0), b.zext(count));
  if (xdp) called(s, HELPER.xdp_adjust_head, [b.ctx, b.zext(count)], 'remove-refused', e.at);
  else narrowed(s, count, minus, e.at);
}

/**
 * A packet of several segments (GSO) grows only by the header of a tunnel: then the kernel writes both headers into each segment, and takes the
 * header off the segments of TCP. Those of UDP keep their size. In no other form would it know what to do with the new bytes.
 */
function grown(s: State, e: ExprOf<'insert' | 'remove'>, count: Value): void {
  const { b } = s;
  const adjust = (flags: Value): Value => moved(s, HELPER.skb_adjust_room, [b.ctx, b.zext(count), b.i64(ROOM_MAC), flags]);
  const segmented = (): Fork => s.branch('ne', b.load(b.ctx, SKB.gso_size, 4), b.i32(0));
  const tunnel = s.tunnels.get(e);
  if (tunnel === 'translation') { unless(s, adjust(b.i64(0)), 'insert-refused', e.at); return; }
  if (tunnel === undefined) {
    const { yes, no } = segmented();
    for (const path of yes) { s.resume(path); s.drop('insert-segmented', e.at); }
    for (const path of no) s.resume(path);
    unless(s, adjust(b.i64(0)), 'insert-refused', e.at);
    return;
  }
  const { yes, no } = s.branch('eq', adjust(b.i64(ROOM[tunnel])), b.i64(0));
  const ends: Path[] = [...yes];
  for (const path of no) {
    s.resume(path);
    const second = segmented();
    const flags = s.settle([...second.yes.map(p => flagged(s, p, ROOM[tunnel] | ROOM.fixed)), ...second.no.map(p => flagged(s, p, 0))], e.at);
    unless(s, adjust(flags.kind === 'scalar' ? flags.value : s.bug('flags that are no integer', e.at)), 'insert-refused', e.at);
    ends.push(s.take());
  }
  s.join(ends, e.at);
}

function flagged(s: State, path: Path, flags: number): Outcome {
  s.b.enter(path.block);
  return { path, value: scalar(s.b.i64(flags)) };
}

/** The kernel leaves at least a header of the packet's old kind: a short packet is made longer in between. */
function narrowed(s: State, count: Value, minus: Value, at: Place): void {
  const { b } = s;
  const resize = (length: Value): void => { called(s, HELPER.skb_change_tail, [b.ctx, b.zext(length), b.i64(0)], 'remove-refused', at); };
  const adjust = (): void => { called(s, HELPER.skb_adjust_room, [b.ctx, minus, b.i64(ROOM_MAC), b.i64(0)], 'remove-refused', at); };
  const length = packetLength(s);
  const isShort = s.branch('ult', length, s.alu('add', count, b.i32(ETHERNET_BYTES + MOST_HEADER)));
  const ends: Path[] = [];
  for (const path of isShort.no) { s.resume(path); adjust(); ends.push(s.take()); }
  for (const path of isShort.yes) {
    s.resume(path);
    resize(s.alu('add', length, b.i32(MOST_HEADER)));
    adjust();
    resize(s.alu('sub', length, count));
    ends.push(s.take());
  }
  s.join(ends, at);
}

export function lowerTrim(s: State, e: ExprOf<'trim'>): void {
  makeUpdates(s, e.at);
  const length = evaluateScalar(s, e.length);
  s.at(e);
  const { b } = s;
  if (s.module.kind === 'xdp') {
    const more = s.alu('sub', b.zext(length), b.zext(packetLength(s)));
    called(s, HELPER.xdp_adjust_tail, [b.ctx, more], 'trim-refused', e.at);
  } else called(s, HELPER.skb_change_tail, [b.ctx, b.zext(length), b.i64(0)], 'trim-refused', e.at);
}

/** Bytes from the Ethernet header on (i32). */
export function packetLength(s: State): Value {
  return s.module.kind === 'xdp' ? s.b.trunc(s.b.call(HELPER.xdp_get_buff_len, [s.b.ctx])) : s.b.load(s.b.ctx, SKB.len, 4);
}

/** A constant place: the end of a header. */
function placeOf(s: State, after: Lowered, at: Place): number {
  const view = viewOf(s, after, at);
  if (view.by !== undefined || view.header.variable) return s.cannot('IOV3008', 'a change of length behind a header whose place or length varies', at);
  const place = view.at + view.header.bytes;
  return place < ETHERNET_BYTES || place > ETHERNET_BYTES + MOST_MOVED ? s.cannot('IOV3008', `a change of length ${place} bytes from the start`, at) : place;
}

function called(s: State, helper: number, args: Value[], refused: string, at: Place): void {
  unless(s, moved(s, helper, args), refused, at);
}

/** A call after which nothing is where it was; its result. */
function moved(s: State, helper: number, args: Value[]): Value {
  const result = s.b.call(helper, args, { movesPacket: true });
  s.packet = NO_PACKET;
  for (const key of [...s.values.keys()]) if ('memo' in key && key.memo === 'place') s.values.delete(key);
  return result;
}

/** Goes on where a helper gave 0; else the packet is dropped as this. */
function unless(s: State, result: Value, refused: string, at: Place): void {
  const fork = s.branch('eq', result, s.b.i64(0));
  for (const path of fork.no) { s.resume(path); s.drop(refused, at); }
  for (const path of fork.yes) s.resume(path);
}

/** `inside`: how many bytes of the packet are touched. */
function move(s: State, from: number, to: number, count: number, inside: number, at: Place): void {
  if (count === 0) return;
  const pointer = reach(s, undefined, inside, at);
  const pieces = piecesOf(count).map(([offset, size]) => [offset, size, s.b.load(pointer, from + offset, size)] as const);
  for (const [offset, size, value] of pieces) s.b.store(pointer, to + offset, size, value);
}

function zeros(s: State, from: number, count: number, at: Place): void {
  const pointer = reach(s, undefined, from + count, at);
  for (const [offset, size] of piecesOf(count)) s.b.store(pointer, from + offset, size, size === 8 ? s.b.i64(0) : s.b.i32(0));
}

/** Offsets and sizes of the loads and stores for so many bytes. */
export function piecesOf(count: number): [number, MemBytes][] {
  const pieces: [number, MemBytes][] = [];
  for (let at = 0; at < count;) {
    const size = ([8, 4, 2, 1] as const).find(n => at + n <= count) ?? 1;
    pieces.push([at, size]);
    at += size;
  }
  return pieces;
}
