// A simulated server: what a kernel would hold of it. Maps, programs, records and devices stay here when a data path is closed,
// as pins do, and devices run the programs that are attached to them.

import type { EndpointSpec } from '../datapath.ts';
import type { EndpointDevice } from '../compose/engine.ts';
import type { VmMap } from '../../vm/maps/map.ts';
import type { Effect, Tunnel } from '../../vm/packet/effect.ts';
import { transportOf } from './transport.ts';
import { tagged, untagged } from './vlan.ts';
import { createVm, type Vm, type VmProgram } from '../../vm/vm.ts';
import type { HopPlace } from './hop.ts';
import { addressBytes, addressText, type Lab } from './lab.ts';
import { ETHERNET_BYTES, type LabDevice, type LabHost } from './lab-host.ts';

type ServerDevice =
  | { readonly kind: 'veth'; readonly ifindex: number; readonly uid: string; readonly spec: EndpointSpec; readonly far: LabDevice; program: string }
  | { readonly kind: 'vxlan'; readonly ifindex: number; readonly udpPort: number; program: string }
  /** One that the machine has anyway. `addresses`: the machine's own on it. */
  | { readonly kind: 'link'; readonly ifindex: number; readonly name: string; readonly mac: string; readonly addresses: readonly string[]; readonly far: LabDevice; program: string | undefined }
  /** What is sent into it is heard by the visor. */
  | { readonly kind: 'punt'; readonly ifindex: number; readonly hear: (frame: Uint8Array) => void; program: string }
  /** What is sent into it comes in. */
  | { readonly kind: 'loop'; readonly ifindex: number; program: string };

const PACKET_HOST = 0, PACKET_BROADCAST = 1, PACKET_MULTICAST = 2, PACKET_OTHERHOST = 3;
const VXLAN_MTU = 65_485;

export class LabServer {
  readonly name: string;
  readonly vm: Vm;
  readonly maps = new Map<string, VmMap>();
  readonly programs = new Map<string, VmProgram<'tc'>>();
  /** Record texts by name. */
  readonly records = new Map<string, string>();
  readonly devices = new Map<number, ServerDevice>();
  /** Underlay address, once it has a tunnel. */
  address: string | undefined;
  readonly #lab: Lab;
  #nextIfindex = 2;

  constructor(lab: Lab, name: string) {
    this.#lab = lab;
    this.name = name;
    this.vm = createVm({ nowNs: lab.nowNs, random: lab.random, mtuOf: ifindex => this.#mtuOf(ifindex), ...(lab.checks && { checks: lab.checks }) });
  }

  /** A device that the machine has anyway, with `host` at its far end; `addresses` are that host's, `own` the machine's. */
  addLink(name: string, { mac, own = [], host, device }: { readonly mac: string; readonly own?: readonly string[]; readonly host: LabHost; readonly device: Omit<EndpointSpec, 'uid' | 'id' | 'domain' | 'group' | 'element' | 'port' | 'netns'> }): LabDevice {
    const ifindex = this.nextIfindex();
    const far = host.attach(this, ifindex, { ...device, uid: `${this.name}-${name}`, id: 0, domain: 0, group: 0, element: '', port: 0, netns: host.name });
    this.devices.set(ifindex, { kind: 'link', ifindex, name, mac, addresses: own, far, program: undefined });
    return far;
  }

  nextIfindex(): number {
    return this.#nextIfindex++;
  }

  vxlan(): (ServerDevice & { kind: 'vxlan' }) | undefined {
    for (const device of this.devices.values()) if (device.kind === 'vxlan') return device;
    return undefined;
  }

  /** A device whose host is gone is gone too. */
  endpoint(uid: string): (ServerDevice & { kind: 'veth' }) | undefined {
    for (const device of this.devices.values()) if (device.kind === 'veth' && device.uid === uid) return device.far.alive ? device : undefined;
    return undefined;
  }

  deliveryOf(device: ServerDevice): EndpointDevice {
    return { ifindex: device.ifindex, delivery: 'peer' };
  }

  loop(): number | undefined {
    for (const device of this.devices.values()) if (device.kind === 'loop') return device.ifindex;
    return undefined;
  }

  /** By name. */
  link(name: string): (ServerDevice & { kind: 'link' }) | undefined {
    for (const device of this.devices.values()) if (device.kind === 'link' && device.name === name && device.far.alive) return device;
    return undefined;
  }

  /** A frame comes in by a device: its program says what becomes of it. `cb`: the packet's record, of a copy. */
  ingress(ifindex: number, frame: Uint8Array, { tunnel, cb }: { readonly tunnel?: Tunnel; readonly cb?: readonly number[] } = {}): void {
    const device = this.devices.get(ifindex);
    const program = device?.program === undefined ? undefined : this.programs.get(device.program);
    const arrived = untagged(frame);
    if (!program || !arrived) return;
    const ran = program.run({ ...arrived, ...transportOf(arrived.frame), ifindex, ingressIfindex: ifindex, packetType: device?.kind === 'link' ? packetTypeOf(frame, device.mac) : packetTypeOf(frame), ...(tunnel && { tunnel }), ...(cb && { cb }) });
    if (!ran.ok) throw new Error(`${this.name}: ${ran.program} failed: ${ran.fault.reason}`);
    const { effects, packetType } = ran.value;
    this.#lab.watch?.({ at: 'server', server: this.name, by: this.#placeOf(ifindex), frame, to: effects.map(e => this.#placeTo(e)) });
    for (const effect of effects) this.#carryOut(effect, { frame: tagged(ran.value.frame, ran.value.vlan), packetType, tunnel: ran.value.tunnel });
  }

  #carryOut(effect: Effect, packet: { readonly frame: Uint8Array; readonly packetType: number; readonly tunnel: Tunnel | undefined }): void {
    const device = this.devices.get(effect.ifindex);
    if (!device) return;
    const frame = effect.kind === 'clone' ? tagged(effect.frame, effect.vlan) : packet.frame;
    if (device.kind === 'vxlan') {
      const tunnel = effect.kind === 'clone' ? effect.tunnel : packet.tunnel;
      if (tunnel?.transmit) this.#lab.carry(this, device.udpPort, tunnel, frame);
      return;
    }
    if (device.kind === 'loop') {
      if (effect.kind === 'clone' && effect.to === 'ingress') this.#lab.later(() => { this.ingress(device.ifindex, frame, { cb: effect.cb }); });
      return;
    }
    if (device.kind === 'punt') {
      this.#lab.later(() => { device.hear(frame); });
      return;
    }
    if (device.kind === 'link') {
      const isRouted = effect.kind === 'redirect' && effect.to === 'neighbor';
      if (isRouted && !isNeighbor(device, effect.nextHop)) return;
      const addressed = isRouted ? addressedTo(device, frame) : frame;
      if (addressed.length <= device.far.spec.mtu + ETHERNET_BYTES) this.#lab.later(() => { device.far.receive(addressed); });
      return;
    }
    // As the kernel: into the peer goes what is not for another host, out of the pair what fits its MTU; the rest is gone without a word.
    if (effect.to === 'peer' ? packet.packetType === PACKET_OTHERHOST : frame.length > device.spec.mtu + ETHERNET_BYTES) return;
    this.#lab.later(() => { device.far.receive(frame); });
  }

  #placeTo(effect: Effect): HopPlace {
    const device = this.devices.get(effect.ifindex);
    if (device?.kind !== 'link' || effect.kind !== 'redirect' || effect.to !== 'neighbor' || isNeighbor(device, effect.nextHop)) return this.#placeOf(effect.ifindex);
    return { kind: 'nobody', device: device.name, address: effect.nextHop ? addressText(effect.nextHop) : '' };
  }

  #placeOf(ifindex: number): HopPlace {
    const device = this.devices.get(ifindex);
    if (!device) return { kind: 'nowhere' };
    if (device.kind === 'link') return { kind: 'device', name: device.name };
    return device.kind === 'veth' ? { kind: 'endpoint', uid: device.uid, host: device.spec.netns } : { kind: device.kind === 'vxlan' ? 'tunnel' : device.kind === 'punt' ? 'visor' : 'loop' };
  }

  #mtuOf(ifindex: number): number | undefined {
    const device = this.devices.get(ifindex);
    if (!device) return undefined;
    return device.kind === 'veth' ? device.spec.mtu : device.kind === 'link' ? device.far.spec.mtu : VXLAN_MTU;
  }
}

/** As a kernel that resolves neighbours: the host at the far end is the only one there is. */
function isNeighbor(device: ServerDevice & { kind: 'link' }, nextHop: Uint8Array | undefined): boolean {
  return nextHop !== undefined && device.far.spec.addresses.some(a => addressText(addressBytes(a.split('/')[0] ?? '')) === addressText(nextHop));
}

function addressedTo(device: ServerDevice & { kind: 'link' }, frame: Uint8Array): Uint8Array {
  const addressed = Uint8Array.from(frame);
  addressed.set([device.far.spec.mac, device.mac].flatMap(text => text.split(':').map(part => parseInt(part, 16))));
  return addressed;
}

/** As seen at a device, whose own address no one knows but for those that the machine has anyway. */
function packetTypeOf(frame: Uint8Array, own?: string): number {
  if (own?.split(':').every((part, at) => frame[at] === parseInt(part, 16))) return PACKET_HOST;
  if (frame.subarray(0, 6).every(byte => byte === 0xff)) return PACKET_BROADCAST;
  return ((frame[0] ?? 0) & 1) === 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}
