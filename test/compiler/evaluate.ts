// Runs IR as its definition says, value by value: the reference that optimised and emitted programs are compared with.
// Independent of the optimiser's arithmetic and of both engines on purpose. Maps are arrays of one index.

import { endOf, type Block, type Func, type Inst, type Target, type Value } from '../../src/compiler/ir/ir.ts';
import { print } from '../../src/compiler/ir/print.ts';
import type { Exit } from '../../src/image/image.ts';

interface World {
  readonly packet: Uint8Array;
  /** Values of array maps, by map and entry. */
  readonly maps: readonly (readonly Uint8Array[])[];
  readonly constants: { readonly element: number; readonly hz: number };
}
export interface Outcome { readonly exit: Exit; readonly value: number }

interface Pointer { readonly bytes: Uint8Array; readonly at: number }
type Datum = bigint | Pointer | { readonly map: number } | 'ctx' | 'end';

const MAX_STEPS = 1_000_000;

export function evaluate(fn: Func, world: World): Outcome {
  const values = new Map<Value, Datum>([[fn.entry.params[0] as Value, 'ctx']]);
  const fail = (why: string): never => { throw new Error(`${why}\n${print(fn)}`); };
  const get = (v: Value): Datum => values.get(v) ?? fail(`v${v.id} has no value`);
  const int = (v: Value): bigint => { const d = get(v); return typeof d === 'bigint' ? d : fail('not an integer'); };
  const pointer = (v: Value, offset: number, bytes: number): { view: DataView; at: number } => {
    const d = get(v);
    if (typeof d !== 'object' || !('bytes' in d)) return fail('not a pointer');
    const at = d.at + offset;
    if (at < 0 || at + bytes > d.bytes.length) return fail(`${bytes} bytes at ${at} of ${d.bytes.length}`);
    return { view: new DataView(d.bytes.buffer, d.bytes.byteOffset, d.bytes.length), at };
  };
  const step = (inst: Inst): Datum | undefined => {
    const bits = inst.result?.type === 'i32' ? 32 : 64;
    const [a, b, c] = inst.args as [Value, Value, Value];
    switch (inst.op) {
      case 'const': return inst.value;
      case 'alu': return alu(inst.alu, bits, int(a), int(b));
      case 'neg': return BigInt.asUintN(bits, -int(a));
      case 'zext': return int(a);
      case 'sext': return BigInt.asUintN(64, BigInt.asIntN(32, int(a)));
      case 'trunc': return BigInt.asUintN(32, int(a));
      case 'swap': {
        let out = 0n;
        for (let i = 0n; i < inst.bytes; i++) out |= (int(a) >> (8n * i) & 0xffn) << (8n * (BigInt(inst.bytes) - 1n - i));
        return out;
      }
      case 'offset': case 'index': {
        const p = get(a) as Pointer;
        return { bytes: p.bytes, at: p.at + (inst.op === 'offset' ? inst.bytes : Number(int(b))) };
      }
      case 'load': {
        if (inst.result?.type === 'packet') return { bytes: world.packet, at: 0 };
        if (inst.result?.type === 'end') return 'end';
        const { view, at } = pointer(a, inst.offset, inst.bytes);
        return read(view, at, inst.bytes);
      }
      case 'store': {
        const { view, at } = pointer(a, inst.offset, inst.bytes);
        write(view, at, inst.bytes, int(b));
        return undefined;
      }
      case 'atomic': {
        const { view, at } = pointer(a, inst.offset, inst.bytes);
        const old = read(view, at, inst.bytes);
        const x = int(b);
        const next = inst.atomic === 'cmpxchg' ? old === x ? int(c) : old : inst.atomic === 'xchg' ? x
          : inst.atomic === 'add' ? old + x : inst.atomic === 'or' ? old | x : inst.atomic === 'and' ? old & x : old ^ x;
        write(view, at, inst.bytes, next);
        return old;
      }
      case 'slot': return { bytes: new Uint8Array(inst.bytes), at: 0 };
      case 'map': return { map: inst.map };
      case 'map-value': return { bytes: world.maps[inst.map]?.[0] ?? fail('no such map'), at: inst.offset };
      case 'link': return BigInt(world.constants[inst.name]);
      case 'call': {
        if (inst.helper === 1) {
          const { view, at } = pointer(b, 0, 4);
          const bytes = world.maps[(get(a) as { map: number }).map]?.[view.getUint32(at, true)];
          return bytes === undefined ? 0n : { bytes, at: 0 };
        }
        if (inst.helper === 26) {
          const to = pointer(c, 0, Number(int(inst.args[3] as Value)));
          const from = Number(int(b));
          const count = Number(int(inst.args[3] as Value));
          const fits = from + count <= world.packet.length;
          for (let i = 0; i < count; i++) to.view.setUint8(to.at + i, fits ? world.packet[from + i] as number : 0);
          return fits ? 0n : BigInt.asUintN(64, -14n);
        }
        return fail(`helper ${inst.helper}`);
      }
    }
  };
  let block: Block = fn.entry;
  let steps = 0;
  const go = (target: Target): void => {
    const args = target.args.map(get);
    for (const [i, p] of target.block.params.entries()) values.set(p, args[i] as Datum);
    block = target.block;
  };
  for (;;) {
    for (const inst of block.insts) {
      if (steps++ > MAX_STEPS) fail('too many steps');
      const datum = step(inst);
      if (inst.result && datum !== undefined) values.set(inst.result, datum);
    }
    const end = endOf(block);
    if (steps++ > MAX_STEPS) fail('too many steps');
    switch (end.op) {
      case 'jump': go(end.to); break;
      case 'bounds': {
        const p = get(end.base) as Pointer;
        go(p.at + end.bytes <= p.bytes.length ? end.then : end.else);
        break;
      }
      case 'branch': {
        const a = get(end.a);
        if (typeof a !== 'bigint') go((end.condition === 'ne') ? end.then : end.else);
        else go(holds(end.condition, end.b.type === 'i32' ? 32 : 64, a, int(end.b)) ? end.then : end.else);
        break;
      }
      case 'exit': return { exit: end.exit, value: end.port ? Number(int(end.port)) : end.site ?? 0 };
      case 'unreachable': fail('reached the unreachable');
    }
  }
}

function alu(op: string, bits: number, a: bigint, b: bigint): bigint {
  const n = BigInt(bits);
  const s = (v: bigint): bigint => BigInt.asIntN(bits, v);
  const by = b % n;
  const results: Record<string, () => bigint> = {
    add: () => a + b, sub: () => a - b, mul: () => a * b, and: () => a & b, or: () => a | b, xor: () => a ^ b,
    udiv: () => b === 0n ? 0n : a / b, umod: () => b === 0n ? a : a % b,
    sdiv: () => b === 0n ? 0n : s(a) / s(b), smod: () => b === 0n ? a : s(a) % s(b),
    shl: () => a << by, lshr: () => a >> by, ashr: () => s(a) >> by,
  };
  return BigInt.asUintN(bits, (results[op] as () => bigint)());
}

function holds(op: string, bits: number, a: bigint, b: bigint): boolean {
  if (op === 'test') return (a & b) !== 0n;
  const [x, y] = op.startsWith('s') ? [BigInt.asIntN(bits, a), BigInt.asIntN(bits, b)] : [a, b];
  const order = op.replace(/^[us]/, '');
  return order === 'eq' ? x === y : order === 'ne' ? x !== y : order === 'lt' ? x < y : order === 'le' ? x <= y : order === 'gt' ? x > y : x >= y;
}

function read(view: DataView, at: number, bytes: number): bigint {
  let out = 0n;
  for (let i = 0; i < bytes; i++) out |= BigInt(view.getUint8(at + i)) << BigInt(8 * i);
  return out;
}

function write(view: DataView, at: number, bytes: number, value: bigint): void {
  for (let i = 0; i < bytes; i++) view.setUint8(at + i, Number(value >> BigInt(8 * i) & 0xffn));
}
