// What stands around a module as an element while a test sends packets through it, on both engines: the world, workloads at its ports, frames of no
// protocol's. Networks as a Director plans them are src/datapath/suite-net.ts.

import { test, type TestContext } from 'node:test';
import type { Datapath, EndpointSpec } from '../src/datapath/datapath.ts';
import { kernelWorld } from '../src/datapath/fixtures/kernel-world.ts';
import { vmWorld } from '../src/datapath/fixtures/vm-world.ts';
import { TYPE, type Tap, type World } from '../src/datapath/suite-net.ts';
import { kernelTest } from './require.ts';

/** `name`: of the kernel's world, for others may stand at the same time. */
export function onBothEngines(subject: string, name: string, body: (t: TestContext, world: World) => Promise<void>): void {
  test(`vm: ${subject}`, t => body(t, vmWorld()));
  kernelTest(`kernel: ${subject}`, t => body(t, kernelWorld(t, name)));
}

export function macOf(station: number): string {
  return `02:00:00:00:00:${station.toString(16).padStart(2, '0')}`;
}

/** By its number, which is its port's as well. */
export function endpointAt(element: string, port: number, netns: string, change: Partial<EndpointSpec> = {}): EndpointSpec {
  return { uid: `e${port}`, id: port, domain: 1, group: 0, element, port, netns, device: 'eth0', mac: macOf(port), addresses: [`10.0.0.${port}/24`], mtu: 1450, ...change };
}

/** A workload of server a. */
export function attach(t: TestContext, world: World, datapath: Datapath, element: string, port = 1, change: Partial<EndpointSpec> = {}): { readonly spec: EndpointSpec; readonly tap: Tap } {
  const spec = endpointAt(element, port, world.host('a', `${element}-${port}`), change);
  datapath.putEndpoint(spec);
  const tap = world.tap('a', spec.netns, spec.device);
  t.after(() => { tap.close(); });
  return { spec, tap };
}

/** Of 60 bytes, as devices make them. */
export function frameOf(content: readonly number[] = [], { from = 1, type = TYPE } = {}): Uint8Array {
  return Uint8Array.from([2, 0, 0, 0, 0, 0xfe, 2, 0, 0, 0, 0, from, type >> 8, type & 0xff, ...content, ...new Array<number>(46 - content.length).fill(0)]);
}

/** How many packets an element dropped for that reason, at whichever places. */
export function droppedBy(datapath: Datapath, element: string, reason: string): number {
  return datapath.drops().filter(d => d.element === element && d.reason === reason).reduce((sum, d) => sum + d.packets, 0);
}
