// Packet memory: pointers from views, with the bounds check that each needs, once for a base on every way.
// The kernel compares pointers only, and one SSA value stands for a base; both are kept here.

import { SKB, XDP } from '../../image/abi.ts';
import type { Place } from '../2-check/tree.ts';
import { constOf, type Value } from '../ir/ir.ts';
import { narrow } from './integers.ts';
import type { Fork } from './path.ts';
import type { State } from './state.ts';
import type { Lowered, View } from './value.ts';

/** Packets end long before, and the kernel takes a packet pointer plus at most twice that. */
export const MOST_OFFSET = 0x7fff;

/** Loads the packet's pointers unless they are known on this path. */
export function loadPacket(s: State): { data: Value; end: Value } {
  const { data, end } = s.packet;
  if (data !== undefined && end !== undefined) return { data, end };
  const xdp = s.module.kind === 'xdp';
  const loaded = { data: s.b.packet(xdp ? XDP.data : SKB.data), end: s.b.packetEnd(xdp ? XDP.data_end : SKB.data_end) };
  s.packet = { ...s.packet, ...loaded, bases: new Map([[undefined, { pointer: loaded.data, bytes: 0 }]]) };
  return loaded;
}

/** Are `bytes` from base `by` on inside of the packet? The answer is remembered on the path where they are. */
export function inside(s: State, by: Value | undefined, bytes: number): Fork {
  const { data, end } = loadPacket(s);
  const known = s.packet.bases.get(by);
  if (known !== undefined && known.bytes >= bytes) return { yes: [s.take()], no: [] };
  if (s.packet.pulled === undefined) s.readNotes.note(by, bytes, s.b.current);
  const pointer = known?.pointer ?? (by === undefined ? data : s.b.index(data, by));
  const then = s.b.block('inside');
  const otherwise = s.b.block('outside');
  s.b.bounds(pointer, bytes, end, { block: then, args: [] }, { block: otherwise, args: [] });
  const bases = (checked: number) => new Map(s.packet.bases).set(by, { pointer, bytes: checked });
  const here = { values: s.values, live: s.live };
  return {
    yes: [{ ...here, block: then, packet: { ...s.packet, bases: bases(bytes) } }],
    no: [{ ...here, block: otherwise, packet: { ...s.packet, bases: bases(known?.bytes ?? 0) } }],
  };
}

/** The pointer of a base of which `bytes` are inside: a packet that is shorter is dropped as `short`. */
export function reach(s: State, by: Value | undefined, bytes: number, at: Place): Value {
  const fork = inside(s, by, bytes);
  for (const path of fork.no) {
    s.resume(path);
    s.b.at(at);
    s.drop('short', at);
  }
  const [path] = fork.yes;
  if (path !== undefined) s.resume(path);
  return s.packet.bases.get(by)?.pointer ?? loadPacket(s).data;
}

/** Where bytes of a view are: a pointer, and the constant behind it. */
export function bytesOf(s: State, view: View, offset: number, bytes: number, at: Place): { pointer: Value; offset: number } {
  const need = Math.max(view.header.bytes, offset + bytes);
  return { pointer: reach(s, view.by, view.at + need, at), offset: view.at + offset };
}

/** Offset from the start of the packet, i32. */
export function viewStart(s: State, value: Lowered, at: Place): Value {
  const view = viewOf(s, value, at);
  return view.by === undefined ? s.b.i32(view.at) : s.alu('add', narrow(s, view.by), s.b.i32(view.at));
}

export function viewOf(s: State, value: Lowered, at: Place): View {
  const inner = value.kind === 'optional' ? value.value : value;
  return inner.kind === 'view' ? inner : s.notYet('a view that is not one header', at);
}

/** Whether the kernel takes a variable offset (i64): packets end long before. */
export function within(s: State, offset: Value): Fork { return s.branch('ule', offset, s.b.i64(MOST_OFFSET)); }

/** A variable offset that the kernel takes, or a drop. */
export function limited(s: State, offset: Value, at: Place): Value {
  if (constOf(offset) !== undefined) return offset;
  const fork = within(s, offset);
  for (const path of fork.no) { s.resume(path); s.drop('short', at); }
  for (const path of fork.yes) s.resume(path);
  return offset;
}

