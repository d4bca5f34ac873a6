// Builds functions: appends instructions to the current block. No optimisation and no checks beyond what keeps mistakes near
// their cause; verify.ts has the rules.

import type { Effect, Exit } from '../../image/image.ts';
import {
  CompilerBug, constOf, type AluOp, type AtomicOp, type Block, type Condition, type Func, type Inst, type InstShape, type MemBytes,
  type Position, type Target, type Terminator, type Type, type Value,
} from './ir.ts';

export const to = (block: Block, ...args: Value[]): Target => ({ block, args });

export function newBlock(fn: Func, name: string, params: readonly Type[] = []): Block {
  const block: Block = { id: fn.nextId++, name, params: [], insts: [], end: undefined };
  for (const type of params) addParam(fn, block, type);
  fn.blocks.push(block);
  return block;
}

export function addParam(fn: Func, block: Block, type: Type): Value {
  const value: Value = { id: fn.nextId++, type, def: block };
  block.params.push(value);
  return value;
}

/** An instruction that is not yet in a block. */
export function newInst(fn: Func, shape: InstShape, args: Value[], type: Type | undefined, at: Position): Inst {
  const inst = { ...shape, args, result: undefined, at } as Inst;
  if (type !== undefined) inst.result = { id: fn.nextId++, type, def: inst };
  return inst;
}

export class Builder {
  readonly fn: Func;
  readonly ctx: Value;
  #block: Block;
  #at: Position = { file: 0, line: 1, column: 1 };

  constructor(name: string) {
    const entry: Block = { id: 0, name: 'entry', params: [], insts: [], end: undefined };
    this.fn = { name, entry, blocks: [entry], nextId: 1 };
    this.ctx = addParam(this.fn, entry, 'ctx');
    this.#block = entry;
  }

  /** What follows comes from this place of the source. */
  at(position: Position): void { this.#at = position; }
  get position(): Position { return this.#at; }

  /** A new block; building goes on where it was. */
  block(name: string, ...params: Type[]): Block { return newBlock(this.fn, name, params); }
  addParam(block: Block, type: Type): Value { return addParam(this.fn, block, type); }
  /** Goes on building in this block. */
  enter(block: Block): void { this.#block = block; }
  get current(): Block { return this.#block; }
  /** Whether the current block has its end, so that nothing can follow. */
  get ended(): boolean { return this.#block.end !== undefined; }

  i32(value: number | bigint): Value { return this.#value({ op: 'const', value: BigInt.asUintN(32, BigInt(value)) }, [], 'i32'); }
  /** No value of a map: what a lookup that was not made gives, where ways join. */
  null(): Value { return this.#value({ op: 'const', value: 0n }, [], 'value'); }
  i64(value: number | bigint): Value { return this.#value({ op: 'const', value: BigInt.asUintN(64, BigInt(value)) }, [], 'i64'); }

  alu(alu: AluOp, a: Value, b: Value): Value { return this.#value({ op: 'alu', alu }, [a, b], a.type); }
  neg(a: Value): Value { return this.#value({ op: 'neg' }, [a], a.type); }
  zext(a: Value): Value { return a.type === 'i64' ? a : this.#value({ op: 'zext' }, [a], 'i64'); }
  sext(a: Value): Value { return a.type === 'i64' ? a : this.#value({ op: 'sext' }, [a], 'i64'); }
  trunc(a: Value): Value { return a.type === 'i32' ? a : this.#value({ op: 'trunc' }, [a], 'i32'); }
  /** Host order ↔ big-endian of 2, 4 or 8 bytes. */
  swap(a: Value, bytes: 2 | 4 | 8): Value { return this.#value({ op: 'swap', bytes }, [a], a.type); }
  /** Wraps an integer to its lowest 8, 16 … bits, as unsigned. */
  wrap(a: Value, bits: number): Value {
    const mask = (1n << BigInt(bits)) - 1n;
    return this.alu('and', a, a.type === 'i32' ? this.i32(mask) : this.i64(mask));
  }

  offset(pointer: Value, bytes: number): Value {
    return bytes === 0 ? pointer : this.#value({ op: 'offset', bytes }, [pointer], pointer.type);
  }
  index(pointer: Value, by: Value): Value { return this.#value({ op: 'index' }, [pointer, by], pointer.type); }

  /** 1, 2 and 4 bytes give i32, 8 gives i64. */
  load(pointer: Value, offset: number, bytes: MemBytes): Value {
    return this.#value({ op: 'load', bytes, offset }, [pointer], bytes === 8 ? 'i64' : 'i32');
  }
  /** `data` or `data_end` of the context, at this byte of it. */
  packet(offset: number): Value { return this.#value({ op: 'load', bytes: 4, offset }, [this.ctx], 'packet'); }
  packetEnd(offset: number): Value { return this.#value({ op: 'load', bytes: 4, offset }, [this.ctx], 'end'); }
  store(pointer: Value, offset: number, bytes: MemBytes, value: Value): void {
    this.#append({ op: 'store', bytes, offset }, [pointer, value], undefined);
  }
  atomic(atomic: Exclude<AtomicOp, 'cmpxchg' | 'xchg'>, pointer: Value, offset: number, bytes: 4 | 8, operand: Value): void {
    this.#append({ op: 'atomic', atomic, bytes, offset }, [pointer, operand], undefined);
  }
  /** The same, giving the old value. */
  atomicFetch(atomic: Exclude<AtomicOp, 'cmpxchg'>, pointer: Value, offset: number, bytes: 4 | 8, operand: Value): Value {
    return this.#value({ op: 'atomic', atomic, bytes, offset }, [pointer, operand], bytes === 8 ? 'i64' : 'i32');
  }
  cmpxchg(pointer: Value, offset: number, bytes: 4 | 8, expected: Value, desired: Value): Value {
    return this.#value({ op: 'atomic', atomic: 'cmpxchg', bytes, offset }, [pointer, expected, desired], bytes === 8 ? 'i64' : 'i32');
  }
  slot(bytes: number, align: 1 | 2 | 4 | 8): Value { return this.#value({ op: 'slot', bytes, align }, [], 'stack'); }

  call(helper: number, args: Value[], options: { readonly movesPacket?: true } = {}): Value {
    return this.#value({ op: 'call', helper, nullable: false, movesPacket: options.movesPacket ?? false }, args, 'i64');
  }
  /** A joint that comes back (image/abi.ts). */
  effect(effect: Effect, args: Value[]): Value {
    return this.#value({ op: 'call', helper: 0, nullable: false, movesPacket: true, effect }, args, 'i64');
  }
  /** A helper that gives the address of a map's value, or null. */
  lookup(helper: number, args: Value[]): Value {
    return this.#value({ op: 'call', helper, nullable: true, movesPacket: false }, args, 'value');
  }
  map(map: number): Value { return this.#value({ op: 'map', map }, [], 'map'); }
  mapValue(map: number, offset = 0): Value { return this.#value({ op: 'map-value', map, offset }, [], 'value'); }
  link(name: 'element' | 'hz'): Value { return this.#value({ op: 'link', name }, [], 'i32'); }

  jump(block: Block, ...args: Value[]): void { this.#end({ op: 'jump', to: { block, args }, at: this.#at }); }
  branch(condition: Condition, a: Value, b: Value, then: Target, otherwise: Target): void {
    this.#end({ op: 'branch', condition, a, b, then, else: otherwise, at: this.#at });
  }
  ifNull(pointer: Value, then: Target, otherwise: Target): void { this.branch('eq', pointer, this.i64(0), then, otherwise); }
  /** Goes on at `then` if `bytes` at `base` are inside the packet. */
  bounds(base: Value, bytes: number, end: Value, then: Target, otherwise: Target): void {
    this.#end({ op: 'bounds', base, bytes, end, then, else: otherwise, at: this.#at });
  }
  /** `operand`: the port (an i32 value) of to; the index of the site of drop and punt. */
  exit(exit: Exit, operand?: Value | number): void {
    this.#end({
      op: 'exit', exit, at: this.#at,
      port: typeof operand === 'object' ? operand : undefined,
      site: typeof operand === 'number' ? operand : undefined,
    });
  }
  unreachable(): void { this.#end({ op: 'unreachable', at: this.#at }); }

  /** The constant that a value is, for lowering's own decisions. */
  constant(value: Value): bigint | undefined { return constOf(value); }

  #value(shape: InstShape, args: Value[], type: Type): Value {
    const result = this.#append(shape, args, type).result;
    if (result === undefined) throw new CompilerBug('instruction without its result');
    return result;
  }

  #append(shape: InstShape, args: Value[], type: Type | undefined): Inst {
    if (this.ended) throw new CompilerBug(`${shape.op} behind the end of block ${this.#block.name}`);
    const inst = newInst(this.fn, shape, args, type, this.#at);
    this.#block.insts.push(inst);
    return inst;
  }

  #end(end: Terminator): void {
    if (this.ended) throw new CompilerBug(`second end of block ${this.#block.name}`);
    this.#block.end = end;
  }
}
