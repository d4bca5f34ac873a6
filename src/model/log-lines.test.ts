// The newest lines of a process: in their order, none twice, none of those that went; and what our services write as lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_KEPT_LINES, MAX_LINE_CHARACTERS, RecentLines, serviceLine } from './log-lines.ts';

const add = (recent: RecentLines, text: string, owner?: string): void => recent.add({ wallMs: 0, server: 's1', source: 'module', text, ...owner !== undefined && { owner } });

test('who asks for what follows gets each line once, in order, as long as it is kept', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 }), rounds => {
    const recent = new RecentLines();
    const said: string[] = [], heard: string[] = [];
    let after = 0;
    for (const [round, count] of rounds.entries()) {
      for (let i = 0; i < count; i++) { said.push(`${round}.${i}`); add(recent, `${round}.${i}`); }
      const { lines, last } = recent.read({ after, most: 30 });
      heard.push(...lines.map(l => l.text));
      after = last;
    }
    assert.deepEqual(heard, said);
  }));
});

test('the oldest go, long ones are cut, and an owner is a beginning', () => {
  const recent = new RecentLines();
  for (let i = 0; i < 5 * MAX_KEPT_LINES; i++) add(recent, String(i), i % 2 === 0 ? 'Function/shop/a/web' : 'Function/shop/ab/web');
  const all = recent.read({ most: 10 * MAX_KEPT_LINES }).lines;
  assert.ok(all.length >= MAX_KEPT_LINES && all.length < 2 * MAX_KEPT_LINES, String(all.length));
  assert.equal(all.at(-1)?.text, String(5 * MAX_KEPT_LINES - 1));
  assert.deepEqual(recent.read({ owner: 'Function/shop/a/', most: 2 }).lines.map(l => l.text), [5 * MAX_KEPT_LINES - 4, 5 * MAX_KEPT_LINES - 2].map(String));
  add(recent, 'x'.repeat(MAX_LINE_CHARACTERS + 1));
  assert.equal(recent.read({ most: 1 }).lines[0]?.text, `${'x'.repeat(MAX_LINE_CHARACTERS)}…`);
});

test("a service's line is what it says, with its fields behind", () => {
  const of = { server: 's1', source: 'visor' } as const;
  assert.deepEqual(serviceLine('{"level":40,"time":7,"pid":1,"hostname":"h","name":"visor s1","cause":"gone","n":{"a":1},"msg":"Director away"}', of), { ...of, wallMs: 7, level: 'warn', text: 'Director away cause=gone n={"a":1}' });
  assert.deepEqual(serviceLine('{"level":35}', of), { ...of, wallMs: 0, level: '35', text: '' });
  assert.equal(serviceLine('no JSON', of), undefined);
});
