// Filetests of the compiler: each file under test/filetests/ is a module with its expectation inside.
//
//     // filetest: reject    every diagnostic, as `// error IOV1234@column: text` (or `warning`) at the end of its line; a line may have several
//     // filetest: asm       the code of each program, in a comment block at the end; BLESS=1 writes it
//     // filetest: run       steps of one packet case, `// run: send(1, [eth({…})], dropped('x'))` and `// given: {…}`, on vm and kernel;
//                            `// logged: text` is all that it logs, if it is there
//     // filetest: verify    it compiles without a diagnostic and the kernel's verifier takes it
//
// `// target: 5.10` compiles for that kernel.

import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { runCases } from '../src/cases/run-cases.ts';
import { compile, type Compiled } from '../src/compiler/compile.ts';
import { readSource } from '../src/compiler/fixtures/image-of.ts';
import { CATALOGUE } from '../src/compiler/diagnostics/catalogue.ts';
import { formatDiagnostic, type Diagnostic } from '../src/compiler/diagnostics/diagnostic.ts';
import type { Image, Relocation } from '../src/image/image.ts';
import type { SymbolRelocation } from '../src/isa/assemble.ts';
import { decode } from '../src/isa/decode.ts';
import { disassemble } from '../src/isa/disassemble.ts';
import * as packets from '../src/lang/packets.ts';
import { kernelTest } from './require.ts';

const ROOT = new URL('..', import.meta.url);
const FOLDER = new URL('filetests/', import.meta.url);

for (const kind of ['reject', 'asm', 'run', 'verify'] as const) {
  describe(`filetests: ${kind}`, () => {
    const names = readdirSync(new URL(`${kind}/`, FOLDER)).filter(name => name.endsWith('.ts')).sort();
    test('there are some', () => assert.notEqual(names.length, 0));
    for (const name of names) one(kind, name);
  });
}

/** Tested where their limits can be reached: parse.test.ts and check.test.ts, and tests of lowering. */
const ELSEWHERE = new Set(['IOV1002', 'IOV1003', 'IOV1007', 'IOV5015', 'IOV6001', 'IOV6002']);

test('every diagnostic has a filetest', () => {
  const texts = readdirSync(new URL('reject/', FOLDER)).map(name => readSource(`test/filetests/reject/${name}`)).join('\n');
  assert.deepEqual(Object.keys(CATALOGUE).filter(code => !ELSEWHERE.has(code) && !texts.includes(code)), []);
});

function one(kind: 'reject' | 'asm' | 'run' | 'verify', name: string): void {
  const path = `test/filetests/${kind}/${name}`;
  const text = readSource(path) ?? '';
  const target = /^\/\/ target: (.*)$/m.exec(text)?.[1];
  const compiled = (): Compiled => compile({ read: readSource, entry: path, verifyIr: 'always', walks: true, ...(target !== undefined && { target }) });
  assert.ok(text.startsWith(`// filetest: ${kind}`), `${path} begins with another kind`);
  switch (kind) {
    case 'reject': test(name, () => {
      const { diagnostics } = compiled();
      assert.deepEqual(found(diagnostics, path, text), expected(text));
      assert.notEqual(diagnostics.length, 0);
      for (const { message, cause, cure } of diagnostics) for (const part of [message, cause, cure]) assert.match(part, /^\S.{3,}\S$/);
    }); break;
    case 'asm': test(name, () => asm(path, text, imageOf(compiled()))); break;
    case 'run':
      test(`${name} on the vm`, () => run(text, imageOf(compiled()), 'vm'));
      kernelTest(`${name} on the kernel`, () => run(text, imageOf(compiled()), 'kernel'));
      break;
    case 'verify': kernelTest(name, () => run(text, imageOf(compiled()), 'kernel')); break;
  }
}

function imageOf({ image, diagnostics }: Compiled): Image {
  assert.deepEqual(diagnostics.map(formatDiagnostic), []);
  assert.ok(image);
  return image;
}

/** `12:7 error IOV2001 text` for each expectation. */
function expected(text: string): string[] {
  return text.split('\n').flatMap((line, i) =>
    [...line.matchAll(/\/\/ (error|warning) (IOV\d{4})@(\d+)(?:: (.*?))?(?= \/\/ (?:error|warning) |$)/g)].map(([, severity, code, column, part]) => `${i + 1}:${column} ${severity} ${code} ${part?.trim() ?? ''}`)).sort();
}

/** The diagnostics in the same form; the text is what was expected of it, where that is in the message. */
function found(diagnostics: readonly Diagnostic[], path: string, text: string): string[] {
  const wanted = expected(text);
  return diagnostics.map(d => {
    const head = `${d.line}:${d.column} ${d.severity} ${d.code} `;
    if (d.file !== path) return `${d.file}:${head}${d.message}`;
    return wanted.find(w => w.startsWith(head) && d.message.includes(w.slice(head.length))) ?? `${head}${d.message}`;
  }).sort();
}

const MARK = '\n// ---- code\n';

function asm(path: string, text: string, image: Image): void {
  const listing = [...image.programs, ...image.stages ?? []].map(program => {
    const decoded = decode(program.code);
    assert.ok(decoded.ok);
    return [`${program.name}:`, ...disassemble(decoded.insns, { relocations: program.relocations.map(r => named(image, r)) }).trimEnd().split('\n')].map(line => `// ${line}`.trimEnd()).join('\n');
  }).join('\n');
  const source = text.split(MARK)[0]?.trimEnd() ?? '';
  const blessed = `${source}\n${MARK}${listing}\n`;
  if (process.env['BLESS'] === '1') writeFileSync(new URL(path, ROOT), blessed);
  else assert.equal(text, blessed);
}

function named(image: Image, r: Relocation): SymbolRelocation {
  const { kind, slot } = r;
  switch (r.kind) {
    case 'map': case 'map-value': return { kind, slot, name: image.maps[r.map]?.name ?? '', offset: r.kind === 'map' ? 0 : r.offset };
    case 'constant': return { kind, slot, name: r.name, offset: 0 };
    case 'exit': return { kind, slot, name: r.exit, offset: 0 };
    case 'call': return { kind, slot, name: r.call, offset: 0 };
  }
}

function run(text: string, image: Image, engine: 'vm' | 'kernel'): void {
  const lines = (word: string): string[] => [...text.matchAll(new RegExp(`^// ${word}: (.*)$`, 'gm'))].map(m => m[1] ?? '');
  const given = Object.assign({}, ...lines('given').map(evaluate)) as Record<string, unknown>;
  const steps = lines('run').map(evaluate) as packets.Sent[];
  const [result] = runCases({ image, cases: { given, cases: { steps } }, engine });
  if (lines('logged').length > 0) assert.deepEqual(result?.logged?.map(l => l.text), lines('logged'));
  assert.equal(result?.difference ?? '', '');
}

/** An expression of packet cases. Filetests are our own files. */
function evaluate(source: string): unknown {
  return (new Function(...Object.keys(packets), `return (${source});`) as (...values: unknown[]) => unknown)(...Object.values(packets));
}
