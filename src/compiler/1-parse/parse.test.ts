// The parser's front: places, syntax errors, and texts that would overflow a recursive parser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineAndColumn, linesOf, spanOf } from './lines.ts';
import { parse } from './parse.ts';

test('lines and columns count from 1, in UTF-16 units', () => {
  const lines = linesOf('ä = 1;\n\nb');
  assert.deepEqual(lineAndColumn(lines, 0), { line: 1, column: 1 });
  assert.deepEqual(lineAndColumn(lines, 8), { line: 3, column: 1 });
  assert.deepEqual(spanOf(lines, 0, 8), { line: 1, column: 1, endColumn: 7 });
});

test('a syntax error has a place', () => {
  const { tree, diagnostics } = parse('a.ts', 'const a = 1;\nlet b = ;');
  assert.equal(tree, undefined);
  assert.deepEqual(diagnostics.map(({ code, line, column }) => ({ code, line, column })), [{ code: 'IOV1001', line: 2, column: 9 }]);
});

for (const [name, text] of Object.entries({
  parentheses: '('.repeat(100_000), brackets: `x = ${'['.repeat(50_000)}${']'.repeat(50_000)}`, not: `${'!'.repeat(100_000)}x`, sum: `a${' + a'.repeat(20_000)}`,
  'if': `${'if (a) '.repeat(15_000)};`, types: `let x: ${'A<'.repeat(30_000)}A${'>'.repeat(30_000)}`, arrows: `${'a => '.repeat(20_000)}a`,
  choices: `${'a ? '.repeat(10_000)}a${' : a'.repeat(10_000)}`, classes: `x = ${'class extends '.repeat(5000)}a${' {}'.repeat(5000)}`, braces: '{'.repeat(100_000),
  'else if': `if (a) {}${' else if (a) {}'.repeat(8000)}`, members: `a${'.a'.repeat(50_000)}`, templates: `${'`${'.repeat(30_000)}`, large: 'a;'.repeat(100_000),
})) {
  test(`too deep or too large, and no overflow: ${name}`, () => {
    const { tree, diagnostics } = parse('a.ts', text);
    assert.equal(tree, undefined);
    assert.notEqual(diagnostics.length, 0);
  });
}

test('any text is parsed or has diagnostics', () => {
  const words = fc.constantFrom('class', 'const', 'function', '{', '}', '(', ')', '=>', 'x', '=', '1n', '"a"', ';', ':', '<', '>', '?.', '`', '/', '\n', 'export', 'import');
  fc.assert(fc.property(fc.array(words, { maxLength: 40 }), list => {
    const { tree, diagnostics } = parse('a.ts', list.join(' '));
    assert.ok(tree !== undefined || diagnostics.length > 0);
  }), { numRuns: 300 });
});
