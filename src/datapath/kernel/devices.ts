// Devices of one server in the kernel: a veth pair for each endpoint, or the TAP of its virtual machine, which is not ours; one vxlan device, the underlay's device, which is not ours, and the
// pinned tcx links that hold their programs.
//
// The host's end of a pair is named after a hash and has `iov:SERVER:UID` as alias. It is up only while a program is attached,
// so no packet of a workload reaches the host's own stack.

import { statfsSync, statSync } from 'node:fs';
import { release } from 'node:os';
import type { KernelProgram } from '../../kernel/program.ts';
import { type AttachBy, type Attachments, clsactAttachments, hasTcx, tcxAttachments } from './attachments.ts';
import { addressOwner, listAddresses } from '../../netlink/addresses.ts';
import { Netlink } from '../../netlink/client.ts';
import { createVeth, createVxlan, deleteLink, getLink, indexOf, listLinks, setLink } from '../../netlink/links.ts';
import { routeTo } from '../../netlink/routes.ts';
import { writeIpv6Sysctl } from '../../netlink/sysctl.ts';
import { SysError } from '../../sys/errors.ts';
import { openPacketSocket } from '../../sys/packets.ts';
import { DatapathError, type EndpointSpec, type TunnelSpec } from '../datapath.ts';
import type { Devices, EndpointDevice, ExistingDevice, PuntDevice, Records, Underlay } from '../compose/engine.ts';
import { Doors } from './doors.ts';
import { shortHash } from './names.ts';
import { makePuntTap } from './punt-tap.ts';
import { orRefused } from './refused.ts';
import { changeGateways, makePair, MOST_MTU, removePair } from './veth.ts';

interface KernelDevicesOptions {
  readonly server: string;
  readonly root: string;
  readonly netnsPath?: string | undefined;
  readonly records: Records;
  /** Absent: as the kernel has it. */
  readonly attachBy?: AttachBy | undefined;
  /** Opens a pinned program. */
  program(name: string): KernelProgram;
}

interface TapRecord extends EndpointDevice { readonly tap: string }

const TUNNEL = '_tunnel', UNDERLAY = '_underlay', LOOP = '_loop';
/** statfs(2): the file system of namespaces. */
const NSFS_MAGIC = 0x6e736673;

export class KernelDevices implements Devices {
  readonly #options: KernelDevicesOptions;
  readonly #netlink: Netlink;
  readonly #at: Attachments;
  readonly #doors: Doors;

  constructor(options: KernelDevicesOptions) {
    this.#options = options;
    this.#netlink = orRefused('cannot talk to the kernel about devices', () => new Netlink({ netns: options.netnsPath }));
    const by = options.attachBy ?? orRefused('cannot try to attach a program', () => hasTcx(options.netnsPath) ? 'tcx' : 'clsact');
    this.#at = by === 'tcx' ? tcxAttachments(`${options.root}/links`, options.netnsPath) : clsactAttachments(this.#netlink, options.records);
    this.#doors = new Doors({ netlink: this.#netlink, at: this.#at, records: options.records });
  }

  /** Of links and of devices: a crash may have left either without the other. */
  endpoints(): readonly string[] {
    const prefix = `iov:${this.#options.server}:`;
    const linked = this.#at.names().filter(name => !name.includes('_'));
    const made = listLinks(this.#netlink).flatMap(({ alias }) => (alias?.startsWith(prefix) ? [alias.slice(prefix.length)] : []));
    return [...new Set([...linked, ...made])];
  }

  endpoint(uid: string): EndpointDevice | undefined {
    const ifindex = this.#at.attachedTo(uid);
    const device = this.made(uid);
    return device && ifindex === device.ifindex ? device : undefined;
  }

  made(uid: string): EndpointDevice | undefined {
    return this.#options.records.get(`device_${uid}`) as EndpointDevice | undefined;
  }

  /** Someone else has detached the program, or unpinned what held it there. */
  reopenEndpoint(spec: EndpointSpec, program: string): boolean {
    return orRefused(`cannot attach endpoint ${spec.uid}`, () => {
      const name = isTap(spec) ? spec.device : this.#hostName(spec.uid);
      const made = this.made(spec.uid);
      if (!made || getLink(this.#netlink, name)?.index !== made.ifindex) return false;
      this.#open(name, made.ifindex, spec.uid, program);
      return true;
    });
  }

  makeEndpoint(spec: EndpointSpec, program: string): EndpointDevice {
    if (isTap(spec)) return this.#attachTap(spec, program);
    const name = this.#hostName(spec.uid);
    const delivery = this.#isOwnNamespace(spec) ? 'device' : 'peer';
    return orRefused(`cannot attach endpoint ${spec.uid}`, () => {
      try {
        const ifindex = makePair(this.#netlink, spec, { name, alias: `iov:${this.#options.server}:${spec.uid}` });
        this.#open(name, ifindex, spec.uid, program);
        const device: EndpointDevice = { ifindex, delivery };
        this.#options.records.put(`device_${spec.uid}`, device);
        return device;
      } catch (error) {
        this.removeEndpoint(spec.uid);
        throw error;
      }
    });
  }

  /** The device is its owner's: its name, MAC and MTU stay. It comes up with the program, and goes down without it. */
  #attachTap({ uid, device: name }: EndpointSpec, program: string): EndpointDevice {
    return orRefused(`cannot attach endpoint ${uid}`, () => {
      const link = getLink(this.#netlink, name);
      if (!link) throw new DatapathError(`there is no device ${name} on this server`, { cure: `make it (ip tuntap add ${name} mode tap), or start the machine that makes it` });
      if (link.kind !== 'tun' || !link.isEthernet) throw new DatapathError(`${name} is no TAP`, { cure: 'only TAPs of virtual machines are attached as they are; for a namespace give --netns' });
      const other = this.#options.records.list('device_').map(name => name.slice('device_'.length)).find(one => one !== uid && this.made(one)?.ifindex === link.index && this.endpoint(one));
      if (other !== undefined) throw new DatapathError(`${name} is attached as endpoint ${other} already`, { cure: 'detach that one first' });
      try {
        this.#open(name, link.index, uid, program);
        const device: TapRecord = { ifindex: link.index, delivery: 'device', tap: name };
        this.#options.records.put(`device_${uid}`, device);
        return device;
      } catch (error) {
        this.removeEndpoint(uid);
        throw error;
      }
    });
  }

  switchEndpoint(uid: string, program: string): void {
    orRefused(`cannot change endpoint ${uid}`, () => this.#switch(uid, program));
  }

  changeGateways(spec: EndpointSpec, before: readonly string[]): void {
    if (isTap(spec)) return;
    orRefused(`cannot change the gateways of endpoint ${spec.uid}`, () => changeGateways(spec, before));
  }

  /** The device goes before its link: a device without a program would lead into the host's stack. */
  removeEndpoint(uid: string): void {
    orRefused(`cannot remove endpoint ${uid}`, () => {
      const { tap, ifindex } = this.#options.records.get(`device_${uid}`) as Partial<TapRecord> | undefined ?? {};
      if (tap === undefined) removePair(this.#netlink, this.#hostName(uid));
      else if (getLink(this.#netlink, tap)?.index === ifindex) setLink(this.#netlink, tap, { state: 'down' });
      this.#at.detach(uid);
      this.#options.records.delete(`device_${uid}`);
    });
  }

  tunnel(): { readonly ifindex: number; readonly udpPort: number } | undefined {
    const made = this.#options.records.get('tunnel-device') as { ifindex: number; udpPort: number } | undefined;
    return made && this.#at.attachedTo(TUNNEL) === made.ifindex ? made : undefined;
  }

  makeTunnel(spec: TunnelSpec, program: string): { readonly ifindex: number } {
    return orRefused(`cannot make the tunnel device on UDP port ${spec.udpPort}`, () => {
      const before = this.tunnel();
      if (before?.udpPort === spec.udpPort) {
        this.#switch(TUNNEL, program);
        return before;
      }
      this.removeTunnel();
      const name = this.#tunnelName();
      try {
        createVxlan(this.#netlink, { name, alias: `iov:${this.#options.server}`, mode: 'external', groupPolicy: true, udpPort: spec.udpPort });
        const ifindex = indexOf(this.#netlink, name);
        this.#open(name, ifindex, TUNNEL, program);
        this.#options.records.put('tunnel-device', { ifindex, udpPort: spec.udpPort });
        return { ifindex };
      } catch (error) {
        this.removeTunnel();
        throw error;
      }
    });
  }

  removeTunnel(): void {
    deleteLink(this.#netlink, this.#tunnelName());
    this.#at.detach(TUNNEL);
    this.#options.records.delete('tunnel-device');
  }

  /** An Ethernet device: the loopback, where such an address may be too, leads to no other server. */
  underlay(local: string): Underlay | undefined {
    if (!canDecapsulate()) return undefined;
    return orRefused(`cannot find the device that has ${local}`, () => {
      const index = addressOwner(this.#netlink, local);
      const link = index === undefined ? undefined : getLink(this.#netlink, index);
      return link?.isEthernet ? { ifindex: link.index, mtu: link.mtu } : undefined;
    });
  }

  leadsTo({ ifindex }: Underlay, remote: string): boolean {
    return orRefused(`cannot find the way to ${remote}`, () => routeTo(this.#netlink, remote)?.index === ifindex);
  }

  joined(): number | undefined {
    return this.#at.attachedTo(UNDERLAY);
  }

  switchUnderlay(underlay: Underlay | undefined, program: string): void {
    orRefused('cannot join the underlay', () => {
      if (underlay && this.joined() === underlay.ifindex) {
        this.#switch(UNDERLAY, program);
        return;
      }
      this.#at.detach(UNDERLAY);
      if (underlay) this.#attach(underlay.ifindex, UNDERLAY, program);
    });
  }

  loop(): number | undefined {
    const made = this.#options.records.get('loop-device') as number | undefined;
    return made !== undefined && this.#at.attachedTo(LOOP) === made ? made : undefined;
  }

  makeLoop(program: string): number {
    return orRefused('cannot make the loop device', () => {
      const before = this.loop();
      if (before !== undefined) {
        this.#switch(LOOP, program);
        return before;
      }
      this.#removeLoop();
      const name = this.#loopName();
      // One end of a pair whose other end is idle: the kind of device that is there anyway, and as long a frame as there may be.
      createVeth(this.#netlink, { name, alias: `iov:${this.#options.server}`, mtu: MOST_MTU }, { name: `${name}p` });
      const ifindex = indexOf(this.#netlink, name);
      this.#open(name, ifindex, LOOP, program);
      this.#options.records.put('loop-device', ifindex);
      return ifindex;
    });
  }

  #removeLoop(): void {
    deleteLink(this.#netlink, this.#loopName());
    this.#at.detach(LOOP);
    this.#options.records.delete('loop-device');
  }

  existing(name: string): ExistingDevice | undefined {
    return orRefused(`cannot read device ${name}`, () => {
      const link = getLink(this.#netlink, name);
      return link && { ifindex: link.index, mac: link.mac ?? '00:00:00:00:00:00', mtu: link.mtu, addresses: listAddresses(this.#netlink, link.index).map(a => a.prefix.split('/')[0] ?? '') };
    });
  }

  doors(): readonly string[] {
    return this.#doors.names();
  }

  door(name: string): number | undefined {
    return this.#doors.standing(name);
  }

  makeDoor(name: string, program: string, options: { readonly hearsAll?: true } = {}): void {
    orRefused(`cannot attach to device ${name}`, () => {
      using loaded = this.#options.program(program);
      this.#doors.make(name, loaded, options);
    });
  }

  removeDoor(name: string): void {
    this.#doors.remove(name);
  }

  send(name: string, frame: Uint8Array): void {
    const link = getLink(this.#netlink, name);
    if (!link) return;
    try {
      const socket = openPacketSocket({ ifindex: link.index, ...this.#options.netnsPath !== undefined && { netns: this.#options.netnsPath } });
      try { socket.send(frame); } finally { socket.close(); }
    } catch (error) {
      // The device is down, or gone: nobody is there who could hear it.
      if (!(error instanceof SysError)) throw error;
    }
  }

  makePunt(program: string, hear: (frame: Uint8Array) => void): PuntDevice {
    const { server, netnsPath } = this.#options;
    return orRefused('cannot make the TAP for punted packets', () => {
      using loaded = this.#options.program(program);
      return makePuntTap({ name: this.#puntName(), alias: `iov:${server}`, netnsPath, netlink: this.#netlink, at: this.#at }, loaded, hear);
    });
  }

  puntsLost(): number {
    return Number(getLink(this.#netlink, this.#puntName())?.txDropped ?? 0);
  }

  close(): void {
    this.#netlink.close();
  }

  destroy(): void {
    for (const uid of this.endpoints()) this.removeEndpoint(uid);
    for (const name of this.doors()) this.removeDoor(name);
    this.#at.detach(UNDERLAY);
    this.removeTunnel();
    this.#removeLoop();
  }

  /** Attaches the program, keeps the link, and only then lets packets in. */
  #open(name: string, ifindex: number, pinName: string, program: string): void {
    // The host must not speak on the device by itself.
    writeIpv6Sysctl(this.#options.netnsPath, name, 'disable_ipv6', 1);
    this.#attach(ifindex, pinName, program);
    setLink(this.#netlink, name, { state: 'up' });
  }

  #attach(ifindex: number, name: string, program: string): void {
    using loaded = this.#options.program(program);
    this.#at.attach(name, ifindex, loaded);
  }

  #switch(name: string, program: string): void {
    using loaded = this.#options.program(program);
    this.#at.switch(name, loaded);
  }

  #isOwnNamespace(spec: EndpointSpec): boolean {
    const inode = (path: string): number => orRefused(`there is no namespace ${path} for endpoint ${spec.uid}`, () => statSync(path).ino);
    const theirs = inode(spec.netns);
    if (statfsSync(spec.netns).type !== NSFS_MAGIC) throw new DatapathError(`${spec.netns} is not a namespace`, { cure: 'give /run/netns/NAME (ip netns add NAME), or /proc/PID/ns/net' });
    return theirs === inode(this.#options.netnsPath ?? '/proc/self/ns/net');
  }

  #hostName(uid: string): string {
    return `iv${shortHash(`${this.#options.server}/${uid}`)}`;
  }

  #loopName(): string {
    return `ivl${shortHash(this.#options.server)}`;
  }

  #puntName(): string {
    return `ivp${shortHash(this.#options.server)}`;
  }

  #tunnelName(): string {
    return `ivx${shortHash(this.#options.server)}`;
  }
}

/** BPF_F_ADJ_ROOM_DECAP_L3 is of Linux 6.3. */
function canDecapsulate(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 3);
}

function isTap({ netns }: EndpointSpec): boolean {
  return netns === '';
}
