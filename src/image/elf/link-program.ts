// One program of an object: its entry, then every function it reaches, each once; calls lead to where those lie now, and what refers to
// maps becomes a list. Calls are relative to the instruction, so nothing else changes.

import { viewOf, type ElfFile, type ElfRelocation, type Section } from './elf-file.ts';
import { CALL, LDDW, PSEUDO, R_BPF_64_32, R_BPF_64_64, SLOT_BYTES } from './format.ts';
import type { ObjectFunction } from './functions.ts';
import type { DefinedMap } from './map-definitions.ts';
import type { MapRelocation } from './object.ts';
import { fail } from './problem.ts';

interface Placed { readonly fn: ObjectFunction; readonly at: number }
export interface LinkedProgram {
  readonly code: Uint8Array<ArrayBuffer>;
  readonly placed: readonly Placed[];
  readonly relocations: readonly MapRelocation[];
}

/** Everything by where it is: hostile objects have many of all. */
export interface ObjectCode {
  readonly sections: readonly Section[];
  /** By section, then first slot. */
  readonly functions: ReadonlyMap<number, ReadonlyMap<number, ObjectFunction>>;
  /** By section, then offset of the instruction. */
  readonly relocations: ReadonlyMap<number, ReadonlyMap<number, ElfRelocation>>;
  readonly maps: readonly DefinedMap[];
  /** Code of a section, by its index, fields relocated. */
  readonly bytes: ReadonlyMap<number, Uint8Array>;
}

/** The kernel's BPF_COMPLEXITY_LIMIT_INSNS; a longer program cannot be loaded. */
export const MOST_SLOTS = 1_000_000;

interface Reference { readonly slot: number; readonly target: ObjectFunction }

export function objectCode(elf: ElfFile, functions: readonly ObjectFunction[], maps: readonly DefinedMap[], bytes: ReadonlyMap<number, Uint8Array>): ObjectCode {
  return {
    sections: elf.sections, maps, bytes,
    functions: new Map([...Map.groupBy(functions, f => f.section.index)].map(([section, list]) => [section, new Map(list.map(f => [f.from, f]))])),
    relocations: new Map([...elf.relocations].map(([section, list]) => [section, new Map(list.map(r => [r.offset, r]))])),
  };
}

export function linkProgram(entry: ObjectFunction, object: ObjectCode): LinkedProgram {
  const placed: Placed[] = [{ fn: entry, at: 0 }];
  const starts = new Map([[entry, 0]]);
  const references: Reference[] = [];
  const relocations: MapRelocation[] = [];
  let end = entry.to - entry.from;
  for (let i = 0; i < placed.length; i++) {
    const { fn, at } = placed[i]!;
    scan(fn, at, object, relocations, reference => {
      references.push(reference);
      if (starts.has(reference.target)) return;
      starts.set(reference.target, end);
      placed.push({ fn: reference.target, at: end });
      end += reference.target.to - reference.target.from;
      if (end > MOST_SLOTS) fail(`program ${entry.name}`, `is longer than the ${MOST_SLOTS} instructions that the kernel takes`);
    });
  }
  const code = new Uint8Array(end * SLOT_BYTES);
  for (const { fn, at } of placed) code.set(object.bytes.get(fn.section.index)!.subarray(fn.from * SLOT_BYTES, fn.to * SLOT_BYTES), at * SLOT_BYTES);
  const view = new DataView(code.buffer);
  for (const { slot, target } of references) {
    view.setInt32(slot * SLOT_BYTES + 4, starts.get(target)! - slot - 1, true);
    if (view.getUint8(slot * SLOT_BYTES) === LDDW) view.setUint8(slot * SLOT_BYTES + 1, view.getUint8(slot * SLOT_BYTES + 1) & 15 | PSEUDO.func << 4);
  }
  for (const { slot } of relocations) for (const half of [slot, slot + 1]) view.setInt32(half * SLOT_BYTES + 4, 0, true);
  return { code, placed, relocations };
}

/** Goes over the instructions of one function that lies at slot `at`. */
function scan(fn: ObjectFunction, at: number, object: ObjectCode, maps: MapRelocation[], found: (reference: Reference) => void): void {
  const code = object.bytes.get(fn.section.index)!;
  const view = viewOf(code);
  const byOffset = object.relocations.get(fn.section.index);
  for (let slot = fn.from; slot < fn.to; slot++) {
    const place = `section ${fn.section.name}, function ${fn.name}, slot ${slot - fn.from}`;
    const opcode = code[slot * SLOT_BYTES]!;
    const pseudo = code[slot * SLOT_BYTES + 1]! >> 4;
    const imm = view.getInt32(slot * SLOT_BYTES + 4, true);
    const relocation = byOffset?.get(slot * SLOT_BYTES);
    const here = at + slot - fn.from;
    if (relocation && opcode !== LDDW && opcode !== CALL) fail(place, `a relocation for ${relocation.symbol.name} where neither a wide load nor a call is`);
    if (opcode === CALL && (pseudo === PSEUDO.call || relocation)) found({ slot: here, target: callee(object, fn, slot, imm, relocation, place) });
    if (opcode !== LDDW) continue;
    if (slot + 1 >= fn.to) fail(place, 'a wide load has a second slot');
    if (relocation) wideLoad(object, relocation, imm, here, place, maps, found);
    slot++;
  }
}

function callee(object: ObjectCode, fn: ObjectFunction, slot: number, imm: number, relocation: ElfRelocation | undefined, place: string): ObjectFunction {
  if (!relocation) return functionAt(object, fn.section.index, slot + imm + 1, place);
  const { symbol, type } = relocation;
  if (type !== R_BPF_64_32) fail(place, `a call has relocation ${type} where R_BPF_64_32 is due`);
  if (symbol.section === 0) fail(place, `the function ${symbol.name} is not in this object: functions of the kernel are not supported`);
  return functionAt(object, symbol.section, symbol.value / SLOT_BYTES + imm + 1, place);
}

function functionAt(object: ObjectCode, section: number, slot: number, place: string): ObjectFunction {
  return object.functions.get(section)?.get(slot) ?? fail(place, `there is no function at slot ${slot} of section ${object.sections[section]?.name ?? section}`);
}

function wideLoad(object: ObjectCode, { symbol, type }: ElfRelocation, imm: number, slot: number, place: string, maps: MapRelocation[], found: (reference: Reference) => void): void {
  if (type !== R_BPF_64_64) fail(place, `a wide load has relocation ${type} where R_BPF_64_64 is due`);
  if (symbol.section === 0) fail(place, `${symbol.name} is not in this object: variables of kconfig and ksyms are not supported`);
  const offset = symbol.value + imm;
  const index = object.maps.findIndex(m => m.section === symbol.section && offset >= m.offset && offset < m.offset + m.size);
  const map = object.maps[index];
  if (!map) {
    const target = object.functions.get(symbol.section)?.get(offset / SLOT_BYTES);
    if (!target) fail(place, `${symbol.name}${imm === 0 ? '' : ` + ${imm}`} is no map, variable or function of this object`);
    found({ slot, target });
    return;
  }
  if (map.map.initial) maps.push({ kind: 'map-value', slot, map: index, offset: offset - map.offset });
  else if (offset === map.offset) maps.push({ kind: 'map', slot, map: index });
  else fail(place, `the address of a part of map ${map.map.name} means nothing`);
}
