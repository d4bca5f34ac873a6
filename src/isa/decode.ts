// Bytes to instructions. It never throws: what is no instruction, and what sets a field that its instruction does not use, is an
// error value. It reads one instruction at a time; whether jumps land on instructions is the engines' to ask.

import type { Insn, Register, Size, Width } from './insn.ts';
import {
  ALU_OPS, ATOMIC_OPS, CALL, CALL_KIND, CLASS, END, EXIT, JA, JCOND, JUMP_OPS, LOAD_ACQUIRE, MODE, NEG, SOURCE_REGISTER, STORE_RELEASE, WIDE,
  type AluOp, type AtomicOp, type JumpOp,
} from './opcodes.ts';

type Decoded =
  | { readonly ok: true; readonly insns: readonly Insn[] }
  | { readonly ok: false; readonly slot: number; readonly reason: string };

/** One slot's fields. */
interface Slot {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
  readonly imm: number;
}

type Unused = 'dst' | 'src' | 'offset' | 'imm';

export function decode(bytes: Uint8Array): Decoded {
  if (bytes.length % 8 !== 0) return { ok: false, slot: Math.floor(bytes.length / 8), reason: `${bytes.length} bytes are no whole number of 8-byte slots` };
  const insns: Insn[] = [];
  const count = bytes.length / 8;
  for (let slot = 0; slot < count; slot++) {
    const s = slotAt(bytes, slot);
    const isWide = s.opcode === 0x18;
    if (isWide && slot + 1 === count) return { ok: false, slot, reason: 'a wide load has a second slot' };
    const insn = s.dst > 10 || s.src > 10 ? `there is no register ${Math.max(s.dst, s.src)}` : isWide ? wide(s, slotAt(bytes, slot + 1)) : single(s);
    if (typeof insn === 'string') return { ok: false, slot, reason: insn };
    insns.push(insn);
    if (isWide) slot++;
  }
  return { ok: true, insns };
}

function slotAt(bytes: Uint8Array, slot: number): Slot {
  const view = new DataView(bytes.buffer, bytes.byteOffset + slot * 8, 8);
  const registers = view.getUint8(1);
  return { opcode: view.getUint8(0), dst: registers & 15, src: registers >> 4, offset: view.getInt16(2, true), imm: view.getInt32(4, true) };
}

/** An instruction, or why it is none. */
function single(s: Slot): Insn | string {
  switch (s.opcode & 7) {
    case CLASS.alu: return alu(s, 32);
    case CLASS.alu64: return alu(s, 64);
    case CLASS.jmp: return jump(s, 64);
    case CLASS.jmp32: return jump(s, 32);
    case CLASS.ld: return legacy(s);
    default: return memory(s);
  }
}

/** The instruction, if every field it does not use is zero. */
function using(s: Slot, insn: Insn, ...unused: Unused[]): Insn | string {
  const set = unused.find(field => s[field] !== 0);
  return set === undefined ? insn : `${insn.kind} does not use its ${set} field, which is ${s[set]}`;
}

const unknown = (s: Slot): string => `no instruction has opcode 0x${s.opcode.toString(16).padStart(2, '0')}`;

/** Registers were checked before. */
const register = (n: number): Register => n as Register;

function alu(s: Slot, width: Width): Insn | string {
  const code = s.opcode & 0xf0;
  const fromRegister = (s.opcode & SOURCE_REGISTER) !== 0;
  const dst = register(s.dst);
  const src = register(s.src);
  if (code === NEG) return fromRegister ? unknown(s) : using(s, { kind: 'neg', width, dst }, 'src', 'offset', 'imm');
  if (code === END) return endian(s, width, fromRegister);
  if (fromRegister && code === ALU_OPS.mov.code && s.offset !== 0) {
    const from = s.offset;
    if (from !== 8 && from !== 16 && !(from === 32 && width === 64)) return `mov does not extend ${from} bits to ${width}`;
    return using(s, { kind: 'mov-signed', from, width, dst, src }, 'imm');
  }
  const op = ALU_BY_CODE.get(code | (s.offset === 1 && (code === ALU_OPS.div.code || code === ALU_OPS.mod.code) ? 1 : 0));
  if (op === undefined) return unknown(s);
  if (s.offset !== ALU_OPS[op].offset) return `${op} does not use its offset field, which is ${s.offset}`;
  return fromRegister ? using(s, { kind: 'alu', op, width, dst, src }, 'imm') : using(s, { kind: 'alu-imm', op, width, dst, imm: s.imm }, 'src');
}

function endian(s: Slot, width: Width, sourceBit: boolean): Insn | string {
  if (width === 64 && sourceBit) return unknown(s);
  if (s.imm !== 16 && s.imm !== 32 && s.imm !== 64) return `byte order of ${s.imm} bits`;
  const order = width === 64 ? 'swap' : sourceBit ? 'be' : 'le';
  return using(s, { kind: 'endian', order, bits: s.imm, dst: register(s.dst) }, 'src', 'offset');
}

function jump(s: Slot, width: Width): Insn | string {
  const code = s.opcode & 0xf0;
  const fromRegister = (s.opcode & SOURCE_REGISTER) !== 0;
  const dst = register(s.dst);
  const op = JUMP_BY_CODE.get(code);
  if (op !== undefined) {
    return fromRegister
      ? using(s, { kind: 'jump', op, width, dst, src: register(s.src), offset: s.offset }, 'imm')
      : using(s, { kind: 'jump-imm', op, width, dst, imm: s.imm, offset: s.offset }, 'src');
  }
  if (code === JA && !fromRegister) {
    return width === 64
      ? using(s, { kind: 'ja', reach: 16, offset: s.offset }, 'dst', 'src', 'imm')
      : using(s, { kind: 'ja', reach: 32, offset: s.imm }, 'dst', 'src', 'offset');
  }
  if (width === 32) return unknown(s);
  if (code === CALL) return fromRegister ? using(s, { kind: 'call-register', dst }, 'src', 'offset', 'imm') : call(s);
  if (fromRegister) return unknown(s);
  if (code === EXIT) return using(s, { kind: 'exit' }, 'dst', 'src', 'offset', 'imm');
  if (code === JCOND) return using(s, { kind: 'may-goto', offset: s.offset }, 'dst', 'src', 'imm');
  return unknown(s);
}

function call(s: Slot): Insn | string {
  switch (s.src) {
    case CALL_KIND.helper: return using(s, { kind: 'call', id: s.imm }, 'dst', 'offset');
    case CALL_KIND.local: return using(s, { kind: 'call-local', offset: s.imm }, 'dst', 'offset');
    case CALL_KIND.kfunc: return using(s, { kind: 'call-kfunc', btf: s.imm, module: s.offset }, 'dst');
    default: return `no kind of call has source ${s.src}`;
  }
}

function memory(s: Slot): Insn | string {
  const size = SIZE_BY_BITS.get(s.opcode & 0x18)!;
  const mode = s.opcode & 0xe0;
  const at = { size, dst: register(s.dst), src: register(s.src), offset: s.offset };
  switch (s.opcode & 7) {
    case CLASS.ldx:
      if (mode === MODE.mem) return using(s, { kind: 'load', ...at }, 'imm');
      if (mode === MODE.memsx && size !== 8) return using(s, { kind: 'load-signed', ...at, size }, 'imm');
      return unknown(s);
    case CLASS.st:
      if (mode !== MODE.mem) return unknown(s);
      return using(s, { kind: 'store-imm', size, dst: at.dst, offset: s.offset, imm: s.imm }, 'src');
    case CLASS.stx:
      if (mode === MODE.mem) return using(s, { kind: 'store', ...at }, 'imm');
      return mode === MODE.atomic ? atomic(s, at) : unknown(s);
    default: return unknown(s);
  }
}

function atomic(s: Slot, at: { size: Size; dst: Register; src: Register; offset: number }): Insn | string {
  if (s.imm === LOAD_ACQUIRE) return { kind: 'load-acquire', ...at };
  if (s.imm === STORE_RELEASE) return { kind: 'store-release', ...at };
  const op = ATOMIC_BY_CODE.get(s.imm);
  if (op === undefined) return `no atomic operation has immediate ${s.imm}`;
  const { size } = at;
  return size === 4 || size === 8 ? { kind: 'atomic', op, ...at, size } : `atomic ${op} of ${size} bytes`;
}

function legacy(s: Slot): Insn | string {
  const size = SIZE_BY_BITS.get(s.opcode & 0x18)!;
  if (size === 8) return unknown(s);
  switch (s.opcode & 0xe0) {
    case MODE.abs: return using(s, { kind: 'load-absolute', size, imm: s.imm }, 'dst', 'src', 'offset');
    case MODE.ind: return using(s, { kind: 'load-indirect', size, src: register(s.src), imm: s.imm }, 'dst', 'offset');
    default: return unknown(s);
  }
}

function wide(s: Slot, next: Slot): Insn | string {
  if (next.opcode !== 0 || next.dst !== 0 || next.src !== 0 || next.offset !== 0) return 'the second slot of a wide load holds only an immediate';
  if (s.offset !== 0) return `a wide load does not use its offset field, which is ${s.offset}`;
  const dst = register(s.dst);
  const high = next.imm;
  const only = (insn: Insn): Insn | string => high === 0 ? insn : `${insn.kind} does not use its second immediate, which is ${high}`;
  switch (s.src) {
    case WIDE.value: return { kind: 'wide', dst, value: BigInt(high >>> 0) << 32n | BigInt(s.imm >>> 0) };
    case WIDE.mapFd: return only({ kind: 'wide-map', dst, map: s.imm });
    case WIDE.mapValue: return { kind: 'wide-value', dst, map: s.imm, offset: high };
    case WIDE.btfId: return { kind: 'wide-btf', dst, btf: s.imm, module: high };
    case WIDE.func: return only({ kind: 'wide-function', dst, offset: s.imm });
    case WIDE.mapIndex: return only({ kind: 'wide-map-index', dst, map: s.imm });
    case WIDE.mapIndexValue: return { kind: 'wide-value-index', dst, map: s.imm, offset: high };
    default: return `no kind of wide load has source ${s.src}`;
  }
}

const ALU_BY_CODE = new Map((Object.entries(ALU_OPS) as [AluOp, { code: number; offset: number }][]).map(([op, { code, offset }]) => [code | offset, op]));
const JUMP_BY_CODE = new Map<number, JumpOp>((Object.entries(JUMP_OPS) as [JumpOp, number][]).map(([op, code]) => [code, op]));
const ATOMIC_BY_CODE = new Map<number, AtomicOp>((Object.entries(ATOMIC_OPS) as [AtomicOp, number][]).map(([op, code]) => [code, op]));
const SIZE_BY_BITS = new Map<number, Size>([[0x10, 1], [0x08, 2], [0x00, 4], [0x18, 8]]);
