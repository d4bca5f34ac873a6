// A simulated server: what a kernel would hold of it. Maps, programs, records and devices stay here when a data path is closed,
// as pins do, and devices run the programs that are attached to them.

import type { EndpointSpec } from '../datapath.ts';
import type { EndpointDevice } from '../compose/engine.ts';
import type { VmMap } from '../../vm/maps/map.ts';
import type { Effect, Tunnel } from '../../vm/packet/effect.ts';
import { createVm, type Vm, type VmProgram } from '../../vm/vm.ts';
import type { HopPlace } from './hop.ts';
import type { Lab } from './lab.ts';
import { ETHERNET_BYTES, type LabDevice } from './lab-host.ts';

export type ServerDevice =
  | { readonly kind: 'veth'; readonly ifindex: number; readonly uid: string; readonly spec: EndpointSpec; readonly far: LabDevice; program: string }
  | { readonly kind: 'vxlan'; readonly ifindex: number; readonly udpPort: number; program: string }
  /** What is sent into it comes in. */
  | { readonly kind: 'loop'; readonly ifindex: number; program: string };

const PACKET_BROADCAST = 1, PACKET_MULTICAST = 2, PACKET_OTHERHOST = 3;
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

  /** A frame comes in by a device: its program says what becomes of it. `cb`: the packet's record, of a copy. */
  ingress(ifindex: number, frame: Uint8Array, { tunnel, cb }: { readonly tunnel?: Tunnel; readonly cb?: readonly number[] } = {}): void {
    const device = this.devices.get(ifindex);
    const program = device && this.programs.get(device.program);
    if (!program) return;
    const ran = program.run({ frame, ifindex, ingressIfindex: ifindex, packetType: packetTypeOf(frame), ...(tunnel && { tunnel }), ...(cb && { cb }) });
    if (!ran.ok) throw new Error(`${this.name}: ${ran.program} failed: ${ran.fault.reason}`);
    const { effects, packetType } = ran.value;
    this.#lab.watch?.({ at: 'server', server: this.name, by: this.#placeOf(ifindex), frame, to: effects.map(e => this.#placeOf(e.ifindex)) });
    for (const effect of effects) this.#carryOut(effect, { frame: ran.value.frame, packetType, tunnel: ran.value.tunnel });
  }

  #carryOut(effect: Effect, packet: { readonly frame: Uint8Array; readonly packetType: number; readonly tunnel: Tunnel | undefined }): void {
    const device = this.devices.get(effect.ifindex);
    if (!device) return;
    const frame = effect.kind === 'clone' ? effect.frame : packet.frame;
    if (device.kind === 'vxlan') {
      const tunnel = effect.kind === 'clone' ? effect.tunnel : packet.tunnel;
      if (tunnel?.transmit) this.#lab.carry(this, device.udpPort, tunnel, frame);
      return;
    }
    if (device.kind === 'loop') {
      if (effect.kind === 'clone' && effect.to === 'ingress') this.#lab.later(() => { this.ingress(device.ifindex, frame, { cb: effect.cb }); });
      return;
    }
    // As the kernel: into the peer goes what is not for another host, out of the pair what fits its MTU; the rest is gone without a word.
    if (effect.to === 'peer' ? packet.packetType === PACKET_OTHERHOST : frame.length > device.spec.mtu + ETHERNET_BYTES) return;
    this.#lab.later(() => { device.far.receive(frame); });
  }

  #placeOf(ifindex: number): HopPlace {
    const device = this.devices.get(ifindex);
    if (!device) return { kind: 'nowhere' };
    return device.kind === 'veth' ? { kind: 'endpoint', uid: device.uid, host: device.spec.netns } : { kind: device.kind === 'vxlan' ? 'tunnel' : 'loop' };
  }

  #mtuOf(ifindex: number): number | undefined {
    const device = this.devices.get(ifindex);
    if (!device) return undefined;
    return device.kind === 'veth' ? device.spec.mtu : VXLAN_MTU;
  }
}

/** As seen at the host's end, whose own address no one knows. */
function packetTypeOf(frame: Uint8Array): number {
  if (frame.subarray(0, 6).every(byte => byte === 0xff)) return PACKET_BROADCAST;
  return ((frame[0] ?? 0) & 1) === 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}
