// A laboratory of simulated servers and hosts, joined by a simulated underlay. Everything happens in one thread and in order:
// sending puts work into a queue, and `settle` carries it out until nothing moves. It knows no plan and checks nothing.

import { ipv4Text, ipv6Text, ipv4Bytes, ipv6Bytes } from '../../lang/packets/address.ts';
import type { Tunnel } from '../../vm/packet/effect.ts';
import type { VmOptions } from '../../vm/vm.ts';
import { DatapathError } from '../datapath.ts';
import { LabHost } from './lab-host.ts';
import { LabServer } from './lab-server.ts';
import type { Hop } from './hop.ts';

/** Work after which the laboratory takes a storm for endless. */
const MAX_STEPS = 1_000_000;

export interface LabOptions {
  /** Nanoseconds, monotonic. Default: that of the machine. */
  readonly nowNs?: () => number;
  /** 32 random bits. */
  readonly random?: () => number;
  /** `on-demand`: an endpoint's host is made with it, for a visor of its own; `declared` (default): one that is not there is refused. */
  readonly hosts?: 'declared' | 'on-demand';
  /** How servers check their programs' accesses; default `regions`. `walked` and `memory` are fast, for images that say that they were walked, or for all. */
  readonly checks?: VmOptions['checks'];
  /** Told of every step of every frame, as it happens. */
  readonly watch?: (hop: Hop) => void;
}

export class Lab {
  readonly nowNs: () => number;
  readonly random: () => number;
  readonly watch: ((hop: Hop) => void) | undefined;
  readonly checks: VmOptions['checks'];
  readonly #hostPolicy: 'declared' | 'on-demand';
  readonly #servers = new Map<string, LabServer>();
  readonly #hosts = new Map<string, LabHost>();
  readonly #queue: (() => void)[] = [];
  #settling = false;

  constructor(options: LabOptions = {}) {
    this.#hostPolicy = options.hosts ?? 'declared';
    this.nowNs = options.nowNs ?? (() => Math.round(performance.now() * 1e6));
    this.watch = options.watch;
    this.checks = options.checks;
    this.random = options.random ?? (() => Math.floor(Math.random() * 2 ** 32));
  }

  /** The server of that name, made if it is not there. */
  server(name: string): LabServer {
    const server = this.#servers.get(name) ?? new LabServer(this, name);
    this.#servers.set(name, server);
    return server;
  }

  /** A new host without devices; endpoints with its name as `netns` give it some. */
  addHost(name: string): LabHost {
    if (this.#hosts.has(name)) throw new Error(`there is a host ${name} already`);
    const host = new LabHost(this, name);
    this.#hosts.set(name, host);
    return host;
  }

  host(name: string): LabHost {
    const host = this.#hosts.get(name);
    if (!host && this.#hostPolicy === 'on-demand') return this.addHost(name);
    if (!host) throw new DatapathError(`there is no host ${name} in this laboratory`, { cure: 'add it before its endpoint' });
    return host;
  }

  /** The host and its devices are gone, as when a namespace dies. */
  deleteHost(name: string): void {
    this.#hosts.get(name)?.destroy();
    this.#hosts.delete(name);
  }

  /** Work that is done when what goes on now is done. */
  later(work: () => void): void {
    this.#queue.push(work);
  }

  /** Carries out all work, and the work that it makes. */
  settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    try {
      let steps = 0;
      for (let work = this.#queue.shift(); work; work = this.#queue.shift()) {
        if (++steps > MAX_STEPS) throw new Error(`the laboratory does not come to rest after ${MAX_STEPS} steps: there is a loop`);
        work();
      }
    } finally {
      this.#queue.length = 0;
      this.#settling = false;
    }
  }

  /** A frame in a tunnel, over the underlay, which delivers by address and loses what no one has. */
  carry(from: LabServer, udpPort: number, tunnel: Tunnel, frame: Uint8Array): void {
    const destination = addressText(tunnel.destination);
    for (const server of this.#servers.values()) {
      const device = server.vxlan();
      if (server.address !== destination || device?.udpPort !== udpPort) continue;
      const source = addressBytes(from.address ?? '0.0.0.0');
      this.later(() => { server.ingress(device.ifindex, frame, { tunnel: { ...tunnel, source, transmit: false } }); });
    }
  }
}

export function addressBytes(text: string): Uint8Array {
  return text.includes(':') ? ipv6Bytes(text) : ipv4Bytes(text);
}

export function addressText(bytes: Uint8Array): string {
  return bytes.length === 4 ? ipv4Text(bytes) : ipv6Text(bytes);
}
