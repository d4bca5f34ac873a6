// Inputs that are too large, too deep or multiply: always a diagnostic or an image, never a throw, a stack overflow or a hang. Sizes are
// bounded by construction and not by a clock: a compilation that does not end would be killed by the runner.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile, type Compiled } from '../src/compiler/compile.ts';

const HEAD = "import { Eth, HashMap, Ip, Ipv4, drop, module, range, to, u16, type Packet, type u32, type u8 } from 'iovisor/module';\n";
const END = "\nexport default module(pkt => f(pkt.length, pkt.port) > 3 ? drop('a') : to(1));\n";

function compiled(text: string): Compiled {
  const result = compile({ entry: 'x.ts', read: path => path === 'x.ts' ? text : undefined });
  assert.ok(result.image !== undefined || result.diagnostics.some(d => d.severity === 'error'));
  for (const d of result.diagnostics) {
    assert.ok(d.line > 0 && d.column > 0 && d.endColumn > d.column, JSON.stringify(d));
    assert.ok(d.message.length < 500 && d.cause.length < 600 && d.cure.length < 500, `long: ${d.code}`);
  }
  return result;
}
const codes = (text: string): string[] => [...new Set(compiled(text).diagnostics.map(d => d.code))];
const lines = (count: number, line: (i: number) => string): string => Array.from({ length: count }, (_, i) => line(i)).join('\n');
const body = (code: string): string => `${HEAD}function f(n: u32, port: u16): u32 {\n${code}\n}${END}`;

test('a file of 10 MB', () => {
  assert.deepEqual(codes(`${HEAD}${'// a comment that goes on and on\n'.repeat(320_000)}`), ['IOV1002']);
  assert.deepEqual(codes(`const a = '${'x'.repeat(10_000_000)}';`), ['IOV1002']);
  assert.deepEqual(codes('\0'.repeat(10_000_000)), ['IOV1002']);
});

test('10,000 nested parentheses', () => {
  assert.deepEqual(codes(body(`return ${'('.repeat(10_000)}n${')'.repeat(10_000)};`)), ['IOV1003']);
  assert.deepEqual(codes(`${HEAD}${'('.repeat(10_000)}`), ['IOV1003']);
});

describe('nested', () => {
  const depth = 150;
  for (const [name, text] of Object.entries({
    parentheses: body(`return ${'('.repeat(900)}n${')'.repeat(900)};`),
    sums: body(`return ${'(n + '.repeat(depth)}1${')'.repeat(depth)};`),
    'long sum': body(`return n${' + n'.repeat(4000)};`),
    choices: body(`return ${'n > 1 ? n : '.repeat(depth)}2;`),
    blocks: body(`${'{'.repeat(depth)} return 1; ${'}'.repeat(depth)}`),
    ifs: body(`${'if (n > 1) '.repeat(depth)} return 1; return 2;`),
    'else ifs': body(`${lines(180, i => `if (n === ${i}) return ${i + 1}; else`)} return 3;`),
    loops: body(`let s: u32 = 0; ${lines(12, i => `for (const i${i} of range(n, 8))`)} s++; return s;`),
    'short loops': body(`let s: u32 = 0; ${lines(12, i => `for (let i${i} = 0; i${i} < 8; i${i}++)`)} s += n; return s;`),
    'long loops': body(`let s: u32 = 0; ${lines(40, i => `for (const i${i} of range(n, 4096))`)} s++; return s;`),
    closures: body(`${lines(30, i => `const g${i} = (): u32 => {`)} return n; ${lines(30, i => `}; return g${29 - i}();`)}`),
    calls: body(`const g = (x: u32): u32 => x + 1; return ${'g('.repeat(depth)}n${')'.repeat(depth)};`),
    arrays: body(`const a: ${'['.repeat(100)}u32${']'.repeat(100)} = ${'['.repeat(100)}1${']'.repeat(100)}; return 1;`),
    optionals: body(`return n${'?.x'.repeat(150)};`),
    templates: body(`const t = ${'`${'.repeat(100)}1${'}`'.repeat(100)}; return 1;`),
    types: body(`let x: ${'HashMap<u32, '.repeat(150)}u32${'>'.repeat(150)}; return 1;`),
    unions: body(`let x: ${'u32 | '.repeat(3000)}undefined; return 1;`),
  })) {
    test(name, () => { compiled(text); });
  }
});

describe('much', () => {
  const call = (i: number): string => `function f${i}(x: u32): u32 { return f${i + 1}(x) + f${i + 1}(x); }`;
  for (const [name, text] of Object.entries({
    'calls that double': `${HEAD}${lines(40, call)}\nfunction f40(x: u32): u32 { return x; }\nfunction f(n: u32, p: u16): u32 { return f0(n); }${END}`,
    'closures that double': body(`const g0 = (x: u32): u32 => x + 1;\n${lines(25, i => `const g${i + 1} = (x: u32): u32 => g${i}(x) + g${i}(x);`)}\nreturn g25(n);`),
    'templates that double': `${HEAD}function a0<T>(x: T): T { return x; }\n${lines(30, i => `function a${i + 1}<T>(x: T): T { a${i}(x); return a${i}(x); }`)}\nfunction f(n: u32, p: u16): u32 { return a30(n); }${END}`,
    'functions handed on that double': `${HEAD}function h0(g: (x: u32) => u32): u32 { return g(1); }\n${lines(30, i => `function h${i + 1}(g: (x: u32) => u32): u32 { return h${i}(g) + h${i}(y => g(y)); }`)}\nfunction f(n: u32, p: u16): u32 { return h30(x => x); }${END}`,
    statements: body(`let s: u32 = 0;\n${lines(1000, i => `s += n ^ ${i};`)}\nreturn s;`),
    'statements of ifs': body(`let s: u32 = 0;\n${lines(400, i => `if (n === ${i}) s += ${i};`)}\nreturn s;`),
    'tests of views': `${HEAD}function g(pkt: Packet): u32 { let s: u32 = 0; const ip = pkt.at(Eth).payload(Ip);\n${lines(300, i => `if (ip && ip.ttl === ${i % 200}) s += ip instanceof Ipv4 ? 1 : 2;`)}\nreturn s; }\nexport default module(pkt => g(pkt) > 3 ? drop('a') : to(1));`,
    locals: body(`${lines(1000, i => `const a${i}: u32 = n + ${i};`)}\nreturn ${Array.from({ length: 99 }, (_, i) => `a${i * 10}`).join(' + ')};`),
    cases: body(`switch (n) {\n${lines(3000, i => `case ${i}: return ${i + 1};`)}\ndefault: return 0; }`),
    maps: `${HEAD}${lines(1500, i => `export const m${i} = new HashMap<u32, u32>(4);`)}\n${lines(1, () => 'function f(n: u32, p: u16): u32 { return 1; }')}${END}`,
    functions: `${HEAD}${lines(2000, i => `function g${i}(x: u32): u32 { return x + ${i}; }`)}\nfunction f(n: u32, p: u16): u32 { return g1(n); }${END}`,
    classes: `${HEAD}${lines(1500, i => `class C${i} { a: u32 = 0; b: u8 = 0 }`)}\nfunction f(n: u32, p: u16): u32 { return 1; }${END}`,
    fields: `${HEAD}class C {\n${lines(2000, i => `a${i}: u32 = 0;`)}\n}\nexport const all = new HashMap<u32, C>(4);\nfunction f(n: u32, p: u16): u32 { return all.get(n)?.a1999 ?? 0; }${END}`,
    'nested structs': `${HEAD}class C0 { a: u32 = 0; b: u32 = 0 }\nconst c0: C0 = { a: 0, b: 0 };\n${lines(30, i => `class C${i + 1} { a: C${i} = c${i}; b: C${i} = c${i} }\nconst c${i + 1}: C${i + 1} = { a: c${i}, b: c${i} };`)}\nfunction f(n: u32, p: u16): u32 { return 1; }${END}`,
    mistakes: body(`${lines(4000, i => `nothing${i}(n);`)}\nreturn 1;`),
    'mistakes of syntax': lines(4000, i => `const const ${i} = = ;`),
    'a long name': body(`const ${'x'.repeat(100_000)}: u32 = nothing${'y'.repeat(20_000)}; return 1;`),
    'a long line of mistakes': body(`return ${Array.from({ length: 3000 }, (_, i) => `q${i}`).join(' + ')};`),
    'a long number': body(`return ${'9'.repeat(100_000)};`),
    'a long bigint': body(`return ${'9'.repeat(100_000)}n;`),
    'a long reason': `${HEAD}export default module(() => drop('${'a'.repeat(100_000)}'));`,
    'members of an object of constants': `${HEAD}const E = {\n${lines(5000, i => `A${i}: ${i},`)}\n} as const;\nfunction f(n: u32, p: u16): u32 { return E.A4999; }${END}`,
    'wrong members': `${HEAD}const E = {\n${lines(3000, i => `A${i}: ${i},`)}\n} as const;\nfunction f(n: u32, p: u16): u32 {\n${lines(300, i => `const b${i} = E.B${i};`)}\nreturn 1; }${END}`,
  })) {
    test(name, () => { compiled(text); });
  }
});
