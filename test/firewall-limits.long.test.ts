// Connections of an endpoint as they end by themselves: by the clock of the vm. The kernel's cannot be moved, there only what expires is made older.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import control from '../modules/firewall/firewall.control.ts';
import { CaseElement } from '../src/cases/element.ts';
import { openCaseEngine } from '../src/cases/engines.ts';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import type { Contents } from '../src/image/values.ts';
import { data, eth, ipv4, udp } from '../src/lang/packets.ts';
import { build } from '../src/lang/packets/build.ts';

const MOST = 5, TICK = 64, LIFE = 30;
const none = { admin: 0, application: 0, baseline: 0 };

test('an endpoint never has more connections than it may, and is refused none that it may, but for those of the tick that ends', () => {
  const image = imageOf('modules/firewall/firewall.ts');
  const question = (n: number): Uint8Array => build([eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.1.0.2', dst: '198.51.100.7' }), udp({ srcPort: n, dstPort: 53 }), data('?')]);
  let n = 1024;
  const engine = openCaseEngine('vm');
  const element = new CaseElement(engine, image, control({
    members: [{ port: 0, in: none, out: { ...none, application: 1 } }], addresses: [], sets: [{ number: 1, closed: true, rules: [{ action: 'allow', hits: 0 }] }],
    epoch: { rules: 1, members: 1 }, connections: MOST,
  }) as Contents);
  const passes = (port: number): boolean => element.send({ by: 'egress', frame: question(port) }).verdict?.exit === 'next';
  fc.assert(fc.property(fc.array(fc.record({ waitSeconds: fc.constantFrom(0, 0, 1, 20, 29, 31, 64, 130, 9000), open: fc.nat(4), again: fc.nat(3) }), { minLength: 5, maxLength: 25 }), steps => {
    // One element for all: after hours nothing is left of the steps before.
    element.wait(9000);
    /** By source port, when it will be over. */
    const live = new Map<number, number>();
    let now = 0;
    for (const { waitSeconds, open, again } of steps) {
      element.wait(waitSeconds);
      now += waitSeconds;
      const standing = (atLeast: number): number[] => [...live].flatMap(([port, over]) => over > now + atLeast ? [port] : []);
      for (const port of standing(1).slice(0, again)) {
        assert.ok(passes(port), 'what it has goes on');
        live.set(port, now + LIFE);
      }
      for (let i = 0; i < open; i++) {
        const [certainly, perhaps] = [standing(1).length, standing(-TICK - 1).length];
        const passed = passes(++n);
        if (certainly >= MOST) assert.equal(passed, false, `${certainly} stand`);
        if (perhaps < MOST) assert.equal(passed, true, `${perhaps} may stand`);
        if (passed) live.set(n, now + LIFE);
      }
    }
  }), { numRuns: 40 });
  engine.close();
});
