// Bytes to sections, symbols and relocations of an ELF64 object for BPF. It knows the container, not what compilers put in.

import { BINDINGS, ELF_HEADER_BYTES, EM_BPF, ET_REL, FIRST_RESERVED_SECTION, REL_BYTES, SECTION_HEADER_BYTES, SECTION_TYPE, SYMBOL_BYTES, SYMBOL_KINDS } from './format.ts';
import { fail } from './problem.ts';

export interface Section {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** Empty where the object has none (.bss): `size` is what it takes. */
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly link: number;
  readonly info: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly kind: typeof SYMBOL_KINDS[number] | 'other';
  readonly binding: typeof BINDINGS[number] | 'other';
  /** Index of the section; 0 where it is not in this object. */
  readonly section: number;
  readonly value: number;
  readonly size: number;
}

export interface ElfRelocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: ElfSymbol;
}

export interface ElfFile {
  readonly sections: readonly Section[];
  readonly symbols: readonly ElfSymbol[];
  readonly symbolsOf: ReadonlyMap<number, readonly ElfSymbol[]>;
  /** What is to be filled in, by the index of the section it is in; in order of offsets. */
  readonly relocations: ReadonlyMap<number, readonly ElfRelocation[]>;
}

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const CLASS_64 = 2, LITTLE_ENDIAN = 1;
/** Longer names are no compiler's, and many of them would take for ever. */
const MOST_NAME_BYTES = 1024;

/** Fails with the place. */
export function readElf(bytes: Uint8Array): ElfFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < ELF_HEADER_BYTES || MAGIC.some((b, i) => bytes[i] !== b)) fail('header', 'this is not an ELF file');
  if (bytes[4] !== CLASS_64 || bytes[5] !== LITTLE_ENDIAN) fail('header', 'only 64-bit little-endian objects are read: clang -target bpf');
  if (view.getUint16(16, true) !== ET_REL || view.getUint16(18, true) !== EM_BPF) fail('header', 'this is not a relocatable object for BPF: clang -target bpf -c');
  const headers = sectionHeaders(bytes, view);
  const names = headers[view.getUint16(62, true)] ?? fail('header', 'the section of names is not there');
  const sections = headers.map(({ nameAt, ...section }): Section => ({ ...section, name: textAt(names.bytes, nameAt, `section ${section.index}`) }));
  noneOverlap(bytes, view, sections);
  const symbols = readSymbols(sections);
  return { sections, symbols, symbolsOf: Map.groupBy(symbols, s => s.section), relocations: readRelocations(sections, symbols) };
}

type Header = Omit<Section, 'name'> & { readonly nameAt: number };

function sectionHeaders(bytes: Uint8Array, view: DataView): Header[] {
  const at = number64(view, 40, 'header');
  const count = view.getUint16(60, true);
  if (count === 0 || view.getUint16(58, true) !== SECTION_HEADER_BYTES || at + count * SECTION_HEADER_BYTES > bytes.length) fail('header', 'the table of sections is cut off');
  return Array.from({ length: count }, (_, index) => {
    const header = at + index * SECTION_HEADER_BYTES;
    const place = `section ${index}`;
    const type = view.getUint32(header + 4, true);
    const offset = number64(view, header + 24, place);
    const size = number64(view, header + 32, place);
    const isInFile = type !== SECTION_TYPE.nobits && type !== SECTION_TYPE.null;
    if (isInFile && offset + size > bytes.length) fail(place, `its ${size} bytes at ${offset} are behind the end of the file`);
    return {
      index, type, nameAt: view.getUint32(header, true), flags: number64(view, header + 8, place), size,
      bytes: isInFile ? bytes.subarray(offset, offset + size) : new Uint8Array(0), link: view.getUint32(header + 40, true), info: view.getUint32(header + 44, true),
    };
  });
}

function noneOverlap(file: Uint8Array, view: DataView, sections: readonly Section[]): void {
  const table = number64(view, 40, 'header');
  const runs = [
    { name: 'the header', from: 0, to: ELF_HEADER_BYTES },
    { name: 'the table of sections', from: table, to: table + sections.length * SECTION_HEADER_BYTES },
    ...sections.filter(s => s.bytes.length > 0).map(s => ({ name: s.name, from: s.bytes.byteOffset - file.byteOffset, to: s.bytes.byteOffset - file.byteOffset + s.bytes.length })),
  ].sort((a, b) => a.from - b.from);
  for (const [i, run] of runs.entries()) {
    const next = runs[i + 1];
    if (next && next.from < run.to) fail(`section ${next.name}`, `overlaps ${run.name}`);
  }
}

function readSymbols(sections: readonly Section[]): ElfSymbol[] {
  const tables = sections.filter(s => s.type === SECTION_TYPE.symtab);
  if (tables.length > 1) fail(`section ${tables[1]!.name}`, 'there are two tables of symbols');
  const table = tables[0];
  if (!table) return [];
  const names = sections[table.link]?.bytes ?? fail('symbols', 'the section of their names is not there');
  const view = viewOf(table.bytes);
  return Array.from({ length: Math.floor(table.bytes.length / SYMBOL_BYTES) }, (_, i): ElfSymbol => {
    const at = i * SYMBOL_BYTES;
    const place = `symbol ${i}`;
    const info = view.getUint8(at + 4);
    const section = view.getUint16(at + 6, true);
    const kind = SYMBOL_KINDS[info & 15] ?? 'other';
    if (section >= sections.length && section < FIRST_RESERVED_SECTION) fail(place, `is in section ${section}, which is not there`);
    return {
      name: kind === 'section' ? sections[section]?.name ?? '' : textAt(names, view.getUint32(at, true), place), kind, binding: BINDINGS[info >> 4] ?? 'other',
      section, value: number64(view, at + 8, place), size: number64(view, at + 16, place),
    };
  });
}

function readRelocations(sections: readonly Section[], symbols: readonly ElfSymbol[]): ReadonlyMap<number, readonly ElfRelocation[]> {
  const all = new Map<number, ElfRelocation[]>();
  for (const section of sections) {
    if (section.type === SECTION_TYPE.rela) fail(`section ${section.name}`, 'relocations with addends are not BPF\'s');
    const target = sections[section.info];
    // Those of debug information are many, and nobody's business here.
    if (section.type !== SECTION_TYPE.rel || !target || target.name.startsWith('.debug') || target.name.startsWith('.BTF')) continue;
    const view = viewOf(section.bytes);
    const list = all.get(section.info) ?? [];
    for (let at = 0; at + REL_BYTES <= section.bytes.length; at += REL_BYTES) {
      const symbol = symbols[view.getUint32(at + 12, true)] ?? fail(`section ${section.name}, relocation ${at / REL_BYTES}`, 'its symbol is not there');
      list.push({ offset: number64(view, at, `section ${section.name}`), type: view.getUint32(at + 8, true), symbol });
    }
    all.set(section.info, list.sort((a, b) => a.offset - b.offset));
  }
  return all;
}

export function textAt(bytes: Uint8Array, offset: number, place: string): string {
  const window = bytes.subarray(offset, offset + MOST_NAME_BYTES);
  const end = window.indexOf(0);
  if (end < 0) fail(place, 'its name is not there, or has no end');
  return new TextDecoder().decode(window.subarray(0, end));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number that sums of two of it stay exact for. */
function number64(view: DataView, at: number, place: string): number {
  const value = view.getBigUint64(at, true);
  if (value > 0xffff_ffff_ffffn) fail(place, `the number ${value} is past all sizes`);
  return Number(value);
}
