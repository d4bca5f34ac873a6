// Networks of ours as people write them: resources, of which the Director's planner makes plans, and the visor's comparison the operations of
// the data path. Only the processes are left out: no HTTP, no disk, one look instead of many.

import type { Datapath } from '../../src/datapath/datapath.ts';
import { openKernelDatapath } from '../../src/datapath/kernel/open.ts';
import { type LoadedModules, plannedOf } from '../../src/director/core/loaded-module.ts';
import { MemoryStore } from '../../src/director/core/memory-store.ts';
import { planOf } from '../../src/director/core/step.ts';
import { routerGiven } from '../../src/director/core/world.ts';
import { Zone } from '../../src/director/core/zone.fixture.ts';
import { decodeImage } from '../../src/image/codec.ts';
import type { Image } from '../../src/image/image.ts';
import type { PlannedEndpoint } from '../../src/model/plan.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { listLinks } from '../../src/netlink/links.ts';
import { desiredOf } from '../../src/visor/core/desired.ts';
import { carryOut } from '../../src/visor/shell/carry-out.ts';
import { reconcile } from '../../src/visor/core/reconcile.ts';
import { PINS, RUN_DIR } from '../leftovers.ts';
import { DEVICE } from './path.ts';

const MOST_LOOKS = 10;

export class OurZone {
  readonly #zone: Zone;
  readonly #images: ReadonlyMap<string, Image>;

  /** @throws Error  with the refusal: the resources are wrong */
  constructor(modules: LoadedModules, resources: readonly unknown[]) {
    this.#zone = new Zone(new MemoryStore('c0ffee00'), plannedOf(modules));
    this.#images = new Map(Object.values(modules).map(({ planned, imageText }) => [planned.imageHash, imageOf(imageText)]));
    const result = this.#zone.apply(...resources);
    if (!result.ok) throw new Error(JSON.stringify(result.error));
  }

  planned(server: string): readonly PlannedEndpoint[] {
    return planOf(this.#zone.state, server).own?.section.endpoints ?? [];
  }

  /** MAC of the router, as the endpoints of its networks have it. */
  routerMac(path: string): string {
    const given = routerGiven(this.#zone.state.world, path);
    if (!given) throw new Error(`there is no router ${path}`);
    return given.mac;
  }

  /** Brings a server there. `workloads`: namespaces, by endpoint. */
  stand(label: string, server: string, netns: string, workloads: Readonly<Record<string, string>>): StandingServer {
    const plan = planOf(this.#zone.state, server);
    const { epoch, revision } = plan.generation;
    const endpoints = this.planned(server).map(e => ({ endpoint: e.endpoint, network: e.network, netns: workloads[e.endpoint]!, device: DEVICE, born: false, known: { epoch, revision } }));
    const desired = desiredOf({ plan, endpoints, gone: [], told: [], idle: [], spent: [] });
    const root = `${PINS}/${label}`;
    const datapath = openKernelDatapath({ server: `bench-${label}`, root, netnsPath: netns, stateDir: `${RUN_DIR}/${label}` });
    for (let looks = 0; ; looks++) {
      const steps = reconcile(desired, datapath.observe());
      if (steps.length === 0) break;
      if (looks === MOST_LOOKS) throw new Error(`${label} does not come to stand: ${steps.map(s => s.object).join(', ')}`);
      for (const { operation, may } of steps) if (may) carryOut(datapath, operation, hash => this.#images.get(hash)!);
    }
    return { netns, pins: `${root}/programs`, datapath, deviceOf: endpoint => deviceOf(netns, `iov:bench-${label}:${this.planned(server).find(e => e.endpoint === endpoint)?.uid}`) };
  }
}

export interface StandingServer {
  readonly netns: string;
  readonly pins: string;
  readonly datapath: Datapath;
  /** Name of the server's end of an endpoint's pair. */
  deviceOf(endpoint: string): string;
}

/** By its alias (src/datapath/kernel/devices.ts). */
function deviceOf(netns: string, alias: string): string {
  using netlink = new Netlink({ netns });
  const found = listLinks(netlink).find(link => link.alias === alias);
  if (!found) throw new Error(`${netns} has no device ${alias}`);
  return found.name;
}

function imageOf(text: string): Image {
  const decoded = decodeImage(text);
  if (!decoded.ok) throw new Error('an image of ours cannot be read');
  return decoded.image;
}
