// All integer types, all operators, all conversions: compiled code in the vm beside the naive arithmetic on bigint. The operands
// come from a table, so that nothing is known while compiling; results go back there, each in two words of 64 bits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arithmetic, compareInts, fit } from './evaluate-integers.ts';
import type { ArithOp, IntType } from '../../src/compiler/2-check/tree.ts';
import { vmEngine } from '../../src/cases/vm-engine.ts';
import { kernelEngine } from '../../src/cases/kernel-engine.ts';
import type { CaseEngine } from '../../src/cases/engine.ts';
import { compile } from '../../src/compiler/compile.ts';
import { formatDiagnostic } from '../../src/compiler/diagnostics/diagnostic.ts';
import { link } from '../../src/datapath/link/link.ts';
import { modulePiece } from '../../src/datapath/link/piece.ts';
import { verdictJoints } from '../../src/datapath/link/verdicts.ts';
import { kernelTest } from '../require.ts';

const TYPES = ['u8', 'u16', 'u32', 'i32', 'u64', 'i64', 'u128'] as const;
type Name = typeof TYPES[number];
const typeOf = (name: Name): IntType => ({ kind: 'int', bits: Number(name.slice(1)) as IntType['bits'], signed: name.startsWith('i'), order: 'little' });
const n = (name: Name): string => Number(name.slice(1)) > 32 ? 'n' : '';

/** What narrow types compute as. */
const computed = (type: IntType): IntType => type.bits < 32 ? { ...type, bits: 32 } : type;

interface Sum { readonly text: string; readonly type: Name | 'boolean'; readonly value: (a: bigint, b: bigint) => bigint }

function sumsOf(name: Name): Sum[] {
  const type = typeOf(name);
  const wide = computed(type);
  const plain = (text: string, value: (a: bigint, b: bigint) => bigint, as: Sum['type'] = name): Sum => ({ text, type: as, value });
  const wrapped = (x: bigint): bigint => fit(type, x);
  const bits = Math.max(32, type.bits);
  const divisor = name === 'u128' ? 'u128(u32(b))' : 'b';
  const by = (b: bigint): bigint => name === 'u128' ? BigInt.asUintN(32, b) : b;
  const op = (o: ArithOp): ((a: bigint, b: bigint) => bigint) => (a, b) => wrapped(arithmetic(o, wide, a, b));
  return [
    ...(['+', '-', '*', '&', '|', '^'] as const).map(o => plain(`${name}(a ${o} b)`, op(o))),
    ...(['/', '%'] as const).map(o => plain(`${name}(a ${o} ${divisor})`, (a, b) => op(o)(a, by(b)))),
    ...(['/', '%'] as const).flatMap(o => [3n, 8n, 100n, ...(type.signed ? [-3n, -8n, -1n] : [])].map(c => plain(`${name}(a ${o} ${c}${n(name)})`, a => op(o)(a, c)))),
    ...(['<<', '>>'] as const).map(o => plain(`${name}(a ${o} (b & ${name === 'u64' || name === 'i64' || name === 'u128' ? `${bits - 1}n` : bits - 1}))`, (a, b) => op(o)(a, BigInt.asUintN(bits, b) & BigInt(bits - 1)))),
    ...(['<<', '>>'] as const).flatMap(o => [1, bits - 1, ...(bits > 64 ? [63, 64, 65] : [])].map(c => plain(`${name}(a ${o} ${c}${n(name)})`, a => op(o)(a, BigInt(c))))),
    plain(`${name}(-a)`, a => wrapped(-a)), plain(`${name}(~a)`, a => wrapped(~a)), plain(`${name}(a & ~5${n(name)})`, a => wrapped(a & ~5n)), plain(`${name}(~a & ~b)`, (a, b) => wrapped(~a & ~b)),
    plain('min(a, b)', (a, b) => a < b ? a : b), plain('max(a, b)', (a, b) => a > b ? a : b),
    ...['<', '<=', '>', '>='].map(o => plain(`a ${o} b`, (a, b) => compareInts(o, a, b) ? 1n : 0n, 'boolean')),
    plain('a === b', (a, b) => a === b ? 1n : 0n, 'boolean'), plain('a !== b', (a, b) => a !== b ? 1n : 0n, 'boolean'),
    ...TYPES.map(to => plain(`${to}(a)`, a => fit(typeOf(to), a), to)),
  ];
}

/** A module that does all sums of one type. */
function moduleOf(name: Name, sums: readonly Sum[]): string {
  const lines = sums.map(({ text }, i) => {
    return `  const r${i} = results.get(${i});\n  if (r${i}) { const x: u128 = u128(${text}); r${i}.high = u64(x >> 64n); r${i}.low = u64(x); }`;
  });
  return `import { ArrayMap, drop, i32, i64, max, min, module, u128, u16, u32, u64, u8 } from 'iovisor/module';
class Pair { a: u128 = 0n; b: u128 = 0n }
class Result { high: u64 = 0n; low: u64 = 0n }
export const operands = new ArrayMap<Pair>(1);
export const results = new ArrayMap<Result>(${sums.length});
export default module(() => {
  const pair = operands.get(0);
  if (!pair) return drop('none');
  const a = ${name}(pair.a);
  const b = ${name}(pair.b);
${lines.join('\n')}
  return drop('done');
});
`;
}

class Machine {
  readonly #run: (operands: Uint8Array) => (i: number) => Uint8Array;
  readonly sums: readonly Sum[];
  readonly name: Name;

  constructor(name: Name, engine: CaseEngine) {
    this.name = name;
    this.sums = sumsOf(name);
    const source = moduleOf(name, this.sums);
    const { image, diagnostics } = compile({ read: path => path === 'sums.ts' ? source : undefined, entry: 'sums.ts', verifyIr: 'always' });
    assert.ok(image, diagnostics.map(formatDiagnostic).join('\n'));
    const maps = image.maps.map(decl => engine.createMap(decl));
    const [program] = image.programs;
    assert.ok(program);
    const body = modulePiece(program, image.files, { map: i => maps[i]?.handle ?? 0, constant: () => 1 });
    const linked = link({ body, joints: verdictJoints() });
    assert.ok(linked.ok, JSON.stringify(linked));
    const loaded = engine.load(program, linked.linked);
    const [operands, results] = ['operands', 'results'].map(of => maps[image.maps.findIndex(m => m.name === of)]);
    assert.ok(operands && results);
    const index = (i: number): Uint8Array => Uint8Array.of(i & 255, i >> 8, 0, 0);
    this.#run = bytes => {
      operands.live.update(index(0), bytes);
      loaded.run(new Uint8Array(60), [0, 0, 0, 0, 0]);
      return i => results.live.lookup(index(i)) ?? new Uint8Array(16);
    };
  }

  check(a: bigint, b: bigint): void {
    const both = new Uint8Array(32);
    for (const [k, v] of [a, b].entries()) for (let i = 0; i < 16; i++) both[k * 16 + i] = Number(BigInt.asUintN(8, v >> BigInt(8 * i)));
    const result = this.#run(both);
    for (const [i, { text, value }] of this.sums.entries()) {
      const view = new DataView(Uint8Array.from(result(i)).buffer);
      const got = view.getBigUint64(0, true) << 64n | view.getBigUint64(8, true);
      assert.equal(got, BigInt.asUintN(128, value(a, b)), `${this.name}: ${text} of ${a} and ${b}`);
    }
  }
}

/** Ends of ranges, powers of two and their neighbours, and anything. */
function valuesOf(name: Name): fc.Arbitrary<bigint> {
  const type = typeOf(name);
  const edge = fc.tuple(fc.nat(type.bits), fc.integer({ min: -2, max: 2 }), fc.boolean()).map(([bit, near, minus]) => fit(type, (minus ? -1n : 1n) * (1n << BigInt(bit)) + BigInt(near)));
  return fc.oneof(edge, fc.bigInt({ min: 0n, max: (1n << BigInt(type.bits)) - 1n }).map(v => fit(type, v)));
}

function holds(engine: CaseEngine, numRuns: number): void {
  try {
    for (const name of TYPES) {
      const machine = new Machine(name, engine);
      const type = typeOf(name);
      machine.check(0n, 0n);
      if (type.signed) machine.check(-(1n << BigInt(type.bits - 1)), -1n);
      fc.assert(fc.property(valuesOf(name), valuesOf(name), (a, b) => { machine.check(a, b); }), { numRuns });
    }
  } finally { engine.close(); }
}

test('Integers of all types compute in the vm as they should.', () => { holds(vmEngine(), 40); });
kernelTest('Integers of all types compute in the kernel as they should.', () => { holds(kernelEngine(), 10); });
