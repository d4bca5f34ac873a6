// Linked programs and their maps to an ELF object that libbpf loads (bpftool, tc, any loader). Programs come with their joints: an
// object has no notion of exits, elements or wires. Handles of maps in the code are indexes into `maps`.
//
//     tc, xdp      entries, each a global function         .text   their static functions       .maps, .data.NAME, .rodata.NAME   maps
//     license      .BTF      .BTF.ext (functions, lines)

import { makeBtf, type DescribedProgram } from '../btf.ts';
import { readBtf } from '../btf-read.ts';
import { writeBtf } from '../btf-write.ts';
import type { MapDecl } from '../image.ts';
import { viewOf } from './elf-file.ts';
import { CALL, LDDW, PSEUDO, R_BPF_64_32, R_BPF_64_64, SECTION_FLAG, SLOT_BYTES } from './format.ts';
import { describeMaps, placeMaps, type MapPlace, type MapUse } from './map-sections.ts';
import { checked, fail, type Checked } from './problem.ts';
import { words } from './words.ts';
import { writeElf, type RelocationToWrite, type SectionToWrite, type SymbolToWrite } from './write-elf.ts';

/** As the linker of src/datapath makes it. */
export interface ProgramToWrite extends DescribedProgram {
  readonly code: Uint8Array;
}

interface ObjectToWrite {
  readonly programs: readonly ProgramToWrite[];
  readonly maps: readonly MapDecl[];
  /** What the slots of the map of kind `stages` hold, as indexes into `programs`. */
  readonly stages?: readonly number[];
  readonly license?: string;
}

const DEFAULT_LICENSE = 'Dual MIT/GPL';
const EXT_HEADER_BYTES = 24;
const BTF_MAGIC = 0xeb9f;

/** A run of a program's slots, at byte `at` of a section. */
interface Run { readonly program: number; readonly section: string; readonly from: number; readonly to: number; readonly at: number }

export function elfOf(object: ObjectToWrite): Checked<Uint8Array<ArrayBuffer>> {
  return checked(() => {
    const { programs, maps } = object;
    const places = placeMaps(maps, usesOf(object));
    const runs = runsOf(programs);
    const symbols = new Symbols(runs, object, places);
    const code = [...new Set(runs.map(r => r.section))].map((section): SectionToWrite => codeSection(section, runs.filter(r => r.section === section), programs, symbols, places));
    const mapsBytes = places.reduce((sum, p) => sum + (p.section === '.maps' ? p.size : 0), 0);
    const { btf, ext } = describe(object, places, runs);
    return writeElf([
      ...code,
      ...(mapsBytes > 0 ? [{ name: '.maps', flags: SECTION_FLAG.alloc | SECTION_FLAG.write, bytes: new Uint8Array(mapsBytes), relocations: stageSlots(object, places, symbols) }] : []),
      ...places.flatMap(p => p.initial ? [{ name: p.section, flags: SECTION_FLAG.alloc | (p.section.startsWith('.rodata') ? 0 : SECTION_FLAG.write), bytes: p.initial }] : []),
      { name: 'license', flags: SECTION_FLAG.alloc | SECTION_FLAG.write, bytes: licenseBytes(object) },
      { name: '.BTF', flags: 0, bytes: btf },
      { name: '.BTF.ext', flags: 0, bytes: ext },
    ], symbols.all);
  });
}

/** Each slot is a pointer at the end of the map's definition, to be filled with the address of a program. */
function stageSlots({ maps, stages = [], programs }: ObjectToWrite, places: readonly MapPlace[], symbols: Symbols): RelocationToWrite[] {
  const table = places[maps.findIndex(map => map.kind === 'stages')];
  if (!table) return [];
  return stages.map((program, slot) => ({
    offset: table.offset + table.size - POINTER_BYTES * (stages.length - slot), type: R_BPF_64_64,
    symbol: symbols.all.find(s => s.kind === 'function' && s.binding === 'global' && s.name === programs[program]?.name) ?? fail(`stage ${slot}`, 'is no program of the object'),
  }));
}
const POINTER_BYTES = 8;

function licenseBytes({ license = DEFAULT_LICENSE }: ObjectToWrite): Uint8Array {
  return new TextEncoder().encode(`${license}\0`);
}

/** Goes over the wide loads and calls of a program. */
function* references(code: Uint8Array): Generator<{ readonly slot: number; readonly opcode: number; readonly pseudo: number; readonly imm: number; readonly high: number }> {
  const view = viewOf(code);
  for (let slot = 0; slot < code.length / SLOT_BYTES; slot++) {
    const at = slot * SLOT_BYTES;
    const opcode = code[at]!;
    if (opcode !== LDDW && opcode !== CALL) continue;
    const high = opcode === LDDW && at + 2 * SLOT_BYTES <= code.length ? view.getInt32(at + SLOT_BYTES + 4, true) : 0;
    yield { slot, opcode, pseudo: code[at + 1]! >> 4, imm: view.getInt32(at + 4, true), high };
    if (opcode === LDDW) slot++;
  }
}

function usesOf({ programs, maps }: ObjectToWrite): MapUse[] {
  const uses = maps.map(() => ({ byHandle: false, byValue: false }));
  for (const { name, code } of programs) {
    for (const { slot, opcode, pseudo, imm } of references(code)) {
      if (opcode !== LDDW || pseudo === 0) continue;
      const use = uses[imm] ?? fail(`program ${name}, slot ${slot}`, `there is no map ${imm}`);
      if (pseudo === PSEUDO.mapFd) use.byHandle = true;
      else if (pseudo === PSEUDO.mapValue) use.byValue = true;
      else fail(`program ${name}, slot ${slot}`, 'a wide load of neither number nor map');
    }
  }
  return uses;
}

function runsOf(programs: readonly ProgramToWrite[]): Run[] {
  const ends = new Map<string, number>();
  const put = (program: number, section: string, from: number, to: number): Run => {
    const at = ends.get(section) ?? 0;
    ends.set(section, at + (to - from) * SLOT_BYTES);
    return { program, section, from, to, at };
  };
  return programs.flatMap(({ hook, code, functions }, i) => {
    const slots = code.length / SLOT_BYTES;
    const entryEnd = functions[0]?.slot ?? slots;
    return [put(i, hook, 0, entryEnd), ...(entryEnd < slots ? [put(i, '.text', entryEnd, slots)] : [])];
  });
}

/** Of programs, their functions, `.text` itself, and maps. */
class Symbols {
  readonly all: SymbolToWrite[] = [];
  readonly maps: readonly SymbolToWrite[];
  readonly text: SymbolToWrite = { name: '.text', kind: 'section', binding: 'local', section: '.text', value: 0, size: 0 };

  constructor(runs: readonly Run[], { programs, maps, license = DEFAULT_LICENSE }: ObjectToWrite, places: readonly MapPlace[]) {
    if (runs.some(r => r.section === '.text')) this.all.push(this.text);
    for (const run of runs) {
      const { name, functions } = programs[run.program]!;
      const size = (run.to - run.from) * SLOT_BYTES;
      if (run.section !== '.text') this.all.push({ name, kind: 'function', binding: 'global', section: run.section, value: run.at, size });
      else for (const [i, fn] of functions.entries()) {
        const value = run.at + (fn.slot - run.from) * SLOT_BYTES;
        this.all.push({ name: `${name}.${fn.name}`, kind: 'function', binding: 'local', section: '.text', value, size: ((functions[i + 1]?.slot ?? run.to) - fn.slot) * SLOT_BYTES });
      }
    }
    this.maps = maps.map(({ name }, i) => ({ name, kind: 'object', binding: 'global', section: places[i]!.section, value: places[i]!.offset, size: places[i]!.size }));
    this.all.push(...this.maps, { name: '_license', kind: 'object', binding: 'global', section: 'license', value: 0, size: license.length + 1 });
    const names = new Set<string>();
    for (const { name } of this.all) {
      if (names.has(name)) fail(`symbol ${name}`, 'a program and a map, or two of them, go by one name');
      names.add(name);
    }
  }
}

function codeSection(name: string, runs: readonly Run[], programs: readonly ProgramToWrite[], symbols: Symbols, places: readonly MapPlace[]): SectionToWrite {
  const last = runs.at(-1)!;
  const bytes = new Uint8Array(last.at + (last.to - last.from) * SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  const relocations: RelocationToWrite[] = [];
  for (const run of runs) {
    const { code, functions } = programs[run.program]!;
    bytes.set(code.subarray(run.from * SLOT_BYTES, run.to * SLOT_BYTES), run.at);
    const textAt = name === '.text' ? run.at : symbols.all.find(s => s.section === '.text' && s.name === `${programs[run.program]!.name}.${functions[0]?.name}`)?.value ?? 0;
    for (const { slot, opcode, pseudo, imm, high } of references(code)) {
      if (slot < run.from || slot >= run.to || pseudo === 0) continue;
      const offset = run.at + (slot - run.from) * SLOT_BYTES;
      if (opcode === CALL) {
        // Calls within .text stay as they are; one into it counts from the section's begin.
        if (pseudo !== PSEUDO.call || name === '.text') continue;
        const target = textAt / SLOT_BYTES + slot + 1 + imm - run.to;
        view.setInt32(offset + 4, target - 1, true);
        relocations.push({ offset, type: R_BPF_64_32, symbol: symbols.text });
        continue;
      }
      view.setUint8(offset + 1, view.getUint8(offset + 1) & 15);
      view.setInt32(offset + 4, places[imm]!.initial ? high : 0, true);
      view.setInt32(offset + SLOT_BYTES + 4, 0, true);
      relocations.push({ offset, type: R_BPF_64_64, symbol: symbols.maps[imm]! });
    }
  }
  return { name, flags: SECTION_FLAG.alloc | SECTION_FLAG.exec, bytes, relocations };
}

/** Types for all of it, and the records of functions and lines by section. */
function describe(object: ObjectToWrite, places: readonly MapPlace[], runs: readonly Run[]): { readonly btf: Uint8Array; readonly ext: Uint8Array } {
  const made = makeBtf(object);
  const read = readBtf(made.bytes);
  if (!read.ok) throw new Error(`our own BTF: ${read.reason}`);
  const types = [...read.types];
  describeMaps(types, object.maps, places, made);
  const license = licenseBytes(object).length;
  const char = types.push({ kind: 'int', name: 'char', bytes: 1, bits: 8, encoding: 'signed' });
  const index = types.findIndex(t => t.kind === 'int' && t.name === 'int') + 1;
  const text = types.push({ kind: 'var', name: '_license', type: types.push({ kind: 'array', element: char, index, length: license }), linkage: 'global' });
  types.push({ kind: 'datasec', name: 'license', bytes: license, variables: [{ type: text, offset: 0, bytes: license }] });

  const sections = [...new Set(runs.map(r => r.section))];
  const textsOf = (program: number): string[] => recordsIn(made.programs[program]!.lineInfo, 4).flatMap(([, file = 0, line = 0]) => [read.stringAt(file) ?? '', read.stringAt(line) ?? '']);
  const written = writeBtf(types, [...sections, ...object.programs.flatMap((_, i) => textsOf(i))]);
  const moved = (offset: number): number => written.offsetOf(read.stringAt(offset) ?? '');
  const perSection = (width: number, records: (run: Run) => readonly (readonly number[])[]): Uint8Array => {
    const parts = sections.flatMap(section => {
      const list = runs.filter(r => r.section === section).flatMap(run => records(run).filter(([slot = 0]) => slot >= run.from && slot < run.to)
        .map(([slot = 0, ...rest]) => [run.at + (slot - run.from) * SLOT_BYTES, ...rest]));
      return list.length === 0 ? [] : [words(2, [[written.offsetOf(section), list.length]]), words(width, list)];
    });
    return parts.length === 0 ? new Uint8Array(0) : joined([words(1, [[4 * width]]), ...parts]);
  };
  const functions = perSection(2, run => recordsIn(made.programs[run.program]!.funcInfo, 2));
  const lines = perSection(4, run => recordsIn(made.programs[run.program]!.lineInfo, 4).map(([slot = 0, file = 0, line = 0, place = 0]) => [slot, moved(file), moved(line), place]));
  const header = words(1, [[BTF_MAGIC | 1 << 16], [EXT_HEADER_BYTES], [0], [functions.length], [functions.length], [lines.length]]);
  return { btf: written.bytes, ext: joined([header, functions, lines]) };
}

function recordsIn(bytes: Uint8Array, width: number): number[][] {
  const view = viewOf(bytes);
  return Array.from({ length: bytes.length / (4 * width) }, (_, i) => Array.from({ length: width }, (_, j) => view.getUint32(4 * (width * i + j), true)));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
