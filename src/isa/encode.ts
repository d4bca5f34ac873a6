// Instructions to bytes. Values out of a field's range are a caller's bug and throw; text from people goes through assemble.ts.
//
//     0        1              2..3     4..7
//     opcode   dst | src<<4   offset   immediate          little-endian; a wide load has the upper immediate in a second slot

import { slots, type Insn } from './insn.ts';
import {
  ALU_OPS, ATOMIC_OPS, CALL, CALL_KIND, CLASS, END, EXIT, JA, JCOND, JUMP_OPS, LOAD_ACQUIRE, MODE, NEG, SIZE_BITS, SOURCE_REGISTER, STORE_RELEASE, WIDE,
} from './opcodes.ts';

/** The fields of one slot, before they are bytes. `high` is the immediate of the second slot of wide loads. */
interface Fields {
  readonly opcode: number;
  readonly dst?: number;
  readonly src?: number;
  readonly offset?: number;
  readonly imm?: number;
  readonly high?: number;
}

export function encode(insns: readonly Insn[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 * insns.reduce((sum, insn) => sum + slots(insn), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const insn of insns) {
    const f = fields(insn);
    view.setUint8(at, f.opcode);
    view.setUint8(at + 1, inRange(f.dst ?? 0, 0, 10, insn) | inRange(f.src ?? 0, 0, 10, insn) << 4);
    view.setInt16(at + 2, inRange(f.offset ?? 0, -0x8000, 0x7fff, insn), true);
    view.setInt32(at + 4, inRange(f.imm ?? 0, -0x8000_0000, 0x7fff_ffff, insn), true);
    if (f.high !== undefined) view.setInt32(at + 12, inRange(f.high, -0x8000_0000, 0x7fff_ffff, insn), true);
    at += 8 * slots(insn);
  }
  return bytes;
}

function inRange(value: number, least: number, most: number, insn: Insn): number {
  if (!Number.isInteger(value) || value < least || value > most) throw new RangeError(`${value} is not in ${least} … ${most}: ${insn.kind} ${JSON.stringify(insn, (_, v) => typeof v === 'bigint' ? String(v) : v)}`);
  return value;
}

function fields(insn: Insn): Fields {
  switch (insn.kind) {
    case 'alu': return { opcode: ALU_OPS[insn.op].code | SOURCE_REGISTER | aluClass(insn.width), dst: insn.dst, src: insn.src, offset: ALU_OPS[insn.op].offset };
    case 'alu-imm': return { opcode: ALU_OPS[insn.op].code | aluClass(insn.width), dst: insn.dst, offset: ALU_OPS[insn.op].offset, imm: insn.imm };
    case 'neg': return { opcode: NEG | aluClass(insn.width), dst: insn.dst };
    case 'mov-signed': return { opcode: ALU_OPS.mov.code | SOURCE_REGISTER | aluClass(insn.width), dst: insn.dst, src: insn.src, offset: insn.from };
    case 'endian': return { opcode: endianOpcode(insn.order), dst: insn.dst, imm: insn.bits };
    case 'load': return { opcode: CLASS.ldx | MODE.mem | SIZE_BITS[insn.size], dst: insn.dst, src: insn.src, offset: insn.offset };
    case 'load-signed': return { opcode: CLASS.ldx | MODE.memsx | SIZE_BITS[insn.size], dst: insn.dst, src: insn.src, offset: insn.offset };
    case 'store': return { opcode: CLASS.stx | MODE.mem | SIZE_BITS[insn.size], dst: insn.dst, src: insn.src, offset: insn.offset };
    case 'store-imm': return { opcode: CLASS.st | MODE.mem | SIZE_BITS[insn.size], dst: insn.dst, offset: insn.offset, imm: insn.imm };
    case 'atomic': return { opcode: atomicOpcode(insn.size), dst: insn.dst, src: insn.src, offset: insn.offset, imm: ATOMIC_OPS[insn.op] };
    case 'load-acquire': return { opcode: atomicOpcode(insn.size), dst: insn.dst, src: insn.src, offset: insn.offset, imm: LOAD_ACQUIRE };
    case 'store-release': return { opcode: atomicOpcode(insn.size), dst: insn.dst, src: insn.src, offset: insn.offset, imm: STORE_RELEASE };
    case 'wide': return wide(insn.dst, WIDE.value, low32(insn.value), low32(insn.value >> 32n));
    case 'wide-map': return wide(insn.dst, WIDE.mapFd, insn.map, 0);
    case 'wide-value': return wide(insn.dst, WIDE.mapValue, insn.map, insn.offset);
    case 'wide-btf': return wide(insn.dst, WIDE.btfId, insn.btf, insn.module);
    case 'wide-function': return wide(insn.dst, WIDE.func, insn.offset, 0);
    case 'wide-map-index': return wide(insn.dst, WIDE.mapIndex, insn.map, 0);
    case 'wide-value-index': return wide(insn.dst, WIDE.mapIndexValue, insn.map, insn.offset);
    case 'jump': return { opcode: JUMP_OPS[insn.op] | SOURCE_REGISTER | jumpClass(insn.width), dst: insn.dst, src: insn.src, offset: insn.offset };
    case 'jump-imm': return { opcode: JUMP_OPS[insn.op] | jumpClass(insn.width), dst: insn.dst, imm: insn.imm, offset: insn.offset };
    case 'ja': return insn.reach === 16 ? { opcode: JA | CLASS.jmp, offset: insn.offset } : { opcode: JA | CLASS.jmp32, imm: insn.offset };
    case 'may-goto': return { opcode: JCOND | CLASS.jmp, offset: insn.offset };
    case 'call': return { opcode: CALL | CLASS.jmp, src: CALL_KIND.helper, imm: insn.id };
    case 'call-local': return { opcode: CALL | CLASS.jmp, src: CALL_KIND.local, imm: insn.offset };
    case 'call-kfunc': return { opcode: CALL | CLASS.jmp, src: CALL_KIND.kfunc, imm: insn.btf, offset: insn.module };
    case 'call-register': return { opcode: CALL | SOURCE_REGISTER | CLASS.jmp, dst: insn.dst };
    case 'exit': return { opcode: EXIT | CLASS.jmp };
    case 'load-absolute': return { opcode: CLASS.ld | MODE.abs | SIZE_BITS[insn.size], imm: insn.imm };
    case 'load-indirect': return { opcode: CLASS.ld | MODE.ind | SIZE_BITS[insn.size], src: insn.src, imm: insn.imm };
  }
}

function wide(dst: number, src: number, imm: number, high: number): Fields {
  return { opcode: CLASS.ld | MODE.imm | SIZE_BITS[8], dst, src, imm, high };
}

const aluClass = (width: 32 | 64): number => width === 64 ? CLASS.alu64 : CLASS.alu;
const jumpClass = (width: 32 | 64): number => width === 64 ? CLASS.jmp : CLASS.jmp32;
const atomicOpcode = (size: 1 | 2 | 4 | 8): number => CLASS.stx | MODE.atomic | SIZE_BITS[size];
const endianOpcode = (order: 'le' | 'be' | 'swap'): number =>
  order === 'swap' ? END | CLASS.alu64 : order === 'be' ? END | SOURCE_REGISTER | CLASS.alu : END | CLASS.alu;
const low32 = (value: bigint): number => Number(BigInt.asIntN(32, value));
