// Sections, symbols and relocations to the bytes of an ELF64 object for BPF. It knows the container, not what goes in.

import { BINDINGS, ELF_HEADER_BYTES, EM_BPF, ET_REL, REL_BYTES, SECTION_FLAG, SECTION_HEADER_BYTES, SECTION_TYPE, SYMBOL_BYTES, SYMBOL_KINDS } from './format.ts';

export interface SectionToWrite {
  readonly name: string;
  readonly flags: number;
  readonly bytes: Uint8Array;
  readonly relocations?: readonly RelocationToWrite[];
}

/** `section`: its name. */
export interface SymbolToWrite {
  readonly name: string;
  readonly kind: typeof SYMBOL_KINDS[number];
  readonly binding: 'local' | 'global';
  readonly section: string;
  readonly value: number;
  readonly size: number;
}

/** `symbol`: the one of this name, or the section's own where `kind` is section. */
export interface RelocationToWrite {
  readonly offset: number;
  readonly type: number;
  readonly symbol: SymbolToWrite;
}

interface Raw { readonly name: string; readonly type: number; readonly flags: number; readonly bytes: Uint8Array; readonly link: number; readonly info: number; readonly entryBytes: number; readonly align: number }

const ALIGN = 8;

export function writeElf(sections: readonly SectionToWrite[], symbols: readonly SymbolToWrite[]): Uint8Array<ArrayBuffer> {
  const names = new Names();
  // Local symbols first: the table says where global ones begin.
  const ordered = [...symbols.filter(s => s.binding === 'local'), ...symbols.filter(s => s.binding === 'global')];
  const indexOf = (name: string): number => 1 + sections.findIndex(s => s.name === name);
  const relocated = sections.filter(s => s.relocations && s.relocations.length > 0);
  const symtab = 1 + sections.length + relocated.length;
  const raw: Raw[] = [
    ...sections.map((s): Raw => ({ name: s.name, type: SECTION_TYPE.progbits, flags: s.flags, bytes: s.bytes, link: 0, info: 0, entryBytes: 0, align: ALIGN })),
    ...relocated.map((s): Raw => ({
      name: `.rel${s.name}`, type: SECTION_TYPE.rel, flags: SECTION_FLAG.infoLink, link: symtab, info: indexOf(s.name), entryBytes: REL_BYTES, align: ALIGN,
      bytes: relBytes(s.relocations!, symbol => 1 + ordered.indexOf(symbol)),
    })),
    {
      name: '.symtab', type: SECTION_TYPE.symtab, flags: 0, link: symtab + 1, info: 1 + ordered.filter(s => s.binding === 'local').length, entryBytes: SYMBOL_BYTES, align: ALIGN,
      bytes: symbolBytes(ordered, names, indexOf),
    },
  ];
  for (const s of [...raw.map(r => r.name), '.strtab']) names.offsetOf(s);
  raw.push({ name: '.strtab', type: SECTION_TYPE.strtab, flags: 0, bytes: names.bytes(), link: 0, info: 0, entryBytes: 0, align: 1 });
  return assemble(raw, names);
}

function assemble(raw: readonly Raw[], names: Names): Uint8Array<ArrayBuffer> {
  const offsets: number[] = [];
  let end = ELF_HEADER_BYTES;
  for (const { bytes } of raw) {
    end = Math.ceil(end / ALIGN) * ALIGN;
    offsets.push(end);
    end += bytes.length;
  }
  const table = Math.ceil(end / ALIGN) * ALIGN;
  const out = new Uint8Array(table + SECTION_HEADER_BYTES * (1 + raw.length));
  const view = new DataView(out.buffer);
  out.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_REL, true);
  view.setUint16(18, EM_BPF, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(table), true);
  view.setUint16(52, ELF_HEADER_BYTES, true);
  view.setUint16(58, SECTION_HEADER_BYTES, true);
  view.setUint16(60, 1 + raw.length, true);
  view.setUint16(62, raw.length, true);
  for (const [i, section] of raw.entries()) {
    out.set(section.bytes, offsets[i]);
    const at = table + SECTION_HEADER_BYTES * (1 + i);
    view.setUint32(at, names.offsetOf(section.name), true);
    view.setUint32(at + 4, section.type, true);
    view.setBigUint64(at + 8, BigInt(section.flags), true);
    view.setBigUint64(at + 24, BigInt(offsets[i]!), true);
    view.setBigUint64(at + 32, BigInt(section.bytes.length), true);
    view.setUint32(at + 40, section.link, true);
    view.setUint32(at + 44, section.info, true);
    view.setBigUint64(at + 48, BigInt(section.align), true);
    view.setBigUint64(at + 56, BigInt(section.entryBytes), true);
  }
  return out;
}

function symbolBytes(symbols: readonly SymbolToWrite[], names: Names, sectionOf: (name: string) => number): Uint8Array {
  const bytes = new Uint8Array(SYMBOL_BYTES * (1 + symbols.length));
  const view = new DataView(bytes.buffer);
  for (const [i, symbol] of symbols.entries()) {
    const at = SYMBOL_BYTES * (1 + i);
    view.setUint32(at, symbol.kind === 'section' ? 0 : names.offsetOf(symbol.name), true);
    view.setUint8(at + 4, BINDINGS.indexOf(symbol.binding) << 4 | SYMBOL_KINDS.indexOf(symbol.kind));
    view.setUint16(at + 6, sectionOf(symbol.section), true);
    view.setBigUint64(at + 8, BigInt(symbol.value), true);
    view.setBigUint64(at + 16, BigInt(symbol.size), true);
  }
  return bytes;
}

function relBytes(relocations: readonly RelocationToWrite[], indexOf: (symbol: SymbolToWrite) => number): Uint8Array {
  const bytes = new Uint8Array(REL_BYTES * relocations.length);
  const view = new DataView(bytes.buffer);
  for (const [i, { offset, type, symbol }] of relocations.entries()) {
    view.setBigUint64(REL_BYTES * i, BigInt(offset), true);
    view.setUint32(REL_BYTES * i + 8, type, true);
    view.setUint32(REL_BYTES * i + 12, indexOf(symbol), true);
  }
  return bytes;
}

/** The section of names: each text once. */
class Names {
  readonly #offsets = new Map<string, number>([['', 0]]);
  #text = '\0';

  offsetOf(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = new TextEncoder().encode(this.#text).length;
    this.#offsets.set(name, offset);
    this.#text += `${name}\0`;
    return offset;
  }

  bytes(): Uint8Array {
    return new TextEncoder().encode(this.#text);
  }
}
