// What one element alone can have goes from one to another, round and round too: nobody is refused on the way, and all get there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeDatapath } from '../../../sim/fake-datapath.ts';
import type { ElementSpec, Wire } from '../../datapath/datapath.ts';
import { specHash } from '../../datapath/spec-hash.ts';
import type { Desired } from './desired.ts';
import { assume, reconcile, type Operation } from './reconcile.ts';

const segment = (vlan: number): Wire => ({ port: 1000 + vlan, to: 'trunk', device: 'eth1', vlan });
const tunnel = (vni: number, remote = '192.0.2.2'): Wire => ({ port: 1, to: 'tunnel', vni, remote });
const outside = (...addresses: string[]): Wire => ({ port: 2, to: 'device', device: 'eth0', via: 'direct', claims: addresses.map(a => `${a}/32`), announces: addresses });
const element = (uid: string, ...wires: Wire[]): ElementSpec => ({ uid, id: uid.charCodeAt(0), imageHash: 'i', contents: {}, wires });

function desiredOf(specs: readonly ElementSpec[]): Desired {
  return { images: ['i'], tunnel: { local: '192.0.2.1', udpPort: 4789 }, elements: specs.map(spec => ({ owner: spec.uid, spec, hash: specHash(spec) })), endpoints: [], absent: [] };
}

/** Operations in their order, as a visor asks for them: all that may be at once, what waits for others behind them. A refusal throws. */
function bring(datapath: FakeDatapath, specs: readonly ElementSpec[]): string[] {
  const desired = desiredOf(specs), done: string[] = [];
  let observed = datapath.observe();
  for (let turn = 0; turn < 50; turn++) {
    const steps = reconcile(desired, observed);
    if (steps.length === 0) { assert.deepEqual(reconcile(desired, datapath.observe()), []); return done; }
    const now = steps.filter(s => s.may && (s.behind ?? []).length === 0);
    assert.notEqual(now.length, 0, `nothing may be done of: ${steps.map(s => s.object).join(', ')}`);
    for (const { operation, change } of now) {
      carryOut(datapath, operation);
      done.push(`${operation.kind.split('-')[0]} ${'spec' in operation ? 'uid' in operation.spec ? operation.spec.uid : 'tunnel' : 'uid' in operation ? operation.uid : operation.hash}`);
      observed = assume(observed, operation, change);
    }
  }
  return assert.fail(`it does not come to an end: ${done.join(', ')}`);
}

function carryOut(datapath: FakeDatapath, operation: Operation): void {
  switch (operation.kind) {
    case 'put-image': datapath.putImage(operation.hash); return;
    case 'put-tunnel': datapath.putTunnel(operation.spec); return;
    case 'put-element': datapath.putElement(operation.spec); return;
    case 'remove-element': datapath.removeElement(operation.uid); return;
    default: assert.fail(operation.kind);
  }
}

function standing(...specs: ElementSpec[]): FakeDatapath {
  const datapath = new FakeDatapath();
  bring(datapath, specs);
  return datapath;
}

test('two that swap: one lets go, the other takes it, the first takes what that had; what neither gives up stays all the while', () => {
  const datapath = standing(element('a', segment(10), tunnel(1)), element('b', segment(20), tunnel(2)));
  const put = datapath.putElement.bind(datapath), seen: (readonly Wire[])[] = [];
  datapath.putElement = spec => { seen.push(spec.wires); put(spec); };
  assert.deepEqual(bring(datapath, [element('a', segment(20), tunnel(1)), element('b', segment(10), tunnel(2))]), ['put a', 'put b', 'put a']);
  assert.deepEqual(seen[0], [tunnel(1)]);
});

test('what is passed on is put in that order, and nobody has less meanwhile', () => {
  const datapath = standing(element('a', segment(10)), element('b', segment(20)), element('c', segment(30)));
  assert.deepEqual(bring(datapath, [element('a', segment(20)), element('b', segment(30)), element('c', segment(40))]), ['put c', 'put b', 'put a']);
});

test('of one that goes: who stands has less until then, for what goes may be led to until then', () => {
  const datapath = standing(element('a', segment(10)), element('b', segment(20)));
  assert.deepEqual(bring(datapath, [element('a', segment(20))]), ['put a', 'remove b', 'put a']);
  assert.deepEqual(bring(datapath, [element('c', segment(20))]), ['remove a', 'put c'], 'what is new waits');
});

test('addresses of a device are given up one by one, and announced when they are taken', () => {
  const datapath = standing(element('a', outside('198.51.100.1', '198.51.100.2')), element('b', outside('198.51.100.3')));
  const put = datapath.putElement.bind(datapath), announced: (readonly string[])[] = [];
  datapath.putElement = spec => { announced.push(spec.wires.flatMap(w => 'announces' in w ? w.announces ?? [] : [])); put(spec); };
  bring(datapath, [element('a', outside('198.51.100.1', '198.51.100.3')), element('b', outside('198.51.100.2'))]);
  assert.deepEqual(announced, [['198.51.100.1'], ['198.51.100.2'], ['198.51.100.1', '198.51.100.3']]);
});

test('a plan that gives the same to two is refused by the data path, and does not make others wait', () => {
  const datapath = standing(element('a', segment(10)), element('b', segment(20)));
  assert.throws(() => bring(datapath, [element('a', segment(20)), element('b', segment(20), tunnel(1))]), /segment 20 at eth1 is element b's/);
});

test('any zone comes to any other, whoever swaps what', () => {
  const pool = [10, 20, 30, 40, 50].map(segment).concat([1, 2, 3].map(vni => tunnel(vni)));
  /** Who has each of the pool; -1: nobody. */
  const zone = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: pool.length, maxLength: pool.length });
  const made = (owners: readonly number[], gone: number): ElementSpec[] => ['a', 'b', 'c', 'd'].flatMap((uid, i) => i === gone ? [] : [element(uid, ...pool.filter((_, at) => owners[at] === i).map((wire, port) => ({ ...wire, port })))]);
  fc.assert(fc.property(zone, zone, fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }), (before, after, goneBefore, goneAfter) => {
    bring(standing(...made(before, goneBefore)), made(after, goneAfter));
  }), { numRuns: 300 });
});
