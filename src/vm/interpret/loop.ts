// The loop: one switch over encoded opcodes, on 32-bit halves of registers (RFC 9669 section 4 and 5; sections are named at each group).
// It shares no meaning with translate/: each is a reading of the instruction set, and tests hold them to each other and to the kernel.
//
// `d` and `s` are words of the register file: low half at d, high half at d + 1. An immediate is such a register too (predecode.ts).

import { CALL_KIND, LOAD_ACQUIRE, STORE_RELEASE } from '../../isa/opcodes.ts';
import { TAIL_CALL } from '../calls/table.ts';
import { MOST_ROUNDS } from '../rounds.ts';
import type { Memory } from '../memory/memory.ts';
import type { Regions } from './access.ts';
import { divide, divideSigned, multiplyHigh, negatedHigh, quotient, swap32 } from './arithmetic.ts';
import { atomic } from './atomic.ts';
import type { Frames } from './frames.ts';
import type { Predecoded } from './predecode.ts';

/** What the loop works on, and where it stopped. */
export interface Activity {
  readonly program: Predecoded;
  readonly registers: Int32Array;
  readonly memory: Memory;
  readonly regions: Regions;
  readonly frames: Frames;
  /** Slot of the instruction that comes next, or that failed. */
  slot: number;
  /** Instructions that may still run. */
  fuel: number;
  /** How often may_goto went on. */
  rounds: number;
  helper(id: number): void;
  /** Undefined: the packet is too short. */
  legacyLoad(offset: number, size: number): number | undefined;
  /** By the number in a register. */
  callByNumber(word: number): void;
  /** Whether the program ends here, for another goes on. */
  tailCall(): boolean;
  /** In a function: whether it ends here, with the result of another program in r0. */
  tailCallWithin(): boolean;
}

/** Goes on until the program ends: true, and its result is in r0; or until there is no fuel: false. Throws a ProgramFault. */
export function go(activity: Activity): boolean {
  const { registers: r, regions, frames, memory } = activity;
  const { opcode, destination, source, offset, immediate, kind } = activity.program;
  const { view } = memory;
  let { slot, fuel } = activity;

  for (; fuel > 0; slot++, fuel--) {
    const d = destination[slot]!, s = source[slot]!, o = offset[slot]!;
    switch (opcode[slot]) {
      // 4.1 arithmetic, 64 bits
      case 0x07: case 0x0f: {
        const a = r[d]!, low = a + r[s]! | 0;
        r[d + 1] = r[d + 1]! + r[s + 1]! + (low >>> 0 < a >>> 0 ? 1 : 0);
        r[d] = low;
        break;
      }
      case 0x17: case 0x1f: {
        const a = r[d]!, b = r[s]!;
        r[d + 1] = r[d + 1]! - r[s + 1]! - (a >>> 0 < b >>> 0 ? 1 : 0);
        r[d] = a - b;
        break;
      }
      case 0x27: case 0x2f: {
        const a = r[d]!, b = r[s]!;
        r[d + 1] = multiplyHigh(a, b) + Math.imul(a, r[s + 1]!) + Math.imul(r[d + 1]!, b);
        r[d] = Math.imul(a, b);
        break;
      }
      case 0x37: case 0x3f:
        if (r[s] === 0 && r[s + 1] === 0) { r[d] = 0; r[d + 1] = 0; break; }
        if (o === 1) divideSigned(r[d]!, r[d + 1]!, r[s]!, r[s + 1]!);
        else divide(r[d]!, r[d + 1]!, r[s]!, r[s + 1]!);
        r[d] = quotient.low;
        r[d + 1] = quotient.high;
        break;
      case 0x97: case 0x9f:
        if (r[s] === 0 && r[s + 1] === 0) break;
        if (o === 1) divideSigned(r[d]!, r[d + 1]!, r[s]!, r[s + 1]!);
        else divide(r[d]!, r[d + 1]!, r[s]!, r[s + 1]!);
        r[d] = quotient.restLow;
        r[d + 1] = quotient.restHigh;
        break;
      case 0x47: case 0x4f: r[d] = r[d]! | r[s]!; r[d + 1] = r[d + 1]! | r[s + 1]!; break;
      case 0x57: case 0x5f: r[d] = r[d]! & r[s]!; r[d + 1] = r[d + 1]! & r[s + 1]!; break;
      case 0xa7: case 0xaf: r[d] = r[d]! ^ r[s]!; r[d + 1] = r[d + 1]! ^ r[s + 1]!; break;
      case 0x67: case 0x6f: {
        const n = r[s]! & 63, low = r[d]!;
        if (n >= 32) { r[d + 1] = low << n; r[d] = 0; }
        else if (n > 0) { r[d + 1] = r[d + 1]! << n | low >>> 32 - n; r[d] = low << n; }
        break;
      }
      case 0x77: case 0x7f: {
        const n = r[s]! & 63, high = r[d + 1]!;
        if (n >= 32) { r[d] = high >>> n; r[d + 1] = 0; }
        else if (n > 0) { r[d] = r[d]! >>> n | high << 32 - n; r[d + 1] = high >>> n; }
        break;
      }
      case 0xc7: case 0xcf: {
        const n = r[s]! & 63, high = r[d + 1]!;
        if (n >= 32) { r[d] = high >> n; r[d + 1] = high >> 31; }
        else if (n > 0) { r[d] = r[d]! >>> n | high << 32 - n; r[d + 1] = high >> n; }
        break;
      }
      case 0x87: { const low = r[d]!; r[d + 1] = negatedHigh(low, r[d + 1]!); r[d] = -low; break; }
      case 0xb7: r[d] = r[s]!; r[d + 1] = r[s + 1]!; break;
      // mov, or with an offset movsx
      case 0xbf:
        switch (o) {
          case 8: r[d] = r[s]! << 24 >> 24; r[d + 1] = r[d]! >> 31; break;
          case 16: r[d] = r[s]! << 16 >> 16; r[d + 1] = r[d]! >> 31; break;
          case 32: r[d] = r[s]!; r[d + 1] = r[s]! >> 31; break;
          default: r[d] = r[s]!; r[d + 1] = r[s + 1]!;
        }
        break;

      // 4.1 arithmetic, 32 bits: the upper half becomes 0
      case 0x04: case 0x0c: r[d] = r[d]! + r[s]!; r[d + 1] = 0; break;
      case 0x14: case 0x1c: r[d] = r[d]! - r[s]!; r[d + 1] = 0; break;
      case 0x24: case 0x2c: r[d] = Math.imul(r[d]!, r[s]!); r[d + 1] = 0; break;
      case 0x34: case 0x3c: {
        const by = r[s]!;
        r[d] = by === 0 ? 0 : o === 1 ? r[d]! / by | 0 : (r[d]! >>> 0) / (by >>> 0) | 0;
        r[d + 1] = 0;
        break;
      }
      case 0x94: case 0x9c: {
        const by = r[s]!;
        if (by !== 0) r[d] = o === 1 ? r[d]! % by : (r[d]! >>> 0) % (by >>> 0);
        r[d + 1] = 0;
        break;
      }
      case 0x44: case 0x4c: r[d] = r[d]! | r[s]!; r[d + 1] = 0; break;
      case 0x54: case 0x5c: r[d] = r[d]! & r[s]!; r[d + 1] = 0; break;
      case 0xa4: case 0xac: r[d] = r[d]! ^ r[s]!; r[d + 1] = 0; break;
      case 0x64: case 0x6c: r[d] = r[d]! << r[s]!; r[d + 1] = 0; break;
      case 0x74: case 0x7c: r[d] = r[d]! >>> r[s]!; r[d + 1] = 0; break;
      case 0xc4: case 0xcc: r[d] = r[d]! >> r[s]!; r[d + 1] = 0; break;
      case 0x84: r[d] = -r[d]!; r[d + 1] = 0; break;
      case 0xb4: r[d] = r[s]!; r[d + 1] = 0; break;
      case 0xbc: {
        const bits = o;
        r[d] = bits === 0 ? r[s]! : r[s]! << 32 - bits >> 32 - bits;
        r[d + 1] = 0;
        break;
      }

      // 4.2 byte order: le only truncates here; be and bswap exchange
      case 0xd4:
        if (immediate[slot] === 16) r[d] = r[d]! & 0xffff;
        if (immediate[slot] !== 64) r[d + 1] = 0;
        break;
      case 0xdc: case 0xd7: {
        const low = swap32(r[d]!);
        if (immediate[slot] === 64) { r[d] = swap32(r[d + 1]!); r[d + 1] = low; }
        else { r[d] = immediate[slot] === 16 ? low >>> 16 : low; r[d + 1] = 0; }
        break;
      }

      // 5.4 wide loads: predecode.ts made each a constant
      case 0x18: r[d] = r[s]!; r[d + 1] = r[s + 1]!; slot++; break;

      // 5.1 loads and stores; 5.2 loads with sign extension
      case 0x71: r[d] = view.getUint8(regions.at(r, s, o, 1, 'read', slot)); r[d + 1] = 0; break;
      case 0x69: r[d] = view.getUint16(regions.at(r, s, o, 2, 'read', slot), true); r[d + 1] = 0; break;
      case 0x61: r[d] = view.getInt32(regions.at(r, s, o, 4, 'read', slot), true); r[d + 1] = 0; break;
      case 0x79: { const at = regions.at(r, s, o, 8, 'read', slot); r[d] = view.getInt32(at, true); r[d + 1] = view.getInt32(at + 4, true); break; }
      case 0x91: r[d] = view.getInt8(regions.at(r, s, o, 1, 'read', slot)); r[d + 1] = r[d]! >> 31; break;
      case 0x89: r[d] = view.getInt16(regions.at(r, s, o, 2, 'read', slot), true); r[d + 1] = r[d]! >> 31; break;
      case 0x81: r[d] = view.getInt32(regions.at(r, s, o, 4, 'read', slot), true); r[d + 1] = r[d]! >> 31; break;
      case 0x72: case 0x73: view.setInt8(regions.at(r, d, o, 1, 'write', slot), r[s]!); break;
      case 0x6a: case 0x6b: view.setInt16(regions.at(r, d, o, 2, 'write', slot), r[s]!, true); break;
      case 0x62: case 0x63: view.setInt32(regions.at(r, d, o, 4, 'write', slot), r[s]!, true); break;
      case 0x7a: case 0x7b: { const at = regions.at(r, d, o, 8, 'write', slot); view.setInt32(at, r[s]!, true); view.setInt32(at + 4, r[s + 1]!, true); break; }

      // 5.3 atomics, and the later load-acquire and store-release
      case 0xd3: case 0xcb: case 0xc3: case 0xdb: {
        const bytes = BYTES[opcode[slot]! >> 3 & 3]!, operation = immediate[slot]!;
        if (operation === LOAD_ACQUIRE) load(view, regions.at(r, s, o, bytes, 'read', slot), bytes, r, d);
        else if (operation === STORE_RELEASE) store(view, regions.at(r, d, o, bytes, 'write', slot), bytes, r, s);
        else atomic(operation, bytes as 4 | 8, view, regions.at(r, d, o, bytes, 'write', slot), r, s);
        break;
      }

      // 4.3 jumps, 64 bits. A taken one goes to the slot before its target, for the loop adds one.
      case 0x05: case 0x06: slot = o - 1; break;
      case 0x15: case 0x1d: if (r[d] === r[s] && r[d + 1] === r[s + 1]) slot = o - 1; break;
      case 0x55: case 0x5d: if (r[d] !== r[s] || r[d + 1] !== r[s + 1]) slot = o - 1; break;
      case 0x45: case 0x4d: if ((r[d]! & r[s]!) !== 0 || (r[d + 1]! & r[s + 1]!) !== 0) slot = o - 1; break;
      case 0x25: case 0x2d: if (below(r[s]!, r[s + 1]!, r[d]!, r[d + 1]!)) slot = o - 1; break;
      case 0x35: case 0x3d: if (!below(r[d]!, r[d + 1]!, r[s]!, r[s + 1]!)) slot = o - 1; break;
      case 0xa5: case 0xad: if (below(r[d]!, r[d + 1]!, r[s]!, r[s + 1]!)) slot = o - 1; break;
      case 0xb5: case 0xbd: if (!below(r[s]!, r[s + 1]!, r[d]!, r[d + 1]!)) slot = o - 1; break;
      case 0x65: case 0x6d: if (less(r[s]!, r[s + 1]!, r[d]!, r[d + 1]!)) slot = o - 1; break;
      case 0x75: case 0x7d: if (!less(r[d]!, r[d + 1]!, r[s]!, r[s + 1]!)) slot = o - 1; break;
      case 0xc5: case 0xcd: if (less(r[d]!, r[d + 1]!, r[s]!, r[s + 1]!)) slot = o - 1; break;
      case 0xd5: case 0xdd: if (!less(r[s]!, r[s + 1]!, r[d]!, r[d + 1]!)) slot = o - 1; break;
      // and on the low halves
      case 0x16: case 0x1e: if (r[d] === r[s]) slot = o - 1; break;
      case 0x56: case 0x5e: if (r[d] !== r[s]) slot = o - 1; break;
      case 0x46: case 0x4e: if ((r[d]! & r[s]!) !== 0) slot = o - 1; break;
      case 0x26: case 0x2e: if (r[d]! >>> 0 > r[s]! >>> 0) slot = o - 1; break;
      case 0x36: case 0x3e: if (r[d]! >>> 0 >= r[s]! >>> 0) slot = o - 1; break;
      case 0xa6: case 0xae: if (r[d]! >>> 0 < r[s]! >>> 0) slot = o - 1; break;
      case 0xb6: case 0xbe: if (r[d]! >>> 0 <= r[s]! >>> 0) slot = o - 1; break;
      case 0x66: case 0x6e: if (r[d]! > r[s]!) slot = o - 1; break;
      case 0x76: case 0x7e: if (r[d]! >= r[s]!) slot = o - 1; break;
      case 0xc6: case 0xce: if (r[d]! < r[s]!) slot = o - 1; break;
      case 0xd6: case 0xde: if (r[d]! <= r[s]!) slot = o - 1; break;

      // 4.3.1 and 4.3.2 calls
      case 0x85:
        activity.slot = slot;
        if (kind[slot] === CALL_KIND.local) {
          frames.enter(r, slot);
          slot = o - 1;
        } else if (immediate[slot] === TAIL_CALL) {
          if (frames.depth === 0) {
            if (activity.tailCall()) { r[0] = 0; r[1] = 0; activity.fuel = fuel; return true; }
          } else if (activity.tailCallWithin()) {
            // No callback has one, so there is a caller in this program.
            slot = frames.leave(r);
          }
        } else {
          // It may call back into this loop.
          activity.fuel = fuel;
          activity.helper(immediate[slot]!);
          fuel = activity.fuel;
        }
        break;
      // may_goto: jumps after many rounds
      case 0xe5:
        if (activity.rounds++ >= MOST_ROUNDS) slot = o - 1;
        break;

      // 5.4 legacy packet access: absolute, then indirect
      case 0x20: case 0x28: case 0x30: case 0x40: case 0x48: case 0x50: {
        const code = opcode[slot]!;
        const loaded = activity.legacyLoad(immediate[slot]! + (code >= 0x40 ? r[s]! : 0) | 0, (code & 0x18) === 0x10 ? 1 : (code & 0x18) === 0x08 ? 2 : 4);
        r[0] = loaded ?? 0;
        r[1] = 0;
        if (loaded !== undefined) break;
        const back = frames.leave(r);
        if (back < 0) { activity.slot = slot; activity.fuel = fuel; return true; }
        slot = back;
        break;
      }
      case 0x8d:
        activity.slot = slot;
        activity.callByNumber(d);
        break;
      case 0x95: {
        const back = frames.leave(r);
        if (back < 0) { activity.slot = slot; activity.fuel = fuel; return true; }
        slot = back;
        break;
      }
      default: throw new Error(`opcode ${opcode[slot]} at slot ${slot} came through predecode`);
    }
  }
  activity.slot = slot;
  activity.fuel = 0;
  return false;
}

/** By the two size bits of an opcode. */
const BYTES = [4, 2, 1, 8] as const;

function below(aLow: number, aHigh: number, bLow: number, bHigh: number): boolean {
  return aHigh === bHigh ? aLow >>> 0 < bLow >>> 0 : aHigh >>> 0 < bHigh >>> 0;
}

function less(aLow: number, aHigh: number, bLow: number, bHigh: number): boolean {
  return aHigh === bHigh ? aLow >>> 0 < bLow >>> 0 : aHigh < bHigh;
}

function load(view: DataView, at: number, bytes: number, registers: Int32Array, word: number): void {
  registers[word] = bytes === 1 ? view.getUint8(at) : bytes === 2 ? view.getUint16(at, true) : view.getInt32(at, true);
  registers[word + 1] = bytes === 8 ? view.getInt32(at + 4, true) : 0;
}

function store(view: DataView, at: number, bytes: number, registers: Int32Array, word: number): void {
  if (bytes === 1) view.setInt8(at, registers[word]!);
  else if (bytes === 2) view.setInt16(at, registers[word]!, true);
  else view.setInt32(at, registers[word]!, true);
  if (bytes === 8) view.setInt32(at + 4, registers[word + 1]!, true);
}
