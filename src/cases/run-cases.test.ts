// Running packet cases, with programs by hand: what a failure says, and that cases are apart from each other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../isa/assemble.ts';
import { encode } from '../isa/encode.ts';
import type { Image } from '../image/image.ts';
import { struct } from '../image/layout.ts';
import { cases, data, dropped, eth, flooded, send, to, wait, type Cases } from '../lang/packets.ts';
import { readPcapng } from '../pcapng/read.ts';
import { CaseCapture } from './capture.ts';
import { replay } from './replay.ts';
import { runCases } from './run-cases.ts';
import { vmEngine } from './vm-engine.ts';

const U32 = { kind: 'int', bits: 32, signed: false, order: 'little' } as const;
const settings = struct('Settings', [{ name: 'port', layout: U32 }]);

/** Sends to the port that the settings say, or drops what came in by port 0. */
function image(): Image {
  const text = assemble('ldxh %r3, [%r1+48]\njeq %r3, 0, drop\nja out\ndrop:\nmov %r2, 0\nja out\nout:\nexit');
  assert.ok(text.ok);
  const [load, compare, , drop] = text.insns;
  assert.ok(load && compare && drop);
  // load; jeq +3 → drop; r4 = &settings (2 slots); r2 = settings.port; exit to; drop: r2 = 0; exit drop
  const code = encode([
    load, { ...compare, offset: 4 } as typeof compare, { kind: 'wide-value', dst: 4, map: 0, offset: 0 },
    ...((): typeof text.insns => { const more = assemble('ldxw %r2, [%r4]\nja out\nout:\nexit'); assert.ok(more.ok); return more.insns.slice(0, 2); })(),
    drop, ...((): typeof text.insns => { const more = assemble('ja out\nout:\nexit'); assert.ok(more.ok); return more.insns.slice(0, 1); })(),
  ]);
  return {
    format: 1, name: 'hand', target: '6.1', kind: 'module', files: ['hand.ts'], ports: ['inside'],
    programs: [{
      name: 'main', hook: 'tc', code, lines: [], functions: [], stackBytes: 0,
      relocations: [{ kind: 'map-value', slot: 2, map: 0, offset: 0 }, { kind: 'exit', slot: 5, exit: 'to' }, { kind: 'exit', slot: 7, exit: 'drop' }],
    }],
    maps: [{ name: 'settings', exported: true, kind: 'config', scope: 'element', capacity: 1, keyBytes: 4, key: U32, keyOffset: 0, valueBytes: 4, value: settings, valueOffset: 0, initial: Uint8Array.of(5, 0, 0, 0) }],
    sites: [{ kind: 'drop', reason: 'from-inside', file: 0, line: 3, column: 1 }],
  };
}

const frame = [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), data('x')];
const run = (steps: Cases['cases'][string]): { ok: boolean; difference?: string } => {
  const [result] = runCases({ image: image(), cases: { given: {}, cases: { it: steps } }, engine: 'vm' });
  assert.ok(result);
  return result;
};

test('defaults, ports by number and name, and drops by their reason', () => {
  assert.deepEqual(run([send(1, frame, to(5)), send('inside', frame, dropped('from-inside'))]), { name: 'it', ok: true });
});

test('what a case adds is there, from where it is added, and gone for the next', () => {
  const results = runCases({
    image: image(), engine: 'vm',
    cases: { ...cases({}, {}), cases: { one: [{ settings: { port: 6 } }, send(1, frame, to(6)), { settings: { port: 7 } }, send(1, frame, to(7))], two: [send(1, frame, to(5))] } },
  });
  assert.deepEqual(results.map(r => r.difference), [undefined, undefined]);
});

test('a failure says what was expected and what happened', () => {
  assert.equal(run([send(1, frame, flooded())]).difference, 'step 1: expected: flooded\nhappened: to port 5');
  assert.equal(run([send(1, frame, to(50))]).difference, 'step 1: expected: to port 50\nhappened: to port 5');
  assert.equal(run([send('inside', frame, to(5))]).difference, "step 1: expected: to port 5\nhappened: dropped as 'from-inside' (hand.ts:3)");
  assert.match(run([send(1, frame, to(5, [...frame, data('y')]))]).difference ?? '', /^step 1: to port 5, but with another frame:\n {2}eth .*\n- data 7879\n\+ data 78\n/);
});

test('mistakes in a case are failures with their text', () => {
  assert.match(run([send(1, [eth({ dst: 'x', src: 'y' })], flooded())]).difference ?? '', /'x' is not a hardware address/);
  assert.match(run([{ nothing: 1 }, send(1, frame, flooded())]).difference ?? '', /nothing/);
  assert.match(run([send('outside', frame, flooded())]).difference ?? '', /no way in called 'outside'/);
});

test('a capture has what went in and what came out, in time; its packets can be sent again', () => {
  const module = image();
  const capture = new CaseCapture(module);
  const steps = [send(1, frame, to(5)), wait(2), send('inside', frame, dropped('from-inside'))];
  assert.equal(runCases({ image: module, cases: { given: {}, cases: { it: steps } }, engine: 'vm', capture })[0]?.ok, true);
  const read = readPcapng(capture.file());
  assert.ok(read.ok);
  const { interfaces, packets } = read.value;
  assert.deepEqual(packets.map(p => [interfaces[p.interface]?.name, p.direction, p.timeNs, p.comments]), [
    ['port 1', 'inbound', 1000n, ['it, step 1', 'to port 5']], ['port 5', 'outbound', 1000n, ['it, step 1']],
    ['inside', 'inbound', 2_000_002_000n, ['it, step 3', "dropped as 'from-inside' (hand.ts:3)"]],
  ]);

  const engine = vmEngine();
  const ways: Readonly<Record<string, number>> = { 'port 1': 1, inside: 0 };
  assert.deepEqual(replay({ engine, image: module, contents: {}, packets: read.value, wayOf: name => ways[name] }), {
    ends: [{ words: 'to port 5', packets: 1 }, { words: "dropped as 'from-inside' (hand.ts:3)", packets: 1 }], leftOut: 1,
  });
});
