// The checker is total: whatever the text, it gives diagnostics, never throws. And bounds of arithmetic are never wrong.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from './check.ts';
import { arithmetic } from './interval.ts';
import { U32, wrapTo } from './kinds.ts';
import { HEADERS } from '../../lang/headers.ts';
import { isLibraryName } from './library.ts';

const ROOT = new URL('../../../', import.meta.url);
const SOURCES = [
  'modules/bridge/bridge.ts', ...readdirSync(new URL('src/lang/lib/', ROOT)).map(name => `src/lang/lib/${name}`),
  ...['reject', 'run'].flatMap(kind => readdirSync(new URL(`test/filetests/${kind}/`, ROOT)).map(name => `test/filetests/${kind}/${name}`)),
].map(path => readFileSync(new URL(path, ROOT), 'utf8'));

function readLibrary(path: string): string | undefined {
  if (!/^iovisor\/\w+\.ts$/.test(path)) return undefined;
  try { return readFileSync(new URL(`src/lang/lib/${path.slice(8)}`, ROOT), 'utf8'); } catch { return undefined; }
}

function checked(text: string): ReturnType<typeof check> {
  return check({ entry: 'x/x.ts', read: path => path === 'x/x.ts' ? text : readLibrary(path) });
}

test('a file that is not there', () => {
  assert.equal(check({ entry: 'x.ts', read: () => undefined }).diagnostics[0]?.code, 'IOV1004');
});

test('equal sources give equal diagnostics and modules', () => {
  for (const text of SOURCES.slice(0, 10)) assert.deepEqual(checked(text), checked(text));
});

/** A token taken out, put in another place, or exchanged for another: mostly programs that almost are ones. */
test('mutated modules are checked without a throw', () => {
  const tokens = SOURCES.map(text => text.match(/\w+|\s+|[^\w\s]/g) ?? []);
  const all = tokens.flat().filter(t => t.trim() !== '');
  fc.assert(fc.property(
    fc.nat(tokens.length - 1), fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom('drop', 'swap', 'insert')), { minLength: 1, maxLength: 4 }),
    (which, edits) => {
      const list = [...tokens[which] ?? []];
      for (const [at, from, how] of edits) {
        const i = at % Math.max(1, list.length);
        const other = all[from % all.length] ?? '';
        list.splice(i, how === 'insert' ? 0 : 1, ...how === 'drop' ? [] : [other]);
      }
      const { module, diagnostics } = checked(list.join(''));
      assert.ok(module !== undefined || diagnostics.some(d => d.severity === 'error'));
      for (const d of diagnostics) assert.ok(d.line > 0 && d.column > 0 && d.endColumn > d.column && !/\{\w+\}/.test(d.message + d.cause + d.cure), JSON.stringify(d));
    },
  ), { numRuns: 300 });
});

test('long chains of declarations are no deep recursion', () => {
  const functions = Array.from({ length: 1500 }, (_, i) => `function f${i}(x: u32): u32 { return f${i + 1}(x); }`).join('\n');
  const text = `import { drop, module, type u32 } from 'iovisor/module';\n${functions}\nfunction f1500(x: u32): u32 { return x; }\nexport default module(() => f0(1) > 3 ? drop('a') : drop('b'));`;
  const { module, diagnostics } = checked(text);
  assert.deepEqual(diagnostics, []);
  assert.equal(module?.functions.length, 1501);
  assert.equal(module?.functions[0]?.name, 'f1500');
  const constants = Array.from({ length: 2000 }, (_, i) => `const c${i}: u32 = c${i + 1};`).join('\n');
  assert.ok(checked(`${constants}\nconst c2000 = 1;`).diagnostics.length > 0);
});

test('limits of files and ports', () => {
  const read = (path: string): string => path === 'x.ts'
    ? Array.from({ length: 70 }, (_, i) => `import { a as a${i} } from './f${i}.ts'; export const b${i} = a${i};`).join('\n')
    : 'export const a = 1;';
  assert.ok(check({ entry: 'x.ts', read }).diagnostics.some(d => d.code === 'IOV1007'));
  const ports = Array.from({ length: 257 }, (_, i) => `export const p${i} = port();`).join('\n');
  assert.ok(checked(`import { port } from 'iovisor/module';\n${ports}`).diagnostics.some(d => d.code === 'IOV5015'));
});

test('intervals hold every result', () => {
  const end = fc.bigInt({ min: 0n, max: 0xffff_ffffn });
  fc.assert(fc.property(fc.constantFrom('+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>'), end, end, end, end, fc.nat(100), fc.nat(100), (op, a, b, c, d, i, j) => {
    const [x, y] = [a < b ? { low: a, high: b } : { low: b, high: a }, c < d ? { low: c, high: d } : { low: d, high: c }];
    const p = x.low + ((x.high - x.low) * BigInt(i)) / 100n;
    const q = y.low + ((y.high - y.low) * BigInt(j)) / 100n;
    const interval = arithmetic(op, x, y);
    const result = exact(op, p, q);
    if (interval && result !== undefined) assert.ok(interval.low <= result && result <= interval.high, `${p} ${op} ${q} = ${result} in ${interval.low}..${interval.high}`);
  }), { numRuns: 1000 });
  assert.equal(wrapTo(U32, -1n), 0xffff_ffffn);
});

function exact(op: string, p: bigint, q: bigint): bigint | undefined {
  switch (op) {
    case '+': return p + q;
    case '-': return p - q;
    case '*': return p * q;
    case '/': return q === 0n ? 0n : p / q;
    case '%': return q === 0n ? p : p % q;
    case '&': return p & q;
    case '|': return p | q;
    case '^': return p ^ q;
    case '<<': return q < 64n ? p << q : undefined;
    default: return q < 64n ? p >> q : undefined;
  }
}

test('the library knows what module.d.ts exports, and nothing else', () => {
  const types = readFileSync(new URL('src/lang/module.d.ts', ROOT), 'utf8');
  const exported = new Set([...types.matchAll(/^export (?:declare )?(?:abstract )?(?:class|const|function|type|interface) (\w+)/gm)].map(m => m[1] ?? ''));
  const missing = [...exported].filter(name => !isLibraryName(name));
  assert.deepEqual([...HEADERS.keys()].filter(name => !exported.has(name)), []);
  // Headers that the type library has before the compiler does.
  assert.deepEqual(missing.filter(name => !NOT_YET.has(name)), []);
});
const NOT_YET = new Set(['Ipv6Options', 'Ipv6Routing', 'Ipv6Fragment', 'Vxlan', 'Dhcp', 'Dns']);
