// The C side of a subject: clang compiles it, bpftool loads and pins it, its maps are found by their names and get our bytes.

import { resolve } from 'node:path';
import type { MapContents } from '../../src/image/contents.ts';
import type { Image, MapDecl } from '../../src/image/image.ts';
import { putInner } from '../../src/image/inner-maps.ts';
import { Attr, bpf } from '../../src/kernel/command.ts';
import { mapSpecOf } from '../../src/kernel/map-types.ts';
import { createMap, type KernelMap, mapById } from '../../src/kernel/map.ts';
import { ensureBpffs, makePinDirectory, pinnedProgram } from '../../src/kernel/pins.ts';
import type { KernelProgram } from '../../src/kernel/program.ts';
import { ticksPerSecond } from '../../src/sys/clock.ts';
import { PINS, RUN_DIR } from '../leftovers.ts';
import { bpftoolLoad, clangBpf } from '../tools.ts';
import { sectionBytes } from './elf.ts';
import { encoded } from './ours.ts';
import type { LoadedEntry, Side, Subject, Variant } from './subject.ts';

export const CLANG = 'C, clang 19';

const SOURCES = resolve(import.meta.dirname, '../c');
/** The enum of bpf.h. */
const VERDICTS = ['to', 'flood', 'reply', 'next', 'drop'];
/** The kernel keeps so many letters of a map's name. */
const NAME_LETTERS = 15;

interface Counterpart extends Side {
  /** Entries that a map of this name holds. */
  capacity(name: string): number | undefined;
}

/** @throws Error  clang, bpftool or the kernel refuse the file, or its maps are not what subject.ts asks for */
export function counterpart({ name, entries, reasons }: Subject, image: Image, variant: Variant): Counterpart {
  const object = `${RUN_DIR}/${name}-${variant.name}.o`;
  const directory = `${PINS}/${name}-${variant.name}`;
  clangBpf(`${SOURCES}/${name}.c`, object, { HZ: ticksPerSecond(), ...variant.defines });
  ensureBpffs();
  makePinDirectory(PINS);
  bpftoolLoad(object, directory, entries[0]?.section === 'xdp' ? 'xdp' : 'classifier');
  using opened = new DisposableStack();
  const programs = new Map<string, LoadedEntry>();
  const maps = new Map<string, KernelMap>();
  for (const entry of entries) {
    const program = pinnedProgram(`${directory}/entry_${entry.name}`);
    if (!program) throw new Error(`${name}.c has no function entry_${entry.name} in section ${entry.section}`);
    opened.defer(() => program.close());
    const slots = (sectionBytes(object, entry.section) ?? 0) + (sectionBytes(object, '.text') ?? 0);
    programs.set(entry.name, { program, hook: entry.section === 'xdp' ? 'xdp' : 'tc', slots: slots / 8 });
    for (const map of mapsOf(program)) maps.set(map.name, opened.use(map));
  }
  for (const contents of encoded(image, variant)) fill(name, image.maps[contents.map]!, maps, contents);
  fillData(image, variant, maps);
  const owned = opened.move();
  return {
    name: CLANG,
    programs,
    capacity: asked => maps.get(asked.slice(0, NAME_LETTERS))?.capacity,
    verdict(returned) {
      const kind = VERDICTS[returned >>> 24] ?? `${returned}`;
      const value = returned & 0xff_ffff;
      if (kind === 'to') return `to ${value}`;
      return kind === 'drop' ? `drop ${reasons[value]}` : kind;
    },
    [Symbol.dispose]() { owned.dispose(); },
  };
}

function fill(file: string, decl: MapDecl, maps: ReadonlyMap<string, KernelMap>, { entries, inner }: MapContents): void {
  if (decl.kind === 'config' || decl.kind === 'shape') return;
  const map = maps.get(decl.name.slice(0, NAME_LETTERS));
  if (!map) throw new Error(`${file}.c has no map ${decl.name} that its programs use`);
  for (const [key, value] of entries) map.update(padded(key, map.keyBytes, map), padded(value, map.valueBytes, map));
  // The maps in a map of maps are made as ours are: the kernel refuses them where the C file asks for others.
  const like = decl.inner;
  if (like) putInner(map, inner.map(([key, list]) => [padded(key, map.keyBytes, map), list] as const), () => createMap(mapSpecOf(like)));
}

/** What the module has as config is the C file's writable data, in the same order. */
function fillData(image: Image, variant: Variant, maps: ReadonlyMap<string, KernelMap>): void {
  const values = encoded(image, variant).filter(({ map }) => image.maps[map]!.kind === 'config').flatMap(({ entries }) => entries.map(([, value]) => value));
  const data = [...maps.values()].find(map => map.name.endsWith('.data'));
  if (data) data.update(new Uint8Array(4), padded(Buffer.concat(values), data.valueBytes, data));
  else if (values.length > 0) throw new Error(`${image.name}.c has no writable data for the config of the module`);
}

function padded(bytes: Uint8Array, length: number, { name }: KernelMap): Uint8Array {
  if (bytes.length > length) throw new Error(`map ${name} of the C file has room for ${length} bytes where ours has ${bytes.length}`);
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}

/** struct bpf_prog_info: nr_map_ids at byte 52, map_ids (a pointer) at 56. */
function mapsOf(program: KernelProgram): KernelMap[] {
  const ids = new Uint32Array(32);
  const bytes = new Uint8Array(ids.buffer);
  const info = new Attr(64).u32(52, ids.length).pointer(56, bytes);
  bpf('OBJ_GET_INFO_BY_FD', new Attr(16).u32(0, program.fd).u32(4, info.bytes.byteLength).pointer(8, info.bytes), program.name);
  return [...ids.subarray(0, info.readU32(52))].map(mapById);
}
