// A simulated host: a workload with devices. Each device has a small network stack (stack.ts) and remembers what it heard.

import type { EndpointSpec } from '../datapath.ts';
import type { Lab } from './lab.ts';
import type { LabServer } from './lab-server.ts';
import { Stack } from './stack.ts';

export const ETHERNET_BYTES = 14;
/** Frames that a device remembers. */
const MAX_HEARD = 4096;

export class LabHost {
  readonly name: string;
  readonly devices = new Map<string, LabDevice>();
  readonly #lab: Lab;

  constructor(lab: Lab, name: string) {
    this.#lab = lab;
    this.name = name;
  }

  attach(server: LabServer, ifindex: number, spec: EndpointSpec): LabDevice {
    const device = new LabDevice(this.#lab, { host: this, server, ifindex, spec });
    this.devices.set(spec.device, device);
    return device;
  }

  /** The device of that name, or the only one. */
  device(name?: string): LabDevice {
    const device = name === undefined ? [...this.devices.values()][0] : this.devices.get(name);
    if (!device) throw new Error(`host ${this.name} has no device ${name ?? 'at all'}`);
    return device;
  }

  destroy(): void {
    for (const device of this.devices.values()) device.destroy();
    this.devices.clear();
  }
}

export class LabDevice {
  readonly spec: EndpointSpec;
  readonly stack: Stack;
  /** Frames that arrived, the oldest first. */
  readonly heard: Uint8Array[] = [];
  /** Takes the frames in place of the simulated stack. */
  workload: ((frame: Uint8Array) => void) | undefined;
  readonly #lab: Lab;
  readonly #host: LabHost;
  readonly #server: LabServer;
  readonly #ifindex: number;
  #alive = true;

  constructor(lab: Lab, parts: { readonly host: LabHost; readonly server: LabServer; readonly ifindex: number; readonly spec: EndpointSpec }) {
    this.#lab = lab;
    this.#host = parts.host;
    this.#server = parts.server;
    this.#ifindex = parts.ifindex;
    this.spec = parts.spec;
    this.stack = new Stack({ mac: parts.spec.mac, addresses: parts.spec.addresses, gateways: parts.spec.gateways ?? [], mtu: parts.spec.mtu, send: frame => { this.#put(frame); }, settle: () => { lab.settle(); } });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Sends a frame, and lets come what comes of it. */
  send(frame: Uint8Array): void {
    this.#put(frame);
    this.#lab.settle();
  }

  receive(frame: Uint8Array): void {
    if (!this.#alive) return;
    if (this.heard.length >= MAX_HEARD) this.heard.shift();
    this.heard.push(frame);
    this.#lab.watch?.({ at: 'host', host: this.#host.name, frame });
    if (this.workload) this.workload(frame);
    else this.stack.receive(frame);
  }

  destroy(): void {
    this.#alive = false;
    this.#host.devices.delete(this.spec.device);
  }

  #put(frame: Uint8Array): void {
    if (this.#alive) this.#lab.later(() => { this.#server.ingress(this.#ifindex, frame); });
  }
}
