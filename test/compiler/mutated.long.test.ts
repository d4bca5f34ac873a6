// Filetests with a token changed here and there: most are refused; those that are not must compile without an assert, be taken by
// the kernel's verifier, and do the same on both engines. It is not about what they do.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { runCases } from '../../src/cases/run-cases.ts';
import { compile } from '../../src/compiler/compile.ts';
import type { Image } from '../../src/image/image.ts';
import { arp, data, dropped, eth, ipv4, ipv6, send, tcp, udp, type Cases } from '../../src/lang/packets.ts';
import { kernelTest } from '../require.ts';

const ROOT = new URL('../../', import.meta.url);
const OPERATORS = ['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>', '<', '<=', '>', '===', '!==', '&&', '||', '??'];
const NUMBERS = ['0', '1', '32', '255', '65535', '4294967295', '0n', '1n', '64n'];

const PROGRAMS = [
  'modules/bridge/bridge.ts',
  ...['run', 'verify'].flatMap(kind => readdirSync(new URL(`test/filetests/${kind}/`, ROOT)).map(name => `test/filetests/${kind}/${name}`)),
].map(path => readFileSync(new URL(path, ROOT), 'utf8').replace(/^\/\/.*\n/gm, '').match(/\w+|\s+|[^\w\s]+/g) ?? []);

function read(path: string): string | undefined {
  try { return readFileSync(new URL(`src/lang/lib/${path.replace(/^iovisor\//, '')}`, ROOT), 'utf8'); } catch { return undefined; }
}

/** One to three tokens exchanged for others of the same program. */
const mutated = fc.tuple(fc.nat(PROGRAMS.length - 1), fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 3 })).map(([which, edits]) => {
  const list = [...PROGRAMS[which] ?? []];
  for (const [at, pick] of edits) {
    const i = at % list.length;
    const token = list[i] ?? '';
    if (token.trim() === '') continue;
    const words = list.filter(t => /^[a-z]\w*$/i.test(t));
    const others = OPERATORS.includes(token) ? OPERATORS : /^\d+n?$/.test(token) ? NUMBERS : words;
    list[i] = others[pick % others.length] ?? token;
  }
  return list.join('');
});

function imageOf(text: string): Image | undefined {
  return compile({ entry: 'x/x.ts', read: path => path === 'x/x.ts' ? text : read(path) }).image;
}

test('what is accepted compiles, and to the same bytes again', () => {
  fc.assert(fc.property(mutated, text => {
    const image = imageOf(text);
    if (image && text.length % 8 === 0) assert.deepEqual(imageOf(text), image);
  }), { numRuns: 400 });
});

const MACS = { dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' };
const FRAMES = [
  [eth(MACS), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('hello')],
  [eth({ ...MACS, dst: 'ff:ff:ff:ff:ff:ff' }), arp({ op: 'request', senderMac: MACS.src, senderIp: '10.0.0.1', targetIp: '10.0.0.2' })],
  [eth(MACS), ipv6({ src: 'fd00::1', dst: 'fd00::2' }), udp({ srcPort: 1, dstPort: 22 })],
  [eth(MACS), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 22, flags: 'S' })],
];

/** Cases whose expectation fails, so that what happened is told. */
function probes(image: Image): Cases {
  const way = image.kind === 'filter' ? image.programs[0]?.name : undefined;
  const steps = FRAMES.flatMap((frame, i) => [0, 1, 3, 9].map(port => [`frame ${i} by port ${port}`, [send(way ?? port, frame, dropped('told'))]] as const));
  return { given: {}, cases: Object.fromEntries(steps) };
}

kernelTest('the kernel takes what is accepted, and does with it what the vm does', () => {
  let compared = 0;
  fc.assert(fc.property(mutated, text => {
    const image = imageOf(text);
    if (!image || compared >= 40) return;
    compared++;
    const cases = probes(image);
    assert.deepEqual(runCases({ image, cases, engine: 'kernel' }), runCases({ image, cases, engine: 'vm' }));
  }), { numRuns: 400, endOnFailure: true });
  assert.notEqual(compared, 0);
});
