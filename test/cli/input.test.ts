// What people write, and what others make them read: YAML that is wrong, hostile or no YAML at all; modules with mistakes; help.
// Nothing here needs a Director: a file with a mistake never gets there.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { Zone } from './iov.ts';

const zone = new Zone();
after(() => zone.close());

const DOMAIN = 'apiVersion: iovisor/v1\nkind: Domain\nmetadata: {name: fine}\n';

/** Files with mistakes, and the line about each. */
const MISTAKES: readonly (readonly [content: string, error: RegExp])[] = [
  [`${DOMAIN}---\napiVersion: iovisor/v1\nkind: Netwrk\nmetadata: {domain: a, name: b}\n`, /^error .*0\.yaml:6:7 Netwrk b: unknown kind 'Netwrk'; did you mean 'Network'\? allowed: .*Domain, Endpoint, .*Server/],
  [`apiVersion: iovisor/v1\nkind: Network\nmetadata: {domain: a, name: c}\nspec:\n  subnet: [10.0.0.0/8]\n`, /1\.yaml:5:3 Network c: unknown field 'subnet'; did you mean 'subnets'\? allowed: subnets, .*attach.*$/],
  ['apiVersion: iovisor/v1\nkind: Network\nmetadata: {domain: a, name: d}\nspec: {subnets: [10.0.0.0/40]}\n', /2\.yaml:4:18 Network d: '10\.0\.0\.0\/40' is not a subnet/],
  [bomb(), /3\.yaml:1:1: YAML: Excessive alias count/],
  [`a: ${'['.repeat(50_000)}`, /4\.yaml:1:1: YAML: is nested too deeply to be read$/],
  [`${DOMAIN}__proto__: {a: 1}\n`, /5\.yaml:4:1 Domain fine: unknown field '__proto__'/],
  [`apiVersion: iovisor/v1\nkind: ${'K'.repeat(1 << 20)}\nmetadata: {name: x}\n`, /^error .*6\.yaml:2:7 K{99}.{0,1000}$/],
  ['- 1\n', /7\.yaml:1:3: a resource is a mapping/],
];

test('every mistake in every file is said at once, with file, line, field and what is allowed; nothing is applied', async () => {
  const files = MISTAKES.map(([content], i) => zone.file(`${i}.yaml`, content));
  const { code, out, err } = await zone.iov(['apply', ...files.flatMap(f => ['-f', f])]);
  assert.deepEqual({ code, out }, { code: 1, out: '' });
  const lines = err.trimEnd().split('\n');
  for (const [i, [, error]] of MISTAKES.entries()) assert.match(lines[i] ?? '', error);
  assert.equal(lines[MISTAKES.length], 'error: nothing was applied: 8 mistakes');
});

test('what is no YAML file is refused before it is read whole', async () => {
  const cases: readonly (readonly [content: string | Uint8Array, error: RegExp])[] = [
    ['\n# nothing\n---\n---\n', /^error: there is no resource in /],
    [Uint8Array.from({ length: 3000 }, (_, i) => (i * 151) & 0xff), /is not text in UTF-8/],
    [Buffer.from(`\ufeff${DOMAIN}`, 'utf16le'), /is not text in UTF-8/],
    [Buffer.alloc(17 << 20, '#'), /is larger than 16 MiB/],
  ];
  const said = await Promise.all(cases.map(([content], i) => zone.iov(['apply', '-f', zone.file(`other-${i}.yaml`, content)])));
  for (const [i, [, error]] of cases.entries()) {
    assert.match(said[i]!.err, error);
    assert.equal(said[i]!.code, 1);
  }
});

test('what a file says cannot drive the terminal', async () => {
  const { code, err } = await zone.iov(['apply', '-f', '-'], 'apiVersion: iovisor/v1\nkind: "\\e[2J\\e]0;x\\a"\nmetadata: {name: "\\u202egnp"}\n');
  assert.equal(code, 1);
  assert.match(err, /unknown kind '\\u001b\[2J\\u001b\]0;x\\u0007'/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  assert.doesNotMatch(err, /[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test('a module with a mistake: code, file:line:column, cause, cure', async () => {
  const file = zone.file('broken.ts', "import { ethernet, to, type Packet, type Verdict } from 'iovisor/module';\nexport default function main(p: Packet): Verdict {\n  while (true) {}\n}\n");
  const { code, err } = await zone.iov(['module', 'check', file]);
  assert.equal(code, 1, err);
  assert.match(err, /IOV\d+/);
  assert.match(err, /broken\.ts:\d+:\d+/);
  assert.doesNotMatch(err, /this is a bug/);
});

test('--help of every command, and of iov itself', async () => {
  const texts = await Promise.all([['--help'], ['help', 'get'], ['endpoint', 'attach', '--help'], ...COMMANDS.map(c => [c.name, '--help'])].map(async args => ({ args, ...await zone.iov(args) })));
  for (const { args, code, out, err } of texts) {
    assert.deepEqual({ code, err }, { code: 0, err: '' }, args.join(' '));
    assert.match(out, /^Usage: iov /);
  }
  for (const { name, summary } of COMMANDS) assert.ok(texts[0]!.out.includes(name) && summary.endsWith('.'));
});

function bomb(): string {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++) lines.push(`${'abcdefghijkl'[i]}: &${'abcdefghijkl'[i]} [${Array(9).fill(`*${'abcdefghijkl'[i - 1]}`).join(', ')}]`);
  return lines.join('\n');
}
