// The office on either engine, as places where frames go in and come out. A frame is sent, and what became of it is told: where it came out and how,
// and which drop sites counted it. Nothing here knows what should become of it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Datapath } from '../../src/datapath/datapath.ts';
import { openKernelDatapath } from '../../src/datapath/kernel/open.ts';
import { Lab } from '../../src/datapath/vm/lab.ts';
import { openVmDatapath } from '../../src/datapath/vm/open.ts';
import { removePins } from '../../src/kernel/pins.ts';
import { addAddress } from '../../src/netlink/addresses.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { indexOf, setLink } from '../../src/netlink/links.ts';
import { createNamespace, deleteNamespace, namespacePath } from '../../src/netlink/namespaces.ts';
import { addNeighbours, listNeighbours } from '../../src/netlink/neighbours.ts';
import { writeSysctl } from '../../src/netlink/sysctl.ts';
import { openTap, type Tap } from '../../src/sys/tap.ts';
import { EDGE, type OfficeZone, SERVER } from './office-zone.ts';

/** Name of a station, or `world`. */
export type Place = string;
interface Came { readonly at: Place; readonly frame: Uint8Array }
export interface Fate {
  /** In the order of places; at one place, in their order. */
  readonly came: readonly Came[];
  /** By `owner module:line reason`, sorted. */
  readonly dropped: readonly string[];
  /** Next hops that the packet left for and that nobody is: the machine asks for them in vain. The vm alone tells at once. */
  readonly asked: readonly string[];
}

export interface World {
  readonly datapath: Datapath;
  send(at: Place, frame: Uint8Array): void;
  /** Since the last time. */
  fate(): Fate;
  close(): void;
}

export interface KernelWorld extends World {
  /** Was this next hop ever asked for, and has nobody answered? */
  hasAsked(address: string): boolean;
}

const WORLD = 'world';

export function vmWorld(zone: OfficeZone): World {
  let asked: string[] = [];
  const lab = new Lab({ watch: hop => { if (hop.at === 'server') asked.push(...hop.to.flatMap(to => (to.kind === 'nobody' ? [to.address] : []))); } });
  const server = lab.server(SERVER);
  const link = server.addLink(EDGE.device, {
    mac: EDGE.mac, own: EDGE.own.map(a => a.replace(/\/.*/, '')), host: lab.addHost(WORLD), device: { device: 'eth0', mac: EDGE.far.mac, addresses: EDGE.far.addresses, mtu: 1500 },
  });
  for (const { tap } of zone.stations) lab.addHost(tap);
  const datapath = openVmDatapath({ lab, server: SERVER });
  zone.bring(datapath);
  const devices = new Map([[WORLD, link], ...zone.stations.map(s => [s.name, lab.host(s.tap).device()] as const)]);
  const heard = new Map<Place, Uint8Array[]>();
  for (const [place, device] of devices) device.workload = frame => { heard.set(place, [...heard.get(place) ?? [], Uint8Array.from(frame)]); };
  const drops = new Drops(zone, datapath);
  return {
    datapath,
    send(at, frame) { devices.get(at)!.send(Uint8Array.from(frame)); },
    fate() {
      const came = placesOf(zone).flatMap(at => (heard.get(at) ?? []).map(frame => ({ at, frame })));
      const vain = asked;
      heard.clear();
      asked = [];
      return { came, dropped: drops.since(), asked: vain };
    },
    close() { datapath.destroy(); },
  };
}

/** `name`: of this world alone. Its namespace holds only its devices; no stack speaks on the TAPs of stations. */
export function kernelWorld(zone: OfficeZone, name: string): KernelWorld {
  const prefix = `iov-${name}`, root = `/sys/fs/bpf/${prefix}`;
  const clean = (): void => {
    deleteNamespace(prefix);
    removePins(root);
  };
  clean();
  const state = mkdtempSync(join(tmpdir(), `${prefix}-`));
  const netns = createNamespace(prefix);
  const taps = new Map<Place, Tap>();
  writeSysctl(netns, 'net/ipv6/conf/default/accept_dad', 0);
  writeSysctl(netns, 'net/ipv6/conf/default/router_solicitations', 0);
  writeSysctl(netns, 'net/ipv6/conf/default/addr_gen_mode', 1);
  taps.set(WORLD, openTap(EDGE.device, netns));
  for (const { name: station, tap } of zone.stations) taps.set(station, openTap(tap, netns));
  {
    using netlink = new Netlink({ netns });
    setLink(netlink, EDGE.device, { mac: EDGE.mac });
    setLink(netlink, EDGE.device, { state: 'up' });
    const index = indexOf(netlink, EDGE.device);
    for (const address of EDGE.own) addAddress(netlink, index, address);
    addNeighbours(netlink, EDGE.far.addresses.map(address => ({ index, ip: address.replace(/\/.*/, ''), mac: EDGE.far.mac })));
  }
  const datapath = openKernelDatapath({ server: SERVER, root, netnsPath: namespacePath(prefix), stateDir: state });
  zone.bring(datapath);
  const read = (tap: Tap): Uint8Array[] => {
    const frames: Uint8Array[] = [];
    for (let frame = tap.read(); frame; frame = tap.read()) frames.push(Uint8Array.from(frame));
    return frames;
  };
  const drops = new Drops(zone, datapath);
  return {
    datapath,
    send(at, frame) { if (!taps.get(at)!.write(frame)) throw new Error(`the TAP of ${at} takes no frame`); },
    fate() {
      const came = placesOf(zone).flatMap(at => read(taps.get(at)!).filter(frame => at !== WORLD || !isMachines(frame)).map(frame => ({ at, frame })));
      return { came, dropped: drops.since(), asked: [] };
    },
    hasAsked(address) {
      using netlink = new Netlink({ netns });
      return listNeighbours(netlink, indexOf(netlink, EDGE.device)).some(n => n.ip === address && n.mac === undefined);
    },
    close() {
      datapath.destroy();
      datapath.close();
      for (const tap of taps.values()) tap.close();
      clean();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

function placesOf(zone: OfficeZone): Place[] {
  return [WORLD, ...zone.stations.map(s => s.name)];
}

/** What the machine says for itself at its own device: listener reports, and answers about its own addresses. */
function isMachines(frame: Uint8Array): boolean {
  const type = (frame[12] ?? 0) << 8 | (frame[13] ?? 0);
  const is = (at: number, hex: string): boolean => Buffer.from(frame.subarray(at, at + hex.length / 2)).toString('hex') === hex;
  if (type === 0x0806) return is(28, 'c6336403');
  if (type === 0x0800) return is(26, 'c6336403');
  return type === 0x86dd && (is(0, '333300000016') || is(22, '20010db8000500000000000000000003'));
}

class Drops {
  readonly #zone: OfficeZone;
  readonly #datapath: Datapath;
  #before: ReadonlyMap<string, number>;

  constructor(zone: OfficeZone, datapath: Datapath) {
    this.#zone = zone;
    this.#datapath = datapath;
    this.#before = this.#read();
  }

  since(): string[] {
    const now = this.#read();
    const added = [...now].flatMap(([site, packets]) => Array.from({ length: packets - (this.#before.get(site) ?? 0) }, () => site));
    this.#before = now;
    return added.sort();
  }

  #read(): Map<string, number> {
    return new Map(this.#datapath.drops().map(d => [`${this.#zone.owners.get(d.element ?? '') ?? 'server'} ${d.module}:${d.line} ${d.reason}`, d.packets]));
  }
}
