// The world of the data path's suite: two servers, workloads on them, one network as a Director would plan it, and frames of its own.
// What is promised of it is suite.ts.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { build } from '../lang/packets/build.ts';
import { arp, data, eth, ipv4, ipv6 } from '../lang/packets.ts';
import { ECHO_TYPE, MIRROR_TYPE, switchImage } from './fixtures/switch.ts';
import type { Image } from '../image/image.ts';
import type { Datapath, ElementSpec, EndpointSpec, Wire } from './datapath.ts';

export type ServerName = 'a' | 'b';

/** A workload's device, from inside. */
export interface Tap {
  send(frame: Uint8Array): void;
  /** The next frame of the suite's own EtherTypes; undefined: none came. */
  receive(): Promise<Uint8Array | undefined>;
  close(): void;
}

/** Two servers joined by an underlay. */
export interface World {
  /** The data path of a server. Opened again, it is what stood. */
  open(server: ServerName): Datapath;
  readonly underlay: Readonly<Record<ServerName, string>>;
  /** A new namespace or simulated host; what `netns` of an endpoint names. */
  host(server: ServerName, name: string): string;
  deleteHost(server: ServerName, name: string): void;
  /** A device that the server has anyway, with a neighbour behind it; made again where it was deleted. */
  outside(server: ServerName): Outside;
  deleteOutside(server: ServerName): void;
  /** The server's own namespace, where workloads may be as well; absent: there are none. */
  own?(server: ServerName): string;
  tap(server: ServerName, netns: string, device: string): Tap;
  /** What is left of the server in the engine: names of devices and pins. */
  leftovers(server: ServerName): string[];
}

/** What is behind a device that a server has anyway. `netns`, `device`: to tap it. */
interface Outside { readonly name: string; readonly netns: string; readonly device: string }
export const OUTSIDE = {
  name: 'ext.0', mac: '02:00:00:00:ee:01', own: ['198.51.100.3/24', '2001:db8:5::3/64'],
  far: { mac: '02:00:00:00:ee:02', addresses: ['198.51.100.1/24', '2001:db8:5::1/64'] },
} as const;

/** Of the suite, what is done to devices: for kernels whose devices have no list of programs. */
export const ATTACHED = /^unicast|^filters|no packet is lost|adopted|goes away|destroyed/;

/** Of servers, where nothing depends on the family of the underlay. */
export const UNDERLAY: World['underlay'] = { a: '192.0.2.1', b: '192.0.2.2' };

/** Of the suite's frames. */
export const TYPE = 0x88b5;
export const VNI = 4242;
const MTU = 1450;

export interface Station { readonly mac: string; readonly host: string; readonly spec: EndpointSpec; tap: Tap; reopen(): void }

/** One network on two servers, planned as a Director would. */
export class Net {
  /** Around the network's element, the outermost first. */
  filters: readonly { readonly uid: string; readonly id: number; readonly image: Image }[] = [];
  /** Of what goes between servers; absent: what the underlay takes. */
  mtu: number | undefined;
  readonly world: World;
  readonly #t: TestContext;
  readonly #id: { readonly name: string; readonly id: number; readonly vni: number };
  readonly #opened: Map<ServerName, Datapath>;
  readonly #endpoints: { server: ServerName; spec: EndpointSpec }[] = [];

  /** `beside`: another network on the same servers, for a server is open once. */
  constructor(world: World, t: TestContext, id = { name: 'red', id: 1, vni: VNI }, beside?: Net) {
    this.world = world;
    this.#t = t;
    this.#id = id;
    this.#opened = beside ? beside.#opened : new Map();
  }

  open(server: ServerName): Datapath {
    const opened = this.#opened.get(server) ?? this.world.open(server);
    this.#opened.set(server, opened);
    return opened;
  }

  close(server: ServerName): void {
    this.#opened.get(server)?.close();
    this.#opened.delete(server);
  }

  spec(server: ServerName, port: number, netns = ''): EndpointSpec {
    const { name, id } = this.#id;
    return {
      uid: `${name}-${server}-${port}`, id: 100 * id + port, domain: id, group: 7, element: name, port, netns, device: 'eth0',
      mac: `02:00:00:00:${(port >> 8).toString(16).padStart(2, '0')}:${(port & 0xff).toString(16).padStart(2, '0')}`, addresses: [`10.0.0.${(port % 250) + 1}/24`], mtu: MTU,
    };
  }

  /** The endpoint is attached at once, its wire comes with `build`. */
  endpoint(server: ServerName, port: number, change: Partial<EndpointSpec> = {}): Station {
    const host = `${this.#id.name}-${server}-${port}`;
    const netns = this.world.host(server, host);
    const spec = { ...this.spec(server, port, netns), ...change };
    this.#endpoints.push({ server, spec });
    this.open(server).putEndpoint(spec);
    const station: Station = {
      mac: spec.mac, host, spec, tap: this.world.tap(server, spec.netns, spec.device),
      reopen: () => { station.tap = this.world.tap(server, spec.netns, spec.device); },
    };
    this.#t.after(() => station.tap.close());
    return station;
  }

  element(server: ServerName, contents: ElementSpec['contents'] = {}): ElementSpec {
    const other: ServerName = server === 'a' ? 'b' : 'a';
    const tunnelPort = 60;
    const wires: Wire[] = this.#endpoints.filter(e => e.server === server).map(e => ({ port: e.spec.port, to: 'endpoint', endpoint: e.spec.uid }));
    wires.push({ port: tunnelPort, to: 'tunnel', remote: this.world.underlay[other], vni: this.#id.vni, domain: this.#id.id, ...this.mtu !== undefined && { mtu: this.mtu } });
    const stations = this.#endpoints.map(e => [e.spec.mac, e.server === server ? e.spec.port : tunnelPort] as const);
    const filter = this.filters.at(-1);
    return { ...filter && { filter: filter.uid }, uid: this.#id.name, id: this.#id.id, imageHash: 'one', wires: wires.sort((x, y) => x.port - y.port), contents: { stations, ...contents } };
  }

  /** Endpoints enter by the outermost filter. */
  attach(): void {
    const element = this.filters[0]?.uid ?? this.#id.name;
    for (const { server, spec } of this.#endpoints) this.open(server).putEndpoint({ ...spec, element });
  }

  filterSpecs(): ElementSpec[] {
    return this.filters.map(({ uid, id, image }, at): ElementSpec => {
      const outer = this.filters[at - 1]?.uid;
      return { uid, id, imageHash: image.name, contents: {}, wires: [], around: { element: this.#id.name, inner: this.filters[at + 1]?.uid ?? this.#id.name, ...outer !== undefined && { outer } } };
    });
  }

  build(contents: ElementSpec['contents'] = {}): void {
    for (const server of ['a', 'b'] as const) {
      const datapath = this.open(server);
      datapath.putImage('one', switchImage());
      for (const { image } of this.filters) datapath.putImage(image.name, image);
      datapath.putTunnel({ local: this.world.underlay[server], udpPort: 4789 });
      for (const filter of this.filterSpecs()) datapath.putElement(filter);
      datapath.putElement(this.element(server, contents));
    }
    this.attach();
  }
}

export async function passes(from: Station, to: Station, words: string): Promise<void> {
  from.tap.send(frame(to.mac, from.mac, TYPE, words));
  assert.equal(text(await to.tap.receive()), words, `from ${from.spec.uid} to ${to.spec.uid}`);
}

/** The kernel takes a namespace down in its own time. */
export async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !done(); tries++) await new Promise(next => setTimeout(next, 10));
}

export function isOurs(received: Uint8Array): boolean {
  const type = (received[12] ?? 0) << 8 | (received[13] ?? 0);
  if (type === 0x0806) return received[21] === 1 && received[41] === 2;     // ARP requests for …2
  if (type === 0x0800) return received[23] === EXPERIMENT || (received[23] === 1 && received[34] === 3 && received[35] === 4);
  if (announced(received) === 'ND') return true;
  return type === TYPE || type === ECHO_TYPE || type === MIRROR_TYPE || (type === 0x86dd && (received[20] === EXPERIMENT || (received[20] === 58 && received[54] === 2)));
}

/** Of IP (RFC 3692): no stack has it. */
export const EXPERIMENT = 253;

/** A packet of no protocol that a stack knows. */
export function ipFrame(dst: string, src: string, to: string, words: string): Uint8Array {
  const ip = to.includes(':') ? ipv6({ src: '2001:db8:9::9', dst: to, next: EXPERIMENT }) : ipv4({ src: '192.0.2.99', dst: to, protocol: EXPERIMENT });
  return build([eth({ dst, src }), ip, data(words)]);
}

export function frame(dst: string, src: string, type: number, words: string): Uint8Array {
  const mac = (address: string): number[] => address.split(':').map(part => parseInt(part, 16));
  const body = new TextEncoder().encode(words.padEnd(46, '\0'));
  return Uint8Array.from([...mac(dst), ...mac(src), type >> 8, type & 0xff, ...body]);
}

export function text(received: Uint8Array | undefined): string | undefined {
  return received && new TextDecoder().decode(received.subarray(14)).replace(/\0+$/, '');
}

/** What tells of an address …2 that it is at the machine's device, unasked. */
export function announced(received: Uint8Array | undefined): 'ARP' | 'ND' | undefined {
  if (received?.[6] !== 2 || received[11] !== 1) return undefined;
  const [sender, target] = [received.subarray(28, 32), received.subarray(38, 42)].map(a => a.join());
  if (received[12] === 8 && received[13] === 6) return received[0] === 0xff && sender === target ? 'ARP' : undefined;
  return received[0] === 0x33 && received[20] === 58 && received[54] === 136 && received[77] === 2 ? 'ND' : undefined;
}

/** The neighbour outside asks for an address. */
export function arpFor(address: string): Uint8Array {
  const { mac } = OUTSIDE.far;
  return build([eth({ dst: 'ff:ff:ff:ff:ff:ff', src: mac }), arp({ op: 'request', senderMac: mac, senderIp: '198.51.100.1', targetIp: address })]);
}
