// A crash between any two steps: the process ends, the engine stays. Opened again and told the same, everything stands, and nothing is left over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crash, crashing } from '../fixtures/crashing.ts';
import { switchImage } from '../fixtures/switch.ts';
import type { Image } from '../../image/image.ts';
import type { Datapath, ElementSpec, EndpointSpec } from '../datapath.ts';
import { Lab } from '../vm/lab.ts';
import { VmEngine } from '../vm/engine.ts';
import { ComposedDatapath } from './datapath.ts';

const mac = (port: number): string => `02:00:00:00:00:0${port}`;
const endpoint = (port: number, group = 0): EndpointSpec => ({
  uid: `e${port}`, id: port, domain: 1, group, element: 'net', port, netns: `h${port}`, device: 'eth0', mac: mac(port), addresses: [`10.0.0.${port}/24`], mtu: 1450,
});

interface Plan { readonly image: number; readonly element: ElementSpec; readonly endpoints: readonly EndpointSpec[] }

const element = (image: number, ports: readonly number[], groups: boolean): ElementSpec => ({
  uid: 'net', id: 1, imageHash: `i${image}`, contents: { stations: ports.map(p => [mac(p), p]), features: { groups } },
  wires: [...ports.map(p => ({ port: p, to: 'endpoint' as const, endpoint: `e${p}` })), { port: 60 + image, to: 'tunnel', remote: '192.0.2.2', vni: image }, { port: 63, to: 'device', device: `ext${image}`, via: [], claims: ['198.51.100.2'] }],
});
const BEFORE: Plan = { image: 1, element: element(1, [1, 2], true), endpoints: [endpoint(1), endpoint(2)] };
const AFTER: Plan = { image: 2, element: element(2, [1, 3], true), endpoints: [endpoint(1, 5), endpoint(3)] };

/** With a stage, which is another copy of its program. */
function imageOf(version: number): Image {
  const image = switchImage(version);
  const u32 = { kind: 'int', bits: 32, signed: false, order: 'little' } as const;
  return {
    ...image, stages: image.programs,
    maps: [...image.maps, { name: 'stages', exported: false, kind: 'stages', scope: 'element', capacity: 1, keyBytes: 4, key: u32, keyOffset: 0, valueBytes: 4, value: u32, valueOffset: 0 }],
  };
}

/** As a visor: what differs from what is observed, in order. */
function apply(datapath: Datapath, plan: Plan): void {
  datapath.putImage(plan.element.imageHash, imageOf(plan.image));
  datapath.putTunnel({ local: '192.0.2.1', udpPort: 4789 });
  datapath.putElement(plan.element);
  for (const spec of plan.endpoints) datapath.putEndpoint(spec);
  for (const { uid } of datapath.observe().endpoints) if (!plan.endpoints.some(e => e.uid === uid)) datapath.removeEndpoint(uid);
  for (const hash of datapath.observe().images) if (hash !== plan.element.imageHash) datapath.removeImage(hash);
}

function laboratory(): Lab {
  const lab = new Lab();
  for (const port of [1, 2, 3]) lab.addHost(`h${port}`);
  for (const image of [1, 2]) {
    const device = { device: 'eth0', mac: '02:00:00:00:0e:02', addresses: ['198.51.100.1/24'], mtu: 1500 };
    lab.server('s').addLink(`ext${image}`, { mac: '02:00:00:00:0e:01', host: lab.addHost(`outside${image}`), device });
  }
  return lab;
}

/** Changes that were made before the crash, or all. */
function changeWithCrash(lab: Lab, at: number): { readonly crashed: boolean; readonly steps: number } {
  const { engine, steps } = crashing(new VmEngine(lab, 's'), at);
  try {
    apply(new ComposedDatapath(engine), AFTER);
    return { crashed: false, steps: steps() };
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return { crashed: true, steps: steps() };
  }
}

test('a crash at every step of a change is mended by putting it again', () => {
  const settled = laboratory();
  apply(new ComposedDatapath(new VmEngine(settled, 's')), AFTER);
  const clean = new VmEngine(settled, 's').pins();
  for (let at = 0; ; at++) {
    const lab = laboratory();
    apply(new ComposedDatapath(new VmEngine(lab, 's')), BEFORE);
    const { crashed } = changeWithCrash(lab, at);
    const again = new ComposedDatapath(new VmEngine(lab, 's'));
    apply(again, AFTER);
    const stack = lab.host('h1').device().stack;
    assert.ok(stack.ping('10.0.0.3'), `after a crash at step ${at}`);
    assert.deepEqual(again.observe().endpoints.map(e => e.uid), ['e1', 'e3'], `at step ${at}`);
    const pins = new VmEngine(lab, 's').pins();
    assert.equal(pins.maps.length, clean.maps.length, `maps left over after a crash at step ${at}: ${pins.maps.join(' ')}`);
    assert.equal(pins.programs.length, clean.programs.length, `programs left over after a crash at step ${at}: ${pins.programs.join(' ')}`);
    assert.deepEqual(new VmEngine(lab, 's').devices.doors(), ['ext2'], `at step ${at}`);
    const third = new ComposedDatapath(new VmEngine(lab, 's'));
    apply(third, AFTER);
    assert.equal(third.changes, 0, `still changing after a crash at step ${at}`);
    if (!crashed) return assert.ok(at > 30, `${at} steps were tried`);
  }
});

test('until the crash is mended, what did not change goes on', () => {
  for (let at = 0; ; at++) {
    const lab = laboratory();
    const both: Plan = { ...BEFORE, endpoints: [endpoint(1), endpoint(2)] };
    apply(new ComposedDatapath(new VmEngine(lab, 's')), both);
    const { engine } = crashing(new VmEngine(lab, 's'), at);
    let crashed = false;
    try {
      new ComposedDatapath(engine).putElement({ ...BEFORE.element, contents: { ...BEFORE.element.contents, features: { groups: false }, settings: { unused: 3 } } });
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      crashed = true;
    }
    const seen = lab.host('h2').device();
    lab.host('h1').device().send(Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, ...new Array<number>(46).fill(0)]));
    assert.equal(seen.heard.length, 1, `lost after a crash at step ${at}`);
    if (!crashed) return;
  }
});
