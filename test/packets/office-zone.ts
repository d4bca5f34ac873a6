// examples/office as a plan for one server: made by the Director's planner, brought into a data path by the visor's comparison, with nothing of
// their shells. Its stations are at TAPs (in the vm, simulated hosts), so that only what a test sends is ever sent.

import { readFileSync } from 'node:fs';
import type { Datapath } from '../../src/datapath/datapath.ts';
import { plannedOf } from '../../src/director/core/loaded-module.ts';
import { MemoryStore } from '../../src/director/core/memory-store.ts';
import { planOf } from '../../src/director/core/step.ts';
import { routerGiven } from '../../src/director/core/world.ts';
import { resource, Zone } from '../../src/director/core/zone.fixture.ts';
import { loadModules } from '../../src/director/shell/modules.ts';
import { decodeImage } from '../../src/image/codec.ts';
import type { Image } from '../../src/image/image.ts';
import { parseFiles } from '../../src/model/parse.ts';
import { type Desired, desiredOf } from '../../src/visor/core/desired.ts';
import { carryOut } from '../../src/visor/shell/carry-out.ts';
import { reconcile } from '../../src/visor/core/reconcile.ts';

export const SERVER = 's1';
/** The device of the way out, the machine's own addresses there, and the neighbour behind it. */
export const EDGE = {
  device: 'eth1', mac: '02:00:00:00:ee:01', own: ['198.51.100.3/24', '2001:db8:5::3/64'], ip4: '198.51.100.2', ip6: '2001:db8:5::2',
  far: { mac: '02:00:00:00:ee:02', addresses: ['198.51.100.1/24', '2001:db8:5::1/64'] },
} as const;

export interface Station { readonly name: string; readonly network: 'desks' | 'servers'; readonly tap: string; readonly mac: string; readonly ip4: string; readonly ip6: string }

const ENDPOINTS = [
  ['desk-1', { network: 'desks' }], ['desk-2', { network: 'desks' }],
  ['web', { network: 'servers', addresses: ['10.20.2.10', '2001:db8:20:2::10'] }], ['db', { network: 'servers' }],
] as const;
const MOST_LOOKS = 10;

export class OfficeZone {
  readonly stations: readonly Station[];
  readonly routerMac: string;
  /** By uid of the element. */
  readonly owners: ReadonlyMap<string, string>;
  readonly #desired: Desired;
  readonly #images: ReadonlyMap<string, Image>;

  static async make(): Promise<OfficeZone> {
    return new OfficeZone(await loadModules());
  }

  private constructor(modules: Awaited<ReturnType<typeof loadModules>>) {
    const zone = new Zone(new MemoryStore('c0ffee00'), plannedOf(modules));
    const file = new URL('../../examples/office/office.yaml', import.meta.url);
    const { resources, problems } = parseFiles([{ file: 'office.yaml', text: readFileSync(file, 'utf8') }]);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    const result = zone.apply(resource('Server', SERVER, { underlay: '192.0.2.1' }), ...resources.map(r => r.resource),
      ...ENDPOINTS.map(([name, spec]) => resource('Endpoint', `office/${name}`, { server: SERVER, ...spec })));
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    const plan = planOf(zone.state, SERVER);
    const { epoch, revision } = plan.generation;
    const planned = plan.own?.section.endpoints ?? [];
    const of = (addresses: readonly string[], family: string): string => addresses.find(a => a.includes(family))?.replace(/\/.*/, '') ?? '';
    this.stations = planned.map(({ endpoint, network, mac, addresses }, i) =>
      ({ name: endpoint.replace('office/', ''), network: network.replace('office/', '') as Station['network'], tap: `tap${i}`, mac, ip4: of(addresses, '.'), ip6: of(addresses, ':') }));
    this.routerMac = routerGiven(zone.state.world, 'office/main')!.mac;
    this.owners = new Map(plan.elements.map(({ section }) => [section.element.uid, section.owner]));
    const endpoints = planned.map((e, i) => ({ endpoint: e.endpoint, network: e.network, netns: '', device: this.stations[i]!.tap, born: false, known: { epoch, revision } }));
    const desired = desiredOf({ plan: { ...plan, elements: plan.elements.map(unlimited) }, endpoints, gone: [], told: [], idle: [], spent: [] });
    this.#desired = desired;
    this.#images = new Map(Object.values(modules).map(({ planned: { imageHash }, imageText }) => [imageHash, imageOf(imageText)]));
  }

  /** Until all of it stands. */
  bring(datapath: Datapath): void {
    for (let looks = 0; ; looks++) {
      const steps = reconcile(this.#desired, datapath.observe());
      if (steps.length === 0) return;
      if (looks === MOST_LOOKS) throw new Error(`it does not come to stand: ${steps.map(s => s.object).join(', ')}`);
      for (const { operation, may } of steps) if (may) carryOut(datapath, operation, hash => this.#images.get(hash)!);
    }
  }
}

/** A router answers as many packets as it is sent: a limit by time would tell the engines apart. */
function unlimited(element: ReturnType<typeof planOf>['elements'][number]): typeof element {
  const { section } = element;
  return section.owner.startsWith('Router/') ? { ...element, section: { ...section, contents: { ...section.contents, limits: { nsPerError: 1, burstErrors: 4_000_000_000 } } } } : element;
}

function imageOf(text: string): Image {
  const decoded = decodeImage(text);
  if (!decoded.ok) throw new Error('an image of ours cannot be read');
  return decoded.image;
}
