// Stored fields of headers, read and written: bytes, bits in a unit, either order. Checksums are rewrite.ts.

import type { Member, Stored } from '../../lang/headers.ts';
import type { Place } from '../2-check/tree.ts';
import type { MemBytes, Value } from '../ir/ir.ts';
import { noteFamily, readFamily } from './family.ts';
import { swap } from './fold.ts';
import type { State } from './state.ts';
import { makeUpdatesUnder } from './updates.ts';
import { scalar, type Lowered, type View } from './value.ts';
import { bytesOf } from './views.ts';

export function memberNamed(view: View, name: string): Member | undefined {
  return view.header.members.find(member => member.name === name);
}

/** A stored field of up to 64 bits, by its name. */
export function field(s: State, view: View, name: string, at: Place): Value {
  const member = memberNamed(view, name);
  if (member?.kind !== 'stored') return s.notYet(`'${name}' of ${view.header.name}`, at);
  const value = loadStored(s, view, member, at);
  return value.kind === 'scalar' ? value.value : s.notYet(`'${name}' of ${view.header.name} as a number`, at);
}

export function loadStored(s: State, view: View, member: Stored, at: Place): Lowered {
  makeUpdatesUnder(s, view, at);
  readFamily(s, view);
  const { pointer, offset } = bytesOf(s, view, member.offset, member.unitBits / 8, at);
  if (typeof member.type === 'object') return { kind: 'list', values: Array.from({ length: member.unitBits / 8 }, (_, i) => scalar(s.b.load(pointer, offset + i, 1))) };
  if (member.unitBits === 48) return { kind: 'mac', first: s.b.load(pointer, offset, 4), last: s.b.load(pointer, offset + 4, 2) };
  if (member.unitBits === 128) {
    return { kind: 'wide', high: swap(s.b, s.b.load(pointer, offset, 8), 8), low: swap(s.b, s.b.load(pointer, offset + 8, 8), 8) };
  }
  const bytes = unitBytes(s, member, at);
  const unit = inHostOrder(s, s.b.load(pointer, offset, bytes), member, bytes);
  if (member.shift === 0 && member.bits === member.unitBits) return scalar(unit);
  const shifted = s.alu('lshr', unit, constantLike(s, unit, BigInt(member.shift)));
  return scalar(s.alu('and', shifted, constantLike(s, unit, (1n << BigInt(member.bits)) - 1n)));
}

/** What memory has to hold for a field to have this value: the whole unit, in the order of memory. A Mac and 128 bits are not one unit. */
export function unitOf(s: State, view: View, member: Stored, value: Value, at: Place): Value {
  const bytes = unitBytes(s, member, at);
  if (member.shift === 0 && member.bits === member.unitBits) return inHostOrder(s, value, member, bytes);
  const { pointer, offset } = bytesOf(s, view, member.offset, bytes, at);
  const mask = ((1n << BigInt(member.bits)) - 1n) << BigInt(member.shift);
  const old = inHostOrder(s, s.b.load(pointer, offset, bytes), member, bytes);
  const kept = s.alu('and', old, constantLike(s, old, ~mask));
  const put = s.alu('and', s.alu('shl', value, constantLike(s, old, BigInt(member.shift))), constantLike(s, old, mask));
  return inHostOrder(s, s.alu('or', kept, put), member, bytes);
}

/** Plainly, with no checksum in mind. */
export function storeStored(s: State, view: View, member: Stored, value: Lowered, at: Place): void {
  makeUpdatesUnder(s, view, at);
  noteFamily(s, view, member.name, value);
  const { pointer, offset } = bytesOf(s, view, member.offset, member.unitBits / 8, at);
  switch (value.kind) {
    case 'mac':
      s.b.store(pointer, offset, 4, value.first);
      s.b.store(pointer, offset + 4, 2, value.last);
      return;
    case 'wide':
      s.b.store(pointer, offset, 8, swap(s.b, value.high, 8));
      s.b.store(pointer, offset + 8, 8, swap(s.b, value.low, 8));
      return;
    case 'scalar': s.b.store(pointer, offset, unitBytes(s, member, at), unitOf(s, view, member, value.value, at)); return;
    case 'optional': storeStored(s, view, member, value.value, at); return;
    case 'list':
      for (const [i, byte] of value.values.entries()) if (byte.kind === 'scalar') s.b.store(pointer, offset + i, 1, byte.value);
      return;
    case 'ref':
      for (let i = 0; i < member.unitBits / 8; i++) s.b.store(pointer, offset + i, 1, s.b.load(value.pointer, value.offset + i, 1));
      return;
    default: s.cannot('IOV3010', `writing '${member.name}'`, at);
  }
}

export function unitBytes(s: State, member: Stored, at: Place): MemBytes {
  const bytes = member.unitBits / 8;
  return bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8 ? bytes : s.cannot('IOV3010', `a field of ${member.unitBits} bits ('${member.name}')`, at);
}

function inHostOrder(s: State, value: Value, member: Stored, bytes: MemBytes): Value {
  return member.order === 'big' && bytes !== 1 ? swap(s.b, value, bytes) : value;
}

function constantLike(s: State, like: Value, value: bigint): Value {
  return like.type === 'i64' ? s.b.i64(value) : s.b.i32(value);
}
