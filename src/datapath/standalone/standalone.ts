// A module alone on devices of this machine: its maps, its programs and where they are attached. Nothing is pinned, so all of it goes
// when it is closed, or with the process. For authors (`iov module run`); networks are built by ../compose.

import { encodeContents } from '../../image/contents.ts';
import { putInner } from '../../image/inner-maps.ts';
import { u32Bytes } from '../../image/live-map.ts';
import type { Image, MapDecl } from '../../image/image.ts';
import { creditBytes, isOfLogs, readLogged, unsaidBy, unsaidSince, type Logged } from '../../image/logs.ts';
import type { Contents } from '../../image/values.ts';
import { jiffiesClock, type JiffiesClock } from '../../kernel/jiffies.ts';
import type { KernelLink } from '../../kernel/link.ts';
import { mapSpecOf, possibleCpus } from '../../kernel/map-types.ts';
import { createMap, type KernelMap } from '../../kernel/map.ts';
import type { KernelProgram } from '../../kernel/program.ts';
import { RingBuffer } from '../../kernel/ring-buffer.ts';
import { attachTcx } from '../../kernel/tcx.ts';
import { attachXdp } from '../../kernel/xdp.ts';
import { sweepMap } from '../compose/expired.ts';
import { DatapathError } from '../datapath.ts';
import { OUTCOMES, STANDALONE_SITES } from '../joints/standalone.ts';
import { ELEMENT, loadAt, type LoadedAt, sitesSpec } from './load.ts';
import { openDevices, type Devices, type Place } from './places.ts';

export interface StandaloneOptions {
  readonly image: Image;
  /** By exported name; what is not given is as the module has it. */
  readonly contents: Contents;
  /** The name of a namespace, or a path of one; absent: this one. */
  readonly netns?: string;
  readonly devices: Devices;
  /** Of XDP; absent: the driver's where it has one. */
  readonly xdpMode?: 'generic' | 'driver';
  /** Hears what the module logs, once `listen` gives credit for it. */
  readonly onLog?: (line: Logged) => void;
}

/** Packets that ended in the same way. `file` and `line` of a drop are the module's. */
export interface StandaloneCount { readonly what: string; readonly packets: bigint; readonly file?: string; readonly line?: number }
/** Names of maps that were kept with what is in them, and of those that were made. */
interface Replaced { readonly kept: readonly string[]; readonly made: readonly string[] }

interface Held { readonly decl: MapDecl; readonly map: KernelMap }
interface Attached { readonly place: Place; readonly loaded: LoadedAt; readonly link: KernelLink }
interface Running { readonly image: Image; readonly maps: readonly Held[]; readonly sites: KernelMap; readonly attached: readonly Attached[]; readonly ring?: RingBuffer }

export class Standalone implements Disposable {
  readonly #options: StandaloneOptions;
  readonly #clock: JiffiesClock;
  #running: Running | undefined;
  /** What could not be said until the last time. */
  #unsaid: { readonly image: Image; readonly counts: readonly number[] } | undefined;

  /** @throws DatapathError, SysError  nothing is attached then */
  constructor(options: StandaloneOptions) {
    this.#options = options;
    this.#clock = jiffiesClock();
    try {
      this.replace(options.image, options.contents);
    } catch (error) {
      this.#clock.close();
      throw error;
    }
  }

  /**
   * Puts another image in the place of the one that runs: each packet meets the one or the other. Maps of the same name and layout are kept.
   * @throws DatapathError, SysError  the old one goes on
   */
  replace(image: Image, contents: Contents): Replaced {
    const before = this.#running;
    const places = openDevices(image, this.#options);
    const entries = encodeContents(image, ELEMENT, contents);
    if (!entries.ok) throw new DatapathError(entries.errors.map(e => `${e.path}: ${e.message}`).join('; '), { cure: `correct the contents; ${image.name} says what it exports` });

    const made: (KernelMap | LoadedAt | KernelLink)[] = [];
    const make = <T extends KernelMap | LoadedAt | KernelLink>(one: T): T => { made.push(one); return one; };
    try {
      const kept = new Set<KernelMap>();
      const maps = image.maps.map((decl): Held => {
        const old = isOfLogs(image, decl) ? undefined : before?.maps.find(held => sameMap(held.decl, decl));
        if (old) kept.add(old.map);
        return { decl, map: old?.map ?? make(createMap(mapSpecOf(decl))) };
      });
      const write = (which: (held: Held) => boolean): void => {
        for (const { map, entries: list, inner } of entries.maps) {
          const held = maps[map] as Held;
          if (!which(held)) continue;
          for (const [key, value] of list) held.map.update(key, value);
          const like = held.decl.inner;
          if (like) putInner(held.map, inner, () => createMap(mapSpecOf(like)));
        }
      };
      write(held => !kept.has(held.map));
      for (const { decl, map } of maps) if (decl.kind === 'shape') map.freeze();
      const sites = make(createMap(sitesSpec(image)));
      const programs = places.map(place => make(loadAt({ image, place, maps: maps.map(held => held.map), sites, hz: this.#clock.hz })));

      write(held => kept.has(held.map));
      const attached = places.map((place, i): Attached => {
        const loaded = programs[i] as LoadedAt;
        const old = before?.attached.find(a => a.place.key === place.key);
        if (old) old.link.update(loaded.program);
        return { place, loaded, link: old?.link ?? make(this.#attach(place, loaded.program)) };
      });
      const ring = this.#hear(image, maps);
      this.#running = { image, maps, sites, attached, ...(ring && { ring }) };
      if (before) retire(before, this.#running);
      const isOwn = ({ decl }: Held): boolean => isOfLogs(image, decl) || isOfStages(image, decl);
      const names = (which: boolean): string[] => maps.filter(held => kept.has(held.map) === which && !isOwn(held)).map(held => held.decl.name);
      return { kept: names(true), made: names(false) };
    } catch (error) {
      for (const one of made.reverse()) one.close();
      throw error;
    }
  }

  /** Every site of the module and every outcome, also those of no packet yet. Counted from the last replacement on. */
  counts(): StandaloneCount[] {
    const { image, sites } = this.#running as Running;
    const value = new Uint8Array(sites.transferBytes);
    const view = new DataView(value.buffer);
    const packets = (index: number): bigint => {
      sites.lookupInto(u32Bytes(index), value);
      return Array.from({ length: possibleCpus() }, (_, cpu) => view.getBigUint64(8 * cpu, true)).reduce((a, b) => a + b, 0n);
    };
    return [
      ...image.sites.map((site, i): StandaloneCount => ({ what: site.reason, packets: packets(i), file: image.files[site.file] ?? '', line: site.line })),
      ...[...STANDALONE_SITES.map(s => s.reason), ...OUTCOMES].map((what, i): StandaloneCount => ({ what, packets: packets(image.sites.length + i) })),
    ];
  }

  /** Each `log` may send so many lines more. Returns those that had more to say since the last time. */
  listen(lines: number): (Omit<Logged, 'text'> & { readonly unsaid: number })[] {
    const { image, maps } = this.#running as Running;
    const { logs } = image;
    const [credit, counts] = [logs && maps[logs.credit]?.map, logs && maps[logs.unsaid]?.map];
    if (!logs || !credit || !counts || !this.#options.onLog) return [];
    credit.update(u32Bytes(0), creditBytes(logs, lines));
    const before = this.#unsaid?.image === image ? this.#unsaid.counts : [];
    this.#unsaid = { image, counts: unsaidBy(logs, counts) };
    return unsaidSince({ ...image, logs }, before, this.#unsaid.counts);
  }

  /** Entries of expiring maps that have been dead for a while give their room back. */
  sweep(): void {
    const now = this.#clock.now();
    for (const { decl, map } of this.#running?.maps ?? []) if (decl.kind === 'expiring') sweepMap(map, decl, now, this.#clock.hz);
  }

  close(): void {
    const running = this.#running;
    this.#running = undefined;
    running?.ring?.close();
    for (const { link: held, loaded } of running?.attached ?? []) {
      held.close();
      loaded.close();
    }
    for (const { map } of running?.maps ?? []) map.close();
    running?.sites.close();
    this.#clock.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #hear(image: Image, maps: readonly Held[]): RingBuffer | undefined {
    const { onLog } = this.#options;
    const map = image.logs && maps[image.logs.ring]?.map;
    if (!map || !onLog) return undefined;
    const ring = new RingBuffer(map);
    ring.listen(record => {
      const line = readLogged(image, record);
      if (line) onLog(line);
    }, { unref: true });
    return ring;
  }

  #attach({ point, ifindex, netns }: Place, program: KernelProgram): KernelLink {
    const { xdpMode: mode } = this.#options;
    if (point.hook === 'xdp') return attachXdp({ program, ifindex, netns, ...(mode && { mode }) });
    return attachTcx({ program, ifindex, direction: point.way === 'egress' ? 'egress' : 'ingress', netns });
  }
}

/** Frozen maps are made anew; all others go on if a key and a value still mean the same. */
function sameMap(a: MapDecl, b: MapDecl): boolean {
  const meaning = ({ name, kind, capacity, key, keyOffset, keyBytes, value, valueOffset, valueBytes, inner }: MapDecl): string =>
    JSON.stringify([name, kind, capacity, key, keyOffset, keyBytes, value, valueOffset, valueBytes, inner]);
  return a.kind !== 'shape' && a.kind !== 'stages' && meaning(a) === meaning(b);
}

/** The compiler's own, behind those that the author declared. */
function isOfStages({ maps }: Image, decl: MapDecl): boolean {
  const first = maps.findIndex(map => map.kind === 'stages');
  return first >= 0 && maps.indexOf(decl) >= first;
}

/** Closes what the next does not use. */
function retire(before: Running, next: Running): void {
  before.ring?.close();
  for (const old of before.attached) {
    if (!next.attached.some(a => a.link === old.link)) old.link.close();
    old.loaded.close();
  }
  for (const { map } of before.maps) if (!next.maps.some(held => held.map === map)) map.close();
  before.sites.close();
}
