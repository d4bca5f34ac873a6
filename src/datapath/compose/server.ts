// What one server has besides its elements and endpoints: the prog array, the table of tunnel peers, system drop sites, slots, images.
// It counts every change that it makes to the engine, so that adopting what stands can be seen to change nothing.

import type { Entry, InnerEntry } from '../../image/contents.ts';
import type { Image, MapDecl } from '../../image/image.ts';
import { putInner } from '../../image/inner-maps.ts';
import { isRefusal, writeEntry } from '../../image/live-map.ts';
import { DatapathError } from '../datapath.ts';
import { sameBytes } from '../../image/bytes.ts';
import { hashOf } from '../../model/canonical.ts';
import { door, trunk } from '../joints/door.ts';
import { drop } from '../joints/drop.ts';
import { decapsulate } from '../joints/decapsulate.ts';
import { decapsulateSix } from '../joints/decapsulate-six.ts';
import { encapsulate } from '../joints/encapsulate.ts';
import { encapsulateSix } from '../joints/encapsulate-six.ts';
import { arrival, enter, entry } from '../joints/entry.ts';
import { family } from '../joints/family.ts';
import { finish } from '../joints/finish.ts';
import { flood, flooding } from '../joints/flood.ts';
import { mirror } from '../joints/mirror.ts';
import { inner } from '../joints/inner.ts';
import { siteConstants, type Joint, type JointSite } from '../joints/joint.ts';
import { again, deliver, pass } from '../joints/pass.ts';
import { prologue } from '../joints/prologue.ts';
import { punt, reenter } from '../joints/punt.ts';
import { reply, to } from '../joints/to.ts';
import { answerTooBig, ERROR_BUCKETS, large } from '../joints/too-big.ts';
import { tunnelDevice, tunnelKey } from '../joints/tunnel.ts';
import { LINEAR } from '../link/linear.ts';
import type { Engine, InnerShape, MapShape, PinnedMap } from './engine.ts';
import { SlotTable } from './slots.ts';

/** A site as drops() tells it. */
export interface NamedSite { readonly module: string; readonly file: string; readonly line: number; readonly reason: string; readonly punts?: true }

const MAX_ELEMENTS = 4096;
/** Of the prog array: an element has as many as four. */
const MAX_SLOTS = 4 * MAX_ELEMENTS;
const MAX_PEERS = 65_536;
const MAX_CLAIMS = 65_536;

/** Sites of the joints of an element, in a fixed order behind the module's own. */
export const ELEMENT_SITES: readonly JointSite[] = unite(to.sites, large.sites, answerTooBig.sites, encapsulate.sites, encapsulateSix.sites, tunnelDevice.sites, flood.sites, flooding.sites, mirror.sites, pass.sites, punt.sites);
/** Sites of the system programs. */
export const SERVER_SITES: readonly JointSite[] = unite(entry.sites, arrival.sites, enter.sites, inner.sites, again.sites, door.sites, trunk.sites, reenter.sites);

/** Changes with any text of ours: what was loaded from another text is made again. */
export const JOINTS_HASH = hashOf([drop, entry, arrival, enter, encapsulate, encapsulateSix, decapsulate, decapsulateSix, inner, tunnelDevice, tunnelKey, door, trunk, flood, flooding, mirror, family, finish, pass, deliver, again, prologue, to, reply, punt, reenter, large, answerTooBig, ...LINEAR].map((j: Joint) => j.source.text));

/** Texts that end packets for the same reason share a site. */
function unite(...lists: readonly (readonly JointSite[])[]): JointSite[] {
  const all = lists.flat();
  return all.filter((site, index) => all.findIndex(s => s.reason === site.reason) === index);
}

export class Server {
  readonly engine: Engine;
  readonly programs: PinnedMap;
  readonly peers: PinnedMap;
  /** What elements take of devices that the machine has anyway (joints/door.ts). */
  readonly claims: PinnedMap;
  readonly sites: PinnedMap;
  /** Ifindex of the loop device; 0: there is none yet. */
  readonly loop: PinnedMap;
  /** Ifindex of the visor's TAP; 0: nobody reads punts. */
  readonly tap: PinnedMap;
  /** Where a flood has come to, per CPU. */
  readonly cursor: PinnedMap;
  /** When senders may be told again that their packets are too big. */
  readonly errors: PinnedMap;
  readonly slots: SlotTable;
  /** Changes made to the engine through this handle. */
  changes = 0;

  constructor(engine: Engine) {
    this.engine = engine;
    this.programs = this.map('programs', { kind: 'programs', keyBytes: 4, valueBytes: 4, capacity: MAX_SLOTS });
    this.peers = this.map('peers', { kind: 'hash', keyBytes: 20, valueBytes: 16, capacity: MAX_PEERS });
    this.claims = this.map('claims', { kind: 'lpm', keyBytes: 24, valueBytes: 20, capacity: MAX_CLAIMS });
    this.sites = this.map(`sites_${hashOf(SERVER_SITES).slice(0, 12)}`, { kind: 'percpu-array', keyBytes: 4, valueBytes: 8, capacity: SERVER_SITES.length });
    this.cursor = this.map('cursor', { kind: 'percpu-array', keyBytes: 4, valueBytes: 8, capacity: 1 });
    this.tap = this.map('tap', { kind: 'array', keyBytes: 4, valueBytes: 4, capacity: 1 });
    this.loop = this.map('loop', { kind: 'array', keyBytes: 4, valueBytes: 4, capacity: 1 });
    this.errors = this.map('errors', { kind: 'array', keyBytes: 4, valueBytes: 8, capacity: ERROR_BUCKETS });
    this.slots = new SlotTable(engine.records, MAX_SLOTS);
  }

  /** The map of that name, made if it is not there. */
  map(name: string, shape: MapShape): PinnedMap {
    const found = this.existing(name);
    if (found) return found;
    this.changes++;
    return this.engine.createMap(name, shape);
  }

  existing(name: string): PinnedMap | undefined {
    return this.engine.openMap(name);
  }

  dropMap(name: string): void {
    this.engine.removeMap(name);
    this.changes++;
  }

  /** Writes only what differs. */
  write(map: PinnedMap, key: Uint8Array, value: Uint8Array): void {
    const before = map.live.lookup(key);
    if (before && sameBytes(before, value)) return;
    this.overwrite(map, key, value);
  }

  /** Of a trie: a look-up gives what a shorter prefix has, so nothing tells what differs. */
  overwrite(map: PinnedMap, key: Uint8Array, value: Uint8Array): void {
    orFull(map, () => { map.live.update(key, value); });
    this.changes++;
  }

  /** Writes all of them. What a per-CPU map counts is the packets': there only what is missing is made. */
  writeMany(map: PinnedMap, entries: readonly Entry[]): void {
    orFull(map, () => {
      if (entries.every(([, value]) => value.length === map.live.transferBytes)) map.live.updateMany(entries);
      else for (const [key, value] of entries) writeEntry(map.live, key, value);
    });
    this.changes += entries.length;
  }

  /** Puts a new map with these entries at each key, in the place of what is there. */
  replaceInner(map: PinnedMap, list: readonly InnerEntry[], shape: InnerShape): void {
    orFull(map, () => { putInner(map.live, list, () => this.engine.makeInner(shape)); });
    this.changes += list.length;
  }

  erase(map: PinnedMap, key: Uint8Array): void {
    orFull(map, () => { if (map.live.delete(key)) this.changes++; });
  }

  /** Many with one call; where one is not there, or the kind of map cannot, one by one. */
  eraseMany(map: PinnedMap, keys: readonly Uint8Array[]): void {
    if (keys.length === 0) return;
    try {
      map.live.deleteMany(keys);
      this.changes += keys.length;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      for (const key of keys) this.erase(map, key);
    }
  }

  image(hash: string): Image {
    const image = this.engine.records.get(imageRecord(hash));
    if (image === undefined) throw new DatapathError(`image ${hash} is not on this server`, { cure: 'put the image before the element' });
    return image as Image;
  }

  imageHashes(): readonly string[] {
    return this.engine.records.list(IMAGE).map(name => name.slice(IMAGE.length));
  }

  /** By hash. */
  images(): ReadonlyMap<string, Image> {
    return new Map(this.imageHashes().map(hash => [hash, this.image(hash)]));
  }

  systemConstants(): Record<string, number> {
    return siteConstants(SERVER_SITES, 0);
  }
}

/** Of a map of the element's own that the module declares, in its record. */
export function ownName(decl: Pick<MapDecl, 'name'>): string {
  return `m-${decl.name}`;
}

const IMAGE = 'image_';

export function imageRecord(hash: string): string {
  return IMAGE + hash;
}

/** What a map refuses is the world's refusal; the rest is our bug. */
function orFull(map: PinnedMap, body: () => void): void {
  try {
    body();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new DatapathError(`map ${map.live.name} refuses an entry: ${error.message}`, { cure: `it holds ${map.live.capacity} entries on this server: use fewer, or more servers`, cause: error });
  }
}
