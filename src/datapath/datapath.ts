// The seam between a visor and the data path of its server: what it may ask for, and what it is told. Two drivers: kernel and vm.
// Every operation is idempotent and either done or refused whole; nothing here decides what should exist.

import type { Image } from '../image/image.ts';
import type { TableChange } from '../image/tables.ts';
import type { Contents, Plain } from '../image/values.ts';

export type { Contents, Plain } from '../image/values.ts';

export type EngineName = 'kernel' | 'vm';

/** An element: a module's image, running. Ports are numbers in `0 … 65535`, sparse. */
export interface ElementSpec {
  /** Stable for the life of the element; used in pin names: `[a-z0-9-]`, at most 48 characters. */
  readonly uid: string;
  /** Unique on the server, ≥ 1; the hidden part of keys. */
  readonly id: number;
  readonly imageHash: string;
  /** Of all that is exported: entries that were written before and are omitted now are deleted. */
  readonly contents: Contents;
  readonly wires: readonly Wire[];
  /** Of a module: the filter that what it sends to endpoints passes first, the innermost. */
  readonly filter?: string;
  /** Of a filter, and only of one. */
  readonly around?: Around;
}

/**
 * Where a filter stands. What comes from endpoints goes on to `inner`, the element or a filter nearer to it; what goes to them, to `outer`,
 * a filter nearer to the endpoints, or else to `element`, which delivers it. Ports are those of `element`. An endpoint names the outermost
 * filter as its element.
 */
export interface Around { readonly element: string; readonly inner: string; readonly outer?: string }

/** What travels with a packet on one server (image/abi.ts): to be handed back with an answer. */
export interface PacketRecord {
  /** Port, hops and conntrack state. */
  readonly entry: number;
  readonly domain: number;
  readonly endpoint: number;
  readonly group: number;
  readonly tunnelKey: number;
}

/** A packet that a module handed over. `frame` is whole: checksums are made, segments cut. It is valid during the call. */
export interface Punted {
  /** Uid, and the port that the packet came in by. */
  readonly element: string;
  readonly port: number;
  /** As the module says it in `punt('reason')`. */
  readonly reason: string;
  readonly record: PacketRecord;
  readonly frame: Uint8Array;
}

/**
 * A packet that enters an element as if it came `from` a port of it, or as if it were sent `to` that port by what is inside: of a filter, by the
 * element that it is around. Filters on that way see it.
 */
export interface Reentering {
  readonly element: string;
  readonly port: number;
  readonly way: 'from' | 'to';
  readonly record: PacketRecord;
  readonly frame: Uint8Array;
}

/** The hearer's end. As long as it is not closed, and the process lives, punts are handed over; else they are drops under their own names. */
export interface PuntReader {
  /** False: there is no such element or port, or no room for the frame now. */
  send(packet: Reentering): boolean;
  close(): void;
}

/** What a port of an element is joined to. `floods: false`: what is flooded does not go there. */
export type Wire =
  | { readonly port: number; readonly to: 'endpoint'; readonly endpoint: string }
  /** `domain`: of what arrives by it; 0 where it is left out. `mtu`: bytes of an IP packet that those behind it take; absent: all that the underlay does. */
  | { readonly port: number; readonly to: 'tunnel'; readonly remote: string; readonly vni: number; readonly mtu?: number; readonly domain?: number; readonly floods?: false }
  | { readonly port: number; readonly to: 'element'; readonly element: string; readonly entry: number; readonly floods?: false }
  /**
   * A device that the machine has anyway, shared with it. From it comes what is for `claims` (prefixes), ARP requests and neighbour
   * solicitations about them too, with the device's MAC as destination; all else stays the machine's. Out of it goes a frame as it is, or, if
   * its destination MAC is zero, to the next hop of its family in `via`, or `direct` to whom it is for. Floods do not go there.
   * `announces`: addresses that from now on are at this device (gratuitous ARP, unsolicited neighbour advertisement).
   */
  | { readonly port: number; readonly to: 'device'; readonly device: string; readonly via: readonly string[] | 'direct'; readonly claims: readonly string[]; readonly domain?: number; readonly announces?: readonly string[] }
  /**
   * The segment at a device that the machine has anyway: what comes without a tag, or with that of `vlan`, all of it; what goes out gets the tag. The device hears
   * everything from then on. `endpoint`, `group`: of what comes in.
   */
  | { readonly port: number; readonly to: 'trunk'; readonly device: string; readonly vlan?: number; readonly domain?: number; readonly endpoint?: number; readonly group?: number };

/** A workload's attachment: a veth pair whose far end is made in the namespace; or a TAP that is there already, with a virtual machine behind it. */
export interface EndpointSpec {
  readonly uid: string;
  readonly id: number;
  readonly domain: number;
  readonly group: number;
  readonly element: string;
  readonly port: number;
  /**
   * Path of the namespace: `/run/netns/x`, `/proc/PID/ns/net`; in the vm, the name of a simulated host. Empty: `device` is a TAP in the server's own
   * namespace, in the vm a simulated host of that name, and addresses and gateways are the machine's own to set, as DHCP tells it.
   */
  readonly netns: string;
  /** Name of the device inside, or of the TAP. */
  readonly device: string;
  readonly mac: string;
  /** With prefix length: `10.0.0.2/24`, `fd00::2/64`. */
  readonly addresses: readonly string[];
  /** Where what is in no subnet goes: at most one of a family. */
  readonly gateways?: readonly string[];
  readonly mtu: number;
}

/** The server's one tunnel device. */
export interface TunnelSpec {
  /** Underlay address of this server. */
  readonly local: string;
  readonly udpPort: number;
}

export interface Datapath {
  readonly engine: EngineName;
  /** Changes made to the engine since this handle was opened: 0 after adopting all that stands. */
  readonly changes: number;
  /** Uids of elements that stood when this server was open last, and of which nothing is left: what packets wrote into them is lost. Said once. */
  readonly lost: readonly string[];
  /** What is there, from the engine itself and not from memory of what was asked: after a restart it is the truth to adopt. `only`: of elements and endpoints these, for there may be thousands. */
  observe(only?: Uids): Observed;
  putImage(hash: string, image: Image): void;
  putTunnel(spec: TunnelSpec): void;
  /** Makes or changes an element. Another image or shape is a new generation beside the old, then a switch. */
  putElement(spec: ElementSpec): void;
  /** What packets wrote that `putElement` would not keep, for another image has no place for it. Empty: nothing. */
  losses(spec: ElementSpec): readonly StateLoss[];
  /** Makes or changes an endpoint. It is closed until its element is there. */
  putEndpoint(spec: EndpointSpec): void;
  removeEndpoint(uid: string): void;
  removeElement(uid: string): void;
  removeImage(hash: string): void;
  /** Takes away entries that have expired, which are misses to packets but take room: to be called every some seconds. */
  sweep(): void;
  /** From now on `hear` is told what modules punt. One reader at a time. */
  readPunts(hear: (punted: Punted) => void): PuntReader;
  /** Packets handed over by site, as `drops` tells of those that ended. */
  punts(): readonly DropCount[];
  /** Packets ended by site since the site's program was made, sites never hit left out. */
  drops(): readonly DropCount[];
  ports(element: string): readonly PortCount[];
  /** Of an exported per-CPU array of the element, or a per-CPU hash whose keys are u32: the first u64 at each index or key, all CPUs added up. */
  counters(element: string, exported: string): readonly number[];
  /** What modules said by `log` since the last call, each line a few times a second at most, and how much more they had to say. To be called several times a second. */
  logs(): readonly ModuleLog[];
  /** A part of what an exported map of an element holds: of this element alone. */
  readTable(element: string, exported: string, ask: TableAsk): TablePage;
  /** Sets and deletes entries of an exported map as packets could, whole or not at all; not those that are of its contents. `seconds`: until what is set expires. */
  changeTable(element: string, exported: string, change: TableChange & { readonly seconds?: number | undefined }): number;
  /** What those entries are now, of those that are there. Refuses what `changeTable` would. */
  checkTable(element: string, exported: string, change: TableChange & { readonly seconds?: number | undefined }): readonly TableRow[];
  /** Lets go of handles; the data path goes on. */
  close(): void;
  /** Takes down everything under this server's root. */
  destroy(): void;
}

/** A map, or fields of its values, that a change of the element's image empties. */
export interface StateLoss { readonly element: string; readonly map: string; readonly why: string }

export interface Uids { readonly elements: readonly string[]; readonly endpoints: readonly string[] }

export interface Observed {
  readonly images: readonly string[];
  readonly tunnel?: TunnelSpec;
  /** `specHash` as spec-hash.ts computes it; empty where it does not stand as it should, so that it is put again. */
  readonly elements: readonly { readonly uid: string; readonly id: number; readonly specHash: string; readonly wires: readonly Wire[] }[];
  /** `alive` is false where the namespace or device went away under us. */
  readonly endpoints: readonly { readonly uid: string; readonly specHash: string; readonly alive: boolean }[];
}

export interface DropCount {
  /** Uid of the element; absent: the data path itself. */
  readonly element?: string;
  readonly module: string;
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  readonly packets: number;
}

/** `after`: the `next` of the page before. `key`: this entry alone. */
export interface TableAsk { readonly after?: string | undefined; readonly most: number; readonly key?: Plain | undefined }
/** In the order of keys. `next`: there is more. */
export interface TablePage { readonly rows: readonly TableRow[]; readonly next?: string }
/** Config and shape have one value and no key. Values of per-CPU maps that are numbers are added up. */
export interface TableRow { readonly key?: Plain; readonly value: Plain; readonly expiresSeconds?: number }

/** `unsaid`: instead of a text, so many times it would have said more. */
export interface ModuleLog { readonly element: string; readonly file: string; readonly line: number; readonly text: string; readonly unsaid?: number }

export interface PortCount {
  readonly port: number;
  readonly rxPackets: number;
  readonly rxBytes: number;
  readonly txPackets: number;
  readonly txBytes: number;
}

/** The world refused: said in one sentence, with what to do. `detail` keeps the whole log. */
export class DatapathError extends Error {
  readonly cure: string;
  readonly detail: string;
  constructor(message: string, options: { readonly cure: string; readonly detail?: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'DatapathError';
    this.cure = options.cure;
    this.detail = options.detail ?? '';
  }
}
