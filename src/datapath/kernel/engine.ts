// The kernel engine: maps, programs and links are pinned in a bpffs directory of this server, so they outlive the process.
//
//     ROOT/maps/NAME   ROOT/programs/NAME   ROOT/links/UID, ROOT/links/{_tunnel,_underlay,_loop}

import { type JiffiesClock, jiffiesClock } from '../../kernel/jiffies.ts';
import { MAP_FLAG, mapSpecOf, type MapSpec } from '../../kernel/map-types.ts';
import { createMap, type KernelMap } from '../../kernel/map.ts';
import { ensureBpffs, listPins, makePinDirectory, pin, pinnedMap, pinnedProgram, removePins, unpin } from '../../kernel/pins.ts';
import { loadProgram } from '../../kernel/program.ts';
import { RingBuffer } from '../../kernel/ring-buffer.ts';
import { ticksPerSecond } from '../../sys/clock.ts';
import { DatapathError } from '../datapath.ts';
import type { Engine, InnerShape, MapShape, PinnedMap } from '../compose/engine.ts';
import { u32Bytes, u32Of } from '../../image/live-map.ts';
import type { Linked } from '../link/link.ts';
import type { AttachBy } from './attachments.ts';
import { KernelDevices } from './devices.ts';
import type { FileRecords } from './records.ts';
import { orRefused } from './refused.ts';

interface KernelEngineOptions {
  readonly server: string;
  readonly root: string;
  readonly netnsPath?: string | undefined;
  readonly records: FileRecords;
  readonly attachBy?: AttachBy | undefined;
}

interface OpenMap extends PinnedMap { readonly live: KernelMap; ring?: RingBuffer }

export class KernelEngine implements Engine {
  readonly name = 'kernel';
  readonly hz: number;
  readonly records: FileRecords;
  readonly devices: KernelDevices;
  readonly lost: readonly string[];
  readonly #root: string;
  readonly #open = new Map<string, OpenMap>();
  #clock: JiffiesClock | undefined;

  constructor(options: KernelEngineOptions) {
    this.#root = options.root;
    this.records = options.records;
    this.hz = ticksPerSecond();
    this.#makeRoot();
    // Records tell of pins. Without the prog array, which is pinned first and unpinned last, there is nothing that they could tell of.
    this.lost = this.openMap('programs') === undefined ? this.records.clear() : [];
    this.devices = new KernelDevices({ ...options, program: name => this.#program(name) });
  }

  #makeRoot(): void {
    orRefused(`cannot use ${this.#root}`, () => {
      ensureBpffs();
      for (const kind of ['maps', 'programs', 'links']) makePinDirectory(`${this.#root}/${kind}`);
    });
  }

  /** Also where the file system was unmounted. What was pinned alone is gone: programs and attachments are made again by whoever puts them. */
  mend(): boolean {
    const there = new Set(this.pins().maps);
    const lost = [...this.#open].filter(([name]) => !there.has(name));
    if (lost.length === 0) return false;
    this.#makeRoot();
    orRefused('cannot pin what others unpinned', () => { for (const [name, { live }] of lost) pin(live, this.#path('maps', name)); });
    return true;
  }

  pins(): { readonly maps: readonly string[]; readonly programs: readonly string[] } {
    const names = (kind: string): string[] => listPins(`${this.#root}/${kind}`).map(entry => entry.name);
    return { maps: names('maps'), programs: names('programs') };
  }

  openMap(name: string): PinnedMap | undefined {
    const open = this.#open.get(name);
    if (open || name === '') return open;
    const live = orRefused(`cannot open map ${name}`, () => pinnedMap(this.#path('maps', name)));
    return live && this.#keep(name, live);
  }

  createMap(name: string, shape: MapShape): PinnedMap {
    return orRefused(`cannot make map ${name}`, () => {
      const live = createMap(specOf(name, shape));
      try {
        pin(live, this.#path('maps', name));
      } catch (error) {
        live.close();
        throw error;
      }
      return this.#keep(name, live);
    });
  }

  makeInner(shape: InnerShape): KernelMap {
    return orRefused('cannot make an inner map', () => createMap(mapSpecOf({ name: 'inner', ...shape })));
  }

  freezeMap(map: PinnedMap): void {
    (map as OpenMap).live.freeze();
  }

  removeMap(name: string): void {
    this.#open.get(name)?.ring?.close();
    this.#open.get(name)?.live.close();
    this.#open.delete(name);
    unpin(this.#path('maps', name));
  }

  /** Its memory is mapped the first time: to find nothing costs no system call. */
  drain(map: PinnedMap): readonly Uint8Array[] {
    const open = map as OpenMap;
    open.ring ??= orRefused(`cannot read ${open.live.name}`, () => new RingBuffer(open.live));
    const records: Uint8Array[] = [];
    open.ring.drain(record => { records.push(record.slice()); });
    return records;
  }

  loadProgram(name: string, linked: Linked): void {
    orRefused(`cannot load program ${name}`, () => {
      using program = loadProgram({ name: linked.name, hook: 'tc', code: linked.code, source: linked });
      const path = this.#path('programs', name);
      unpin(path);
      pin(program, path);
    });
  }

  removeProgram(name: string): void {
    unpin(this.#path('programs', name));
  }

  setSlot(programs: PinnedMap, slot: number, program: string): void {
    orRefused(`cannot put program ${program} into slot ${slot}`, () => {
      using loaded = this.#program(program);
      programs.live.update(u32Bytes(slot), u32Bytes(loaded.fd));
    });
  }

  clearSlot(programs: PinnedMap, slot: number): void {
    programs.live.delete(u32Bytes(slot));
  }

  slotHolds(programs: PinnedMap, slot: number, program: string): boolean {
    using loaded = pinnedProgram(this.#path('programs', program));
    const held = programs.live.lookup(u32Bytes(slot));
    return loaded !== undefined && held !== undefined && u32Of(held) === loaded.info().id;
  }

  jiffies(): bigint {
    this.#clock ??= orRefused('cannot read the clock', jiffiesClock);
    return this.#clock.now();
  }

  close(): void {
    this.#clock?.close();
    this.#clock = undefined;
    for (const { live, ring } of this.#open.values()) { ring?.close(); live.close(); }
    this.#open.clear();
    this.devices.close();
  }

  /** Links first: what they fed is then without traffic. The prog array goes with the rest, as the last pin. */
  destroy(): void {
    orRefused(`cannot take down ${this.#root}`, () => {
      this.devices.destroy();
      this.close();
      removePins(`${this.#root}/links`);
      removePins(`${this.#root}/programs`);
      removePins(this.#root);
      this.records.destroy();
    });
  }

  #program(name: string) {
    const program = pinnedProgram(this.#path('programs', name));
    if (!program) throw new DatapathError(`program ${name} is gone`, { cure: 'someone else removed pins of this server: put its element or endpoint again' });
    return program;
  }

  #keep(name: string, live: KernelMap): PinnedMap {
    const open = { live, get handle() { return live.fd; } };
    this.#open.set(name, open);
    return open;
  }

  #path(kind: 'maps' | 'programs', name: string): string {
    if (!/^[A-Za-z0-9_-]+$/.test(name)) throw new Error(`'${name}' cannot name a pin`);
    return `${this.#root}/${kind}/${name}`;
  }
}

function specOf(name: string, shape: MapShape): MapSpec {
  const { kind } = shape;
  if (kind === 'programs') return { name, type: 'PROG_ARRAY', keyBytes: shape.keyBytes, valueBytes: shape.valueBytes, capacity: shape.capacity };
  const spec = mapSpecOf({ ...shape, name, kind });
  // Shared maps have room for many elements; memory is taken for the entries that there are.
  return kind === 'hash' || kind === 'expiring' || kind === 'percpu-hash' || kind === 'hash-of-maps' ? { ...spec, flags: (spec.flags ?? 0) | MAP_FLAG.NO_PREALLOC } : spec;
}
