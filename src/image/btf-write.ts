// BTF types to bytes. Which types describe an image is btf.ts.
//
//     header (24): magic version flags hdr_len | type_off type_len | str_off str_len        types, then strings; little-endian
//     type   (12): name_off | kind << 24, vlen, kind_flag << 31 | size or type              and what the kind adds

import { BTF_HEADER_BYTES, BTF_KINDS, BTF_MAGIC, INT_ENCODINGS, LINKAGE, type BtfType } from './btf-types.ts';

interface WrittenBtf {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where a string of `strings` or a type's name is in the string section. */
  offsetOf(text: string): number;
}

/** `strings` go into the string section beside the names of types: files and lines of line info. */
export function writeBtf(types: readonly BtfType[], strings: readonly string[] = []): WrittenBtf {
  const table = new Strings();
  const words = types.flatMap(type => typeWords(type, name => table.offsetOf(name)));
  for (const text of strings) table.offsetOf(text);
  const text = table.bytes();
  const bytes = new Uint8Array(BTF_HEADER_BYTES + 4 * words.length + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, BTF_MAGIC, true);
  view.setUint8(2, 1);
  [BTF_HEADER_BYTES, 0, 4 * words.length, 4 * words.length, text.length, ...words].forEach((word, i) => { view.setUint32(4 + 4 * i, word, true); });
  bytes.set(text, BTF_HEADER_BYTES + 4 * words.length);
  return { bytes, offsetOf: name => table.offsetOf(name) };
}

function typeWords(type: BtfType, name: (text: string) => number): number[] {
  const head = (nameOffset: number, vlen: number, sizeOrType: number, flag: 0 | 1 = 0): number[] =>
    [nameOffset, (BTF_KINDS.indexOf(type.kind) << 24 | vlen | flag << 31) >>> 0, sizeOrType];
  switch (type.kind) {
    case 'int': return [...head(name(type.name), 0, type.bytes), INT_ENCODINGS[type.encoding] << 24 | type.bits];
    case 'ptr': case 'volatile': case 'const': case 'restrict': return head(0, 0, type.type);
    case 'typedef': case 'type-tag': return head(name(type.name), 0, type.type);
    case 'array': return [...head(0, 0, 0), type.element, type.index, type.length];
    case 'struct': case 'union': {
      const hasBitFields = type.members.some(m => m.bitSize > 0);
      return [...head(name(type.name), type.members.length, type.bytes, hasBitFields ? 1 : 0),
        ...type.members.flatMap(m => [name(m.name), m.type, (hasBitFields ? m.bitSize << 24 | m.bitOffset : m.bitOffset) >>> 0])];
    }
    case 'enum': return [...head(name(type.name), type.values.length, type.bytes, type.signed ? 1 : 0), ...type.values.flatMap(v => [name(v.name), Number(BigInt.asUintN(32, v.value))])];
    case 'enum64': return [...head(name(type.name), type.values.length, type.bytes, type.signed ? 1 : 0),
      ...type.values.flatMap(v => [name(v.name), Number(BigInt.asUintN(32, v.value)), Number(BigInt.asUintN(32, v.value >> 32n))])];
    case 'fwd': return head(name(type.name), 0, 0, type.of === 'union' ? 1 : 0);
    case 'func': return head(name(type.name), LINKAGE.indexOf(type.linkage), type.type);
    case 'func-proto': return [...head(0, type.params.length, type.returns), ...type.params.flatMap(p => [name(p.name), p.type])];
    case 'var': return [...head(name(type.name), 0, type.type), LINKAGE.indexOf(type.linkage)];
    case 'datasec': return [...head(name(type.name), type.variables.length, type.bytes), ...type.variables.flatMap(v => [v.type, v.offset, v.bytes])];
    case 'float': return head(name(type.name), 0, type.bytes);
    case 'decl-tag': return [...head(name(type.name), 0, type.type), type.component >>> 0];
  }
}

/** The string section: it begins with the empty string; each text is there once. */
class Strings {
  readonly #offsets = new Map<string, number>([['', 0]]);
  readonly #parts: Uint8Array[] = [new Uint8Array(1)];
  #length = 1;

  offsetOf(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#length;
    const part = new TextEncoder().encode(`${text.replaceAll('\0', '')}\0`);
    this.#parts.push(part);
    this.#length += part.length;
    this.#offsets.set(text, offset);
    return offset;
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}
