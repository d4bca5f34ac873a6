// 60,000 flows of many clients to one destination through modules/nat44, on both engines: each gets a port of its own, the next none, and
// those of flows that are over are given again. Cases of a few packets are modules/nat44/nat44.packets.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CaseElement } from '../src/cases/element.ts';
import { openCaseEngine, type CaseEngineName } from '../src/cases/engines.ts';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { data, eth, ipv4, udp } from '../src/lang/packets.ts';
import { build } from '../src/lang/packets/build.ts';
import { kernelTest } from './require.ts';

const image = imageOf('modules/nat44/nat44.ts');
const INSIDE = 0, OUTSIDE = 1;
const CLIENTS = 60, FLOWS_OF_ONE = 1000, FIRST_PORT = 2000, PORTS = CLIENTS * FLOWS_OF_ONE;
/** Of a frame: Ethernet, then IPv4 without options. */
const SOURCE = 14 + 12, SOURCE_PORT = 14 + 20;
/** Seconds; of the module. */
const UDP_LIFETIME = 300;

/** All clients take the same ports, as their systems count up from the same number. */
function flow(nth: number): Uint8Array {
  const frame = Uint8Array.from(question);
  frame.set([10, 1, 0, 1 + nth % CLIENTS], SOURCE);
  const port = 40_000 + Math.floor(nth / CLIENTS);
  frame.set([port >> 8, port & 255], SOURCE_PORT);
  return frame;
}
const question = build([eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.1.0.1', dst: '198.51.100.9' }), udp({ srcPort: 1, dstPort: 53, checksum: 0 }), data('q')]);
const portOf = (frame: Uint8Array): number => frame[SOURCE_PORT]! << 8 | frame[SOURCE_PORT + 1]!;

function allPorts(name: CaseEngineName): void {
  const engine = openCaseEngine(name);
  try {
    const nat = new CaseElement(engine, image, { settings: { address: '203.0.113.5', firstPort: FIRST_PORT, ports: PORTS }, masqueraded: [['10.1.0.0/16', 1]] });
    const taken = new Map<number, number>();
    for (let nth = 0; nth < PORTS; nth++) {
      const { verdict, frame } = nat.send({ by: INSIDE, frame: flow(nth) });
      if (verdict?.exit !== 'to' || verdict.value !== OUTSIDE) assert.fail(`flow ${nth}: ${JSON.stringify(verdict)}`);
      taken.set(portOf(frame), nth);
    }
    assert.deepEqual([taken.size, Math.min(...taken.keys()), Math.max(...taken.keys())], [PORTS, FIRST_PORT, FIRST_PORT + PORTS - 1]);
    const refused = nat.send({ by: INSIDE, frame: flow(PORTS) }).verdict;
    assert.equal(refused?.exit === 'drop' && image.sites[refused.value]?.reason, 'no-free-port');
    assert.equal(taken.get(portOf(nat.send({ by: INSIDE, frame: flow(7) }).frame)), 7, 'who has one keeps it');
    nat.wait(UDP_LIFETIME * 2 / 3);
    assert.equal(taken.get(portOf(nat.send({ by: INSIDE, frame: flow(7) }).frame)), 7);
    nat.wait(UDP_LIFETIME * 2 / 3);
    const { verdict, frame } = nat.send({ by: INSIDE, frame: flow(PORTS) });
    assert.deepEqual(verdict, { exit: 'to', value: OUTSIDE });
    assert.notEqual(taken.get(portOf(frame)), 7, 'that one is in use still');
  } finally { engine.close(); }
}

test('60,000 flows to one destination have 60,000 ports, the next has none, and ageing frees them: user space', () => { allPorts('vm'); });
kernelTest('60,000 flows to one destination have 60,000 ports, the next has none, and ageing frees them: this kernel', () => { allPorts('kernel'); });
