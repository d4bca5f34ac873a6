// Where selection finds the values of IR: in virtual registers, as immediates, in addresses. Constants, slots, map handles and
// pointers with constant offsets have no register of their own; they are made where they are used.

import { FRAME_POINTER, newReg, type FrameObject, type MachineBlock, type MachineCode, type MachineInst, type Reg, type RelocationShape } from './machine.ts';
import type { Exit } from '../../image/image.ts';
import { CompilerBug, constOf, defInst, type Inst, type Position, type Value } from '../ir/ir.ts';

type Unplaced = MachineInst extends infer I ? I extends MachineInst ? Omit<I, 'at'> : never : never;
interface Address { readonly reg: Reg; readonly offset: number; readonly frame: { readonly frame?: FrameObject } }

export class Operands {
  readonly code: MachineCode;
  block: MachineBlock;
  at: Position = { file: 0, line: 1, column: 1 };
  /** The shared last instructions of each way out. */
  readonly tails = new Map<Exit, MachineBlock>();
  readonly #users: ReadonlyMap<Value, readonly (Inst | undefined)[]>;
  readonly #regs = new Map<Value, Reg>();
  readonly #frames = new Map<Value, FrameObject>();

  constructor(code: MachineCode, block: MachineBlock, users: ReadonlyMap<Value, readonly (Inst | undefined)[]>) {
    this.code = code;
    this.block = block;
    this.#users = users;
  }

  emit(inst: Unplaced): void { this.block.insts.push({ ...inst, at: this.at } as MachineInst); }

  isUsed(v: Value): boolean { return this.#users.has(v); }
  /** One use only, so here is its last. */
  diesHere(v: Value): boolean { return this.#users.get(v)?.length === 1; }

  /** Whether nobody looks at the upper half of an i32, so that whatever stands there may stay. */
  onlyLowHalf(v: Value): boolean {
    return (this.#users.get(v) ?? []).every(user => {
      if (user === undefined) return false;
      if (user.op === 'store') return user.args[0] !== v;
      return user.op === 'alu' || user.op === 'neg' || (user.op === 'swap' && user.bytes < 8) || user.op === 'sext';
    });
  }

  /** The register that a value lives in from here on. */
  define(v: Value): Reg {
    let reg = this.#regs.get(v);
    if (reg === undefined) { reg = newReg(this.code); this.#regs.set(v, reg); }
    return reg;
  }

  /** The same bits in the same register. */
  alias(v: Value, of: Value): void { this.#regs.set(v, this.reg(of)); }

  /** A register holding the value, for reading. */
  reg(v: Value): Reg {
    const reg = this.#regs.get(v);
    return reg ?? this.fresh(v);
  }

  /** The value in a register of its own. */
  fresh(v: Value): Reg {
    const reg = newReg(this.code);
    this.set(reg, v);
    return reg;
  }

  /** The result's register, holding a copy of `from`, to be worked on in place. */
  copy(result: Value, from: Value): Reg {
    const dst = this.define(result);
    this.set(dst, from);
    return dst;
  }

  move(dst: Reg, src: Reg): void { this.emit({ kind: 'alu', op: 'mov', width: 64, dst, src }); }

  /** Whether a value has no register of its own and reads none. */
  isMade(v: Value): boolean {
    const def = defInst(v);
    return def !== undefined && !this.#regs.has(v) && ['const', 'slot', 'map', 'link'].includes(def.op);
  }

  set(dst: Reg, v: Value): void {
    const own = this.#regs.get(v);
    if (own !== undefined) { this.move(dst, own); return; }
    const def = defInst(v);
    switch (def?.op) {
      case 'const': {
        const imm = this.immediate(v);
        if (imm === undefined) this.emit({ kind: 'wide', dst, value: def.value });
        // A 32-bit move zero-extends, so that i32 keeps its rule.
        else this.emit({ kind: 'alu-imm', op: 'mov', width: v.type === 'i32' && imm < 0 ? 32 : 64, dst, imm });
        return;
      }
      case 'link': this.emit({ kind: 'alu-imm', op: 'mov', width: 32, dst, imm: 0, reloc: { kind: 'constant', name: def.name } }); return;
      case 'zext': this.set(dst, def.args[0] as Value); return;
      case 'map': this.emit({ kind: 'wide-map', dst, map: 0, reloc: { kind: 'map', map: def.map } }); return;
      case 'slot': this.emit({ kind: 'frame-address', dst, frame: this.#frameOf(v, def), offset: 0 }); return;
      case 'offset': {
        const { reg, offset, frame } = this.address(v, 0);
        if (frame.frame) { this.emit({ kind: 'frame-address', dst, frame: frame.frame, offset }); return; }
        this.move(dst, reg);
        if (offset !== 0) this.emit({ kind: 'alu-imm', op: 'add', width: 64, dst, imm: offset });
        return;
      }
      default: throw new CompilerBug(`a ${v.type} (${def?.op ?? 'parameter'}) is used before it has a register`);
    }
  }

  /** A constant as a signed 32-bit immediate of an operation of its width, if it is one. */
  immediate(v: Value): number | undefined {
    const value = constOf(v);
    if (value === undefined) return undefined;
    if (v.type === 'i32') return Number(BigInt.asIntN(32, value));
    const signed = BigInt.asIntN(64, value);
    return signed === BigInt.asIntN(32, signed) ? Number(signed) : undefined;
  }

  storeImmediate(v: Value, bytes: number): { imm: number; reloc?: RelocationShape } | undefined {
    const def = defInst(v);
    if (def?.op === 'link' && bytes === 4) return { imm: 0, reloc: { kind: 'constant', name: def.name } };
    const value = constOf(v);
    if (value === undefined) return undefined;
    if (bytes < 8) return { imm: Number(BigInt.asIntN(bytes * 8, value)) };
    const imm = this.immediate(v);
    return imm === undefined ? undefined : { imm };
  }

  /** What the linker puts into the immediate of an operation: jiffies a second, which no sign extension changes. */
  linkImmediate(v: Value): RelocationShape | undefined {
    let def = defInst(v);
    if (def?.op === 'zext') def = defInst(def.args[0] as Value);
    return def?.op === 'link' && def.name === 'hz' ? { kind: 'constant', name: 'hz' } : undefined;
  }

  /** Register and offset of a memory operand; 16 bits of offset. */
  address(pointer: Value, extra: number): Address {
    let base = pointer;
    let offset = extra;
    for (let def = defInst(base); def?.op === 'offset' && !this.#regs.has(base); def = defInst(base)) {
      offset += def.bytes;
      base = def.args[0] as Value;
    }
    const def = defInst(base);
    if (def?.op === 'slot') return { reg: FRAME_POINTER, offset, frame: { frame: this.#frameOf(base, def) } };
    if (offset === (offset << 16 >> 16)) return { reg: this.reg(base), offset, frame: {} };
    const reg = this.fresh(base);
    this.emit({ kind: 'alu-imm', op: 'add', width: 64, dst: reg, imm: offset });
    return { reg, offset: 0, frame: {} };
  }

  #frameOf(v: Value, slot: Inst & { op: 'slot' }): FrameObject {
    let object = this.#frames.get(v);
    if (object === undefined) {
      object = { bytes: slot.bytes, align: slot.align, at: 0, from: slot.at };
      this.#frames.set(v, object);
      this.code.frame.push(object);
    }
    return object;
  }
}
