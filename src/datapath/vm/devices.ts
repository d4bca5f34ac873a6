// Devices of a simulated server: far ends in simulated hosts, and one tunnel device on the simulated underlay.

import { DatapathError, type EndpointSpec, type TunnelSpec } from '../datapath.ts';
import type { Devices, EndpointDevice, ExistingDevice, PuntDevice } from '../compose/engine.ts';
import type { Lab } from './lab.ts';
import type { LabServer } from './lab-server.ts';

export class VmDevices implements Devices {
  readonly #lab: Lab;
  readonly #server: LabServer;

  constructor(lab: Lab, server: LabServer) {
    this.#lab = lab;
    this.#server = server;
  }

  endpoints(): readonly string[] {
    return [...this.#server.devices.values()].flatMap(device => (device.kind === 'veth' ? [device.uid] : []));
  }

  endpoint(uid: string): EndpointDevice | undefined {
    const device = this.#server.endpoint(uid);
    return device && this.#server.deliveryOf(device);
  }

  made(uid: string): EndpointDevice | undefined {
    return this.endpoint(uid);
  }

  makeEndpoint(spec: EndpointSpec, program: string): EndpointDevice {
    const host = this.#lab.host(spec.netns === '' ? spec.device : spec.netns);
    this.removeEndpoint(spec.uid);
    const ifindex = this.#server.nextIfindex();
    const far = host.attach(this.#server, ifindex, spec);
    this.#server.devices.set(ifindex, { kind: 'veth', ifindex, uid: spec.uid, spec, far, program });
    return { ifindex, delivery: spec.netns === '' ? 'device' : 'peer' };
  }

  reopenEndpoint(): boolean {
    return false;
  }

  switchEndpoint(uid: string, program: string): void {
    const device = this.#server.endpoint(uid);
    if (device) device.program = program;
  }

  changeGateways(spec: EndpointSpec): void {
    const device = this.#server.endpoint(spec.uid);
    if (device) device.far.stack.gateways = spec.gateways ?? [];
  }

  removeEndpoint(uid: string): void {
    for (const [ifindex, device] of this.#server.devices) {
      if (device.kind !== 'veth' || device.uid !== uid) continue;
      device.far.destroy();
      this.#server.devices.delete(ifindex);
    }
  }

  tunnel(): { readonly ifindex: number; readonly udpPort: number } | undefined {
    return this.#server.vxlan();
  }

  makeTunnel(spec: TunnelSpec, program: string): { readonly ifindex: number } {
    const before = this.#server.vxlan();
    const ifindex = before?.udpPort === spec.udpPort ? before.ifindex : this.#server.nextIfindex();
    this.removeTunnel();
    this.#server.devices.set(ifindex, { kind: 'vxlan', ifindex, udpPort: spec.udpPort, program });
    this.#server.address = spec.local;
    return { ifindex };
  }

  removeTunnel(): void {
    const device = this.#server.vxlan();
    if (device) this.#server.devices.delete(device.ifindex);
    this.#server.address = undefined;
  }

  /** The laboratory's underlay carries what tunnel devices send, nothing else. */
  underlay(): undefined {}

  leadsTo(): boolean {
    return false;
  }

  joined(): undefined {}

  switchUnderlay(): void {}

  loop(): number | undefined {
    return this.#server.loop();
  }

  makeLoop(program: string): number {
    const ifindex = this.#server.loop() ?? this.#server.nextIfindex();
    this.#server.devices.set(ifindex, { kind: 'loop', ifindex, program });
    return ifindex;
  }

  /** Heard at once, in order. */
  makePunt(program: string, hear: (frame: Uint8Array) => void): PuntDevice {
    for (const [old, device] of this.#server.devices) if (device.kind === 'punt') this.#server.devices.delete(old);
    const ifindex = this.#server.nextIfindex();
    this.#server.devices.set(ifindex, { kind: 'punt', ifindex, hear, program });
    return {
      ifindex,
      send: frame => {
        this.#lab.later(() => { this.#server.ingress(ifindex, frame); });
        this.#lab.settle();
        return true;
      },
      close: () => { this.#server.devices.delete(ifindex); },
    };
  }

  puntsLost(): number {
    return 0;
  }

  existing(name: string): ExistingDevice | undefined {
    const device = this.#server.link(name);
    return device && { ifindex: device.ifindex, mac: device.mac, mtu: device.far.spec.mtu, addresses: device.addresses };
  }

  doors(): readonly string[] {
    return [...this.#server.devices.values()].flatMap(device => (device.kind === 'link' && device.program !== undefined ? [device.name] : []));
  }

  send(name: string, frame: Uint8Array): void {
    const device = this.#server.link(name);
    if (!device) return;
    this.#lab.later(() => { device.far.receive(frame); });
    this.#lab.settle();
  }

  door(name: string): number | undefined {
    const device = this.#server.link(name);
    return device?.program === undefined ? undefined : device.ifindex;
  }

  /** Devices of the laboratory hear everything. */
  makeDoor(name: string, program: string): void {
    const device = this.#server.link(name);
    if (!device) throw new DatapathError(`there is no device ${name} on this server`, { cure: 'add it to the laboratory' });
    device.program = program;
  }

  removeDoor(name: string): void {
    const device = this.#server.link(name);
    if (device) device.program = undefined;
  }

  destroy(): void {
    for (const name of this.doors()) this.removeDoor(name);
    for (const uid of this.endpoints()) this.removeEndpoint(uid);
    this.removeTunnel();
    const loop = this.#server.loop();
    if (loop !== undefined) this.#server.devices.delete(loop);
  }
}
