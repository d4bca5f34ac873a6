// Mistakes that authors make (fixtures/mistakes.ts), one a line: each is refused by plain TypeScript or by our checker, as its line says, and
// ours gives the code that the line says for both. Not the place for what only our checker knows: that is test/filetests/reject.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { compile } from '../src/compiler/compile.ts';
import { linesRefused, TYPESCRIPTS } from './typescript.ts';

const FILE = 'test/fixtures/mistakes.ts';
const text = readFileSync(new URL(`../${FILE}`, import.meta.url), 'utf8');
const lines = text.split('\n');
/** Line number, who refuses it, our codes. */
const mistakes = lines.flatMap((line, i) => {
  const mark = /\/\/ (tsc|iov) +((?:IOV\d{4} )+)/.exec(line);
  return mark ? [{ number: i + 1, line, by: mark[1], codes: (mark[2] ?? '').trim().split(' ') }] : [];
});

test('there are 45', () => assert.equal(mistakes.length, 45));

for (const typescript of TYPESCRIPTS) {
  test(`${typescript.name} refuses the lines that it is said to, and no others`, { skip: typescript.missing }, () => {
    const refused = linesRefused(typescript, 'test/fixtures').filter(r => r.file === FILE).map(r => r.line);
    assert.deepEqual([...new Set(refused)].sort((a, b) => a - b), mistakes.filter(m => m.by === 'tsc').map(m => m.number));
  });
}

describe('our checker refuses every one', () => {
  for (const mistake of mistakes) {
    test(mistake.line.replace(/\s*\/\/.*/, ''), () => {
      const path = 'mistake.ts';
      const source = moduleOf(mistake.line, mistake.number);
      const { diagnostics } = compile({ read: name => name === path ? source : undefined, entry: path });
      assert.deepEqual(diagnostics.map(d => `${d.line} ${d.code}`).sort(), mistake.codes.map(code => `${mistake.number} ${code}`).sort());
    });
  }
});

/** The prelude and the one line, as a module: what the fixture takes as given is a parameter, and programs are the default export. */
function moduleOf(line: string, number: number): string {
  const prelude = lines.slice(0, number - 1).map(l => /^(?:declare|const (?:eth|ip) )/.test(l) || / \/\/ (?:tsc|iov) /.test(l) ? '' : l);
  const code = line.replace(/\s*\/\/.*/, '');
  const given = 'signed: i32, wide: u32, pkt: Packet, early: XdpPacket, eth: Eth, ip: Ipv4 | undefined';
  const program = /^export const \w+ = ((?:module|filter|xdp)\(.*)$/.exec(code);
  const inFunction = /^export function \w+\((.*)\) \{ (.*) \}$/.exec(code);
  const constant = /^export (const .*)$/.exec(code);
  const end = "\nexport default module(() => drop('end'));\n";
  const body = (statements: string, more = '') => `${[...prelude, `export function mistake(${given}${more}) { ${statements} }`].join('\n')}${end}`;
  if (program) return [...prelude, `export default ${program[1]}`].join('\n');
  if (/^new |function e8/.test(code)) return `${[...prelude, code.replace(/^new /, 'export const made = new ')].join('\n')}${end}`;
  if (inFunction) return body(inFunction[2] ?? '', inFunction[1] ? `, ${inFunction[1]}` : '');
  return body(constant ? constant[1] ?? '' : code);
}
