// eBPF to one WebAssembly module, in numbered phases. Pure: bytes in, bytes out, or why not.
//
//     1 functions   2 blocks, with loops of one entry   3 dominators   4 structure   5 instructions   6 module
//
// The module imports a memory and functions, and exports
//
//     run(r1, r2, fuel) → the low half of r0     high: the upper half     fuel: rounds of loops that are left     slot: of the last helper call

import { TAIL_CALL } from '../calls/table.ts';
import type { Hook } from '../hooks/hook.ts';
import { FRAME_BYTES, MAX_PAGES, STACK } from '../memory/layout.ts';
import type { MapAddresses } from '../maps/addresses.ts';
import { Code } from '../wasm/code.ts';
import { encode, type Signature, type WasmModule } from '../wasm/module.ts';
import { OP } from '../wasm/opcodes.ts';
import { splitFunctions, type BpfFunction, type Functions } from './1-functions.ts';
import { blocksOf, successors, type Block } from './2-blocks.ts';
import { reducible } from './2-reducible.ts';
import { shapeOf } from './3-dominators.ts';
import { structure } from './4-structure.ts';
import { findRefusal, instruction } from './5-instructions.ts';
import { CALL_BY_NUMBER_SIGNATURE, CALLBACK_SIGNATURE, callbackFunction, helperSignature, RESULT_WITHIN_SIGNATURE, TAIL_CALL_SIGNATURE } from './call.ts';
import { ACCESS_FAULT_SIGNATURE, CHECK_SIGNATURE, checkFunction } from './checks.ts';
import { condition } from './condition.ts';
import { LEGACY_LOAD_SIGNATURE } from './legacy.ts';
import { LOOKUP_SIGNATURE, lookupFunction } from './lookup.ts';
import { BPF_SIGNATURE, fuelOf, FunctionWriter, type Checks, type Module } from './function.ts';
import { refuse, type Checked } from '../refusal.ts';

interface TranslateOptions {
  readonly hook: Hook;
  readonly maps: MapAddresses;
  readonly checks: Checks;
}

export interface Translated {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** Ids of the helper functions that it imports, as `helper ID`. */
  readonly helpers: readonly number[];
  /** What its functions take, if all are on the way at once. */
  readonly stackBytes: number;
}

const RUN_SIGNATURE: Signature = { parameters: ['i32', 'i32', 'i32'], results: ['i32'] };
const OUT_OF_FUEL_SIGNATURE: Signature = { parameters: ['i32'], results: [] };
const GLOBAL = { fuel: 0, slot: 1, high: 2, frame: 3 } as const;

export function translate(code: Uint8Array, options: TranslateOptions): Checked<Translated> {
  const split = splitFunctions(code);
  if (!split.ok) return split;
  const functions = split.value;
  const refusal = findRefusal(functions, options.hook, options.maps);
  if (refusal !== undefined) return refuse(refusal.slot, refusal.reason);

  const helpers = helpersOf(functions);
  const imports: WasmModule['imports'] = [
    { module: 'vm', name: 'accessFault', signature: ACCESS_FAULT_SIGNATURE },
    { module: 'vm', name: 'outOfFuel', signature: OUT_OF_FUEL_SIGNATURE },
    { module: 'vm', name: 'tailCall', signature: TAIL_CALL_SIGNATURE },
    { module: 'vm', name: 'callByNumber', signature: CALL_BY_NUMBER_SIGNATURE },
    { module: 'vm', name: 'legacyLoad', signature: LEGACY_LOAD_SIGNATURE },
    { module: 'vm', name: 'tailCallWithin', signature: TAIL_CALL_SIGNATURE },
    { module: 'vm', name: 'resultWithin', signature: RESULT_WITHIN_SIGNATURE },
    ...helpers.map(id => ({ module: 'vm', name: `helper ${id}`, signature: helperSignature(id) })),
  ];
  // Then: run, the program's functions, and those that they turn out to need.
  const firstFunction = imports.length + 1;
  const needed = new Needed(firstFunction + functions.functions.length);
  const module: Module = {
    checks: options.checks, ...GLOBAL, outOfFuel: 1, tailCall: 2, callByNumber: 3, legacyLoad: 4, tailCallWithin: 5, resultWithin: 6,
    helper: id => 7 + helpers.indexOf(id),
    check: (size, access) => needed.index(`${access} ${size}`, CHECK_SIGNATURE, () => checkFunction(options.hook, size, access, 0)),
    lookup: (handle, map) => needed.index(`map ${handle}`, LOOKUP_SIGNATURE, () => lookupFunction(map)),
    local: index => firstFunction + index,
  };
  const bodies: Code[] = [];
  for (const fn of functions.functions) {
    const written = writeFunction(fn, functions, module, options.maps);
    if (!written.ok) return written;
    bodies.push(written.value);
  }
  const wasm = encode({
    memory: { module: 'vm', name: 'memory', maxPages: MAX_PAGES },
    imports,
    functions: [
      { signature: RUN_SIGNATURE, code: runFunction(firstFunction), exported: 'run' },
      ...bodies.map(body => ({ signature: BPF_SIGNATURE, code: body })),
      ...needed.functions,
      { signature: CALLBACK_SIGNATURE, code: callbackFunction(functions, GLOBAL, module.local, module.outOfFuel), exported: 'callback' },
    ],
    globals: [{ type: 'i32', exported: 'fuel' }, { type: 'i32', exported: 'slot' }, { type: 'i32', exported: 'high' }, { type: 'i32', exported: 'frame' }],
  });
  return { ok: true, value: { wasm, helpers, stackBytes: bodies.length > 1 ? STACK.high - STACK.low : FRAME_BYTES } };
}

/** Functions of the module that are written once, when first asked for. */
class Needed {
  readonly functions: { readonly signature: Signature; readonly code: Code }[] = [];
  private readonly first: number;
  private readonly known = new Map<string, number>();

  constructor(first: number) {
    this.first = first;
  }

  index(name: string, signature: Signature, make: () => Code): number {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const index = this.first + this.functions.push({ signature, code: make() }) - 1;
    this.known.set(name, index);
    return index;
  }
}

function helpersOf(functions: Functions): number[] {
  const ids = functions.functions.flatMap(fn => fn.insns).flatMap(({ insn }) => insn.kind === 'call' && insn.id !== TAIL_CALL ? [insn.id] : []);
  return [...new Set(ids)].sort((a, b) => a - b);
}

function writeFunction(fn: BpfFunction, functions: Functions, module: Module, maps: MapAddresses): Checked<Code> {
  const found = blocksOf(fn);
  if (!found.ok) return found;
  const blocks = reducible(found.value);
  const shape = shapeOf(blocks);
  const lengths = loopLengths(blocks);
  const f = new FunctionWriter(module, shape.loops.size > 0);
  structure(f.code, blocks, shape, {
    body(block) {
      f.known.clear();
      for (const located of block.body) instruction(f, fn.index, located, functions, maps);
      if (block.sets) f.code.i32(block.sets.value).set(f.label(block.sets.label));
    },
    condition: (jump, when) => { condition(f, jump, when); },
    loopHead: block => { burnFuel(f, block.slot, lengths.get(block) ?? fn.insns.length); },
    exit: () => {
      f.storeFuel();
      f.get(0).op(OP.return);
    },
  });
  return { ok: true, value: f.code };
}

/** Slots from the head of a loop to its last way back. */
function loopLengths(blocks: readonly Block[]): ReadonlyMap<Block, number> {
  const lengths = new Map<Block, number>();
  for (const [i, block] of blocks.entries()) {
    for (const to of successors(block.end)) {
      const head = blocks[to]!;
      if (to <= i) lengths.set(head, Math.max(lengths.get(head) ?? 0, block.slot + block.body.length + 1 - head.slot));
    }
  }
  return lengths;
}

function burnFuel(f: FunctionWriter, slot: number, instructions: number): void {
  const fuel = f.fuel!;
  f.code.get(fuel).i32(fuelOf(instructions)).op(OP.i32Sub).tee(fuel).i32(0).op(OP.i32LtS);
  f.code.open(OP.if);
  f.code.i32(slot).call(f.module.outOfFuel).op(OP.unreachable).close();
}

/** Halves, for a BigInt at each call would cost more than most programs. */
function runFunction(entry: number): Code {
  const code = new Code(RUN_SIGNATURE.parameters.length);
  const result = code.local('i64');
  code.get(2).setGlobal(GLOBAL.fuel);
  code.get(0).op(OP.i64ExtendI32U).get(1).op(OP.i64ExtendI32U).i64(0n).i64(0n).i64(0n).i64(BigInt(STACK.high)).call(entry);
  code.tee(result).i64(32n).op(OP.i64ShrU, OP.i32WrapI64).setGlobal(GLOBAL.high);
  return code.get(result).op(OP.i32WrapI64);
}
