// The vm engine: the same names and operations as in the kernel, on a simulated server of a laboratory.

import { mapSpecOf } from '../../vm/maps/of-image.ts';
import type { VmMap } from '../../vm/maps/map.ts';
import type { RingbufMap } from '../../vm/maps/ringbuf.ts';
import { DatapathError } from '../datapath.ts';
import type { Engine, InnerShape, MapShape, PinnedMap, Records } from '../compose/engine.ts';
import { recordText, recordValue } from '../compose/record-text.ts';
import { u32Bytes, u32Of } from '../../image/live-map.ts';
import type { Linked } from '../link/link.ts';
import { VmDevices } from './devices.ts';
import type { Lab } from './lab.ts';
import type { LabServer } from './lab-server.ts';
import { DEFAULT_HZ } from '../../vm/vm.ts';

/** Entries at most: a simulated server has few elements, and its maps take their memory at once. */
const MOST_ENTRIES = 16_384;

export class VmEngine implements Engine {
  readonly name = 'vm';
  readonly hz = DEFAULT_HZ;
  readonly records: Records;
  readonly devices: VmDevices;
  /** The laboratory keeps all. */
  readonly lost = [];
  readonly #server: LabServer;
  readonly #lab: Lab;

  constructor(lab: Lab, server: string) {
    this.#lab = lab;
    this.#server = lab.server(server);
    this.records = new MemoryRecords(this.#server.records);
    this.devices = new VmDevices(lab, this.#server);
  }

  pins(): { readonly maps: readonly string[]; readonly programs: readonly string[] } {
    return { maps: [...this.#server.maps.keys()], programs: [...this.#server.programs.keys()] };
  }

  openMap(name: string): PinnedMap | undefined {
    const live = this.#server.maps.get(name);
    return live && { live, handle: live.handle };
  }

  createMap(name: string, shape: MapShape): PinnedMap {
    const { kind, keyBytes, valueBytes } = shape;
    const capacity = kind === 'ring' ? shape.capacity : Math.min(shape.capacity, MOST_ENTRIES);
    const spec = kind === 'programs' ? { name, type: 'PROG_ARRAY' as const, keyBytes, valueBytes, capacity } : mapSpecOf({ ...shape, name, kind, capacity });
    const live = this.#server.vm.createMap(spec);
    this.#server.maps.set(name, live);
    return { live, handle: live.handle };
  }

  makeInner(shape: InnerShape): VmMap {
    return this.#server.vm.createMap(mapSpecOf({ name: 'inner', ...shape }));
  }

  /** Nobody else is in the laboratory. */
  mend(): boolean {
    return false;
  }

  freezeMap(map: PinnedMap): void {
    (map.live as VmMap).freeze();
  }

  removeMap(name: string): void {
    this.#server.maps.get(name)?.close();
    this.#server.maps.delete(name);
  }

  drain(ring: PinnedMap): readonly Uint8Array[] {
    return (ring.live as RingbufMap).drain();
  }

  loadProgram(name: string, linked: Linked): void {
    const loaded = this.#server.vm.load({ name, hook: 'tc', code: linked.code, ...(linked.walked && { walked: true }) });
    if (!loaded.ok) {
      const { slot, reason } = loaded.refusal;
      const line = linked.lines.findLast(l => l.slot <= slot);
      const place = line ? `${linked.files[line.file]}:${line.line}` : `slot ${slot}`;
      throw new DatapathError(`cannot load program ${name}: ${reason}; at ${place}`, { cure: 'the compiler and the vm disagree: report it', detail: reason });
    }
    this.#server.programs.set(name, loaded.value);
  }

  removeProgram(name: string): void {
    const program = this.#server.programs.get(name);
    this.#server.programs.delete(name);
    program?.close();
  }

  setSlot(programs: PinnedMap, slot: number, program: string): void {
    const loaded = this.#server.programs.get(program);
    if (!loaded) throw new DatapathError(`program ${program} is gone`, { cure: 'put its element again' });
    programs.live.update(u32Bytes(slot), u32Bytes(loaded.handle));
  }

  clearSlot(programs: PinnedMap, slot: number): void {
    programs.live.delete(u32Bytes(slot));
  }

  slotHolds(programs: PinnedMap, slot: number, program: string): boolean {
    const held = programs.live.lookup(u32Bytes(slot));
    const loaded = this.#server.programs.get(program);
    return held !== undefined && loaded !== undefined && u32Of(held) === loaded.handle;
  }

  jiffies(): bigint {
    return BigInt(Math.floor(this.#lab.nowNs() / 1e9 * this.hz));
  }

  /** The server stays in the laboratory. */
  close(): void {}

  destroy(): void {
    this.devices.destroy();
    for (const name of [...this.#server.programs.keys()]) this.removeProgram(name);
    for (const name of [...this.#server.maps.keys()]) this.removeMap(name);
    this.#server.records.clear();
  }
}

/** As text, so that what is read is never what was written; read once, as files are. */
class MemoryRecords implements Records {
  readonly #texts: Map<string, string>;
  readonly #read = new Map<string, { readonly text: string; readonly value: unknown }>();
  constructor(texts: Map<string, string>) {
    this.#texts = texts;
  }
  list(prefix: string): readonly string[] {
    return [...this.#texts.keys()].filter(name => name.startsWith(prefix));
  }
  get(name: string): unknown {
    const text = this.#texts.get(name), known = this.#read.get(name);
    if (text === undefined) return undefined;
    if (known?.text === text) return known.value;
    const value = recordValue(text);
    this.#read.set(name, { text, value });
    return value;
  }
  put(name: string, value: unknown): void {
    this.#texts.set(name, recordText(value));
  }
  delete(name: string): void {
    this.#texts.delete(name);
    this.#read.delete(name);
  }
}
