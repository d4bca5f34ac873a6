// The body of one WebAssembly function as it is written: instructions, its own locals, and how deep the open blocks are.
// It does not check types; WebAssembly's validator does, at load.

import { Bytes } from './bytes.ts';
import { OP, TYPE, type ValueType } from './opcodes.ts';

export class Code {
  readonly bytes = new Bytes();
  /** Open blocks around the next instruction. */
  depth = 0;
  private readonly parameters: number;
  private readonly extra: ValueType[] = [];

  constructor(parameters: number) {
    this.parameters = parameters;
  }

  /** A new local, zero at entry. */
  local(type: ValueType): number {
    this.extra.push(type);
    return this.parameters + this.extra.length - 1;
  }

  op(...ops: readonly number[]): this {
    for (const op of ops) this.bytes.byte(op);
    return this;
  }

  get(local: number): this { this.bytes.byte(OP.localGet).unsigned(local); return this; }
  set(local: number): this { this.bytes.byte(OP.localSet).unsigned(local); return this; }
  tee(local: number): this { this.bytes.byte(OP.localTee).unsigned(local); return this; }
  getGlobal(global: number): this { this.bytes.byte(OP.globalGet).unsigned(global); return this; }
  setGlobal(global: number): this { this.bytes.byte(OP.globalSet).unsigned(global); return this; }
  i32(value: number): this { this.bytes.byte(OP.i32Const).signed(value); return this; }
  i64(value: bigint): this { this.bytes.byte(OP.i64Const).signed64(value); return this; }
  call(index: number): this { this.bytes.byte(OP.call).unsigned(index); return this; }

  /** A load or store. Alignment is only a hint, and says none. */
  memory(op: number, offset = 0): this {
    this.bytes.byte(op).byte(0).unsigned(offset);
    return this;
  }

  /** Opens a block, loop or if without a result; returns the depth to give to `branch`. */
  open(op: typeof OP.block | typeof OP.loop | typeof OP.if): number {
    this.bytes.byte(op).byte(TYPE.none);
    return ++this.depth;
  }

  close(): this {
    this.depth--;
    this.bytes.byte(OP.end);
    return this;
  }

  /** Branches to the block that `open` gave this depth: its end, or a loop's start. */
  branch(op: typeof OP.br | typeof OP.brIf, target: number): this {
    this.bytes.byte(op).unsigned(this.depth - target);
    return this;
  }

  /** The function as the code section holds it: size, locals, instructions, end. */
  finish(): Bytes {
    const body = new Bytes().unsigned(this.extra.length);
    for (const type of this.extra) body.unsigned(1).byte(TYPE[type]);
    body.bytes(this.bytes.toBytes()).byte(OP.end);
    return new Bytes().sized(body);
  }
}
