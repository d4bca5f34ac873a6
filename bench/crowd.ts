// Many endpoints on one server, by a Director and a visor as processes, the server and each workload in a namespace of its own.

import { createNamespace } from '../src/netlink/namespaces.ts';
import { PINS, PREFIX, RUN_DIR } from './leftovers.ts';
import { Zone } from './zone.ts';

/** Requests at a time, as a scheduler that starts workloads has them. */
const AT_ONCE = 32;
const UNDERLAY = '192.0.2.1';
/** One more comes when all that the one before led to is done: a Director sends what changes within 50 ms together. */
export const BETWEEN_MS = 400;

export const SERVER = 's1', DOMAIN = 'many';

interface CrowdOptions {
  readonly networks: number;
  /** Namespaces that are made. */
  readonly most: number;
  readonly resources?: readonly unknown[];
}

export class Crowd implements AsyncDisposable {
  readonly zone = new Zone({ folder: `${RUN_DIR}/zone`, pins: PINS });
  readonly #networks: number;
  readonly #spaces: readonly string[];
  #next = 0;

  private constructor(networks: number, spaces: readonly string[]) {
    this.#networks = networks;
    this.#spaces = spaces;
  }

  static async make({ networks, most, resources = [] }: CrowdOptions): Promise<Crowd> {
    const host = createNamespace(`${PREFIX}host`);
    const crowd = new Crowd(networks, Array.from({ length: most }, (_, i) => createNamespace(`${PREFIX}w${i}`)));
    try {
      await crowd.zone.startDirector();
      await crowd.zone.director.apply([resource('Domain', DOMAIN, {}), ...Array.from({ length: networks }, (_, n) => resource('Network', `net${n}`, { subnets: subnetsOf(n) }, DOMAIN)), ...resources]);
      await crowd.zone.startVisor(SERVER, host, UNDERLAY);
      return crowd;
    } catch (error) {
      await crowd[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** So many more of them, at once. */
  async attach(count: number, stop: AbortSignal): Promise<void> {
    const last = this.#next + count;
    await Promise.all(Array.from({ length: Math.min(count, AT_ONCE) }, async () => {
      while (this.#next < last && !stop.aborted) {
        const i = this.#next++;
        await this.zone.visor(SERVER).attach({ domain: DOMAIN, network: `net${i % this.#networks}`, netns: this.#spaces[i]!, name: `w${i}`, timeoutMs: 120_000 });
      }
    }));
    stop.throwIfAborted();
  }

  /** @throws not all are ready */
  async check(): Promise<void> {
    const { endpoints } = await this.zone.visor(SERVER).status();
    const ready = endpoints.filter(e => e.state === 'ready').length;
    if (ready !== this.#next) throw new Error(`${ready} of ${this.#next} endpoints are ready`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.zone[Symbol.asyncDispose]();
  }
}

function subnetsOf(network: number): readonly [four: string, six: string] {
  return [`10.${network}.0.0/22`, `fd00:${network}::/64`];
}

export function resource(kind: string, name: string, spec: object, domain?: string): unknown {
  return { apiVersion: 'iovisor/v1', kind, metadata: { name, ...domain !== undefined && { domain } }, spec };
}
