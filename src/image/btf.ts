// The BTF of an image: types of keys and values of its maps, functions and source lines of its programs, as the kernel wants them
// at BTF_LOAD, MAP_CREATE and PROG_LOAD. With it bpftool shows fields, and the verifier's log shows the lines of the module.

import type { BtfMember, BtfType } from './btf-types.ts';
import { writeBtf } from './btf-write.ts';
import { hiddenParts } from './hidden.ts';
import type { Image, LineEntry, MapDecl } from './image.ts';
import { sizeOf, type Layout } from './layout.ts';

export interface Btf {
  /** For BTF_LOAD. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** In the order given; undefined where the kernel takes no types (ring buffers). */
  readonly maps: readonly (MapTypes | undefined)[];
  /** In the order given. */
  readonly programs: readonly ProgramRecords[];
}

/** `inner`: of the maps in a map of maps, of which the kernel itself takes no types. */
export interface MapTypes { readonly keyType: number; readonly valueType: number; readonly inner?: MapTypes }

/** Arrays of struct bpf_func_info (insn_off, type_id) and struct bpf_line_info (insn_off, file_name_off, line_off, line_col). */
interface ProgramRecords {
  readonly name: string;
  readonly funcInfo: Uint8Array<ArrayBuffer>;
  readonly lineInfo: Uint8Array<ArrayBuffer>;
}

/** A program, linked or not, as far as BTF describes it. */
export interface DescribedProgram {
  readonly name: string;
  readonly hook: 'tc' | 'xdp';
  readonly files: readonly string[];
  readonly lines: readonly LineEntry[];
  readonly functions: readonly { readonly slot: number; readonly name: string }[];
}

const FUNC_INFO_BYTES = 8;
const LINE_INFO_BYTES = 16;
/** KSYM_NAME_LEN of old kernels, less its end. */
const MOST_NAME = 127;

export function btfOf(image: Image): Btf {
  return makeBtf({ maps: image.maps, programs: [...image.programs, ...image.stages ?? []].map(p => ({ ...p, files: image.files })) });
}

export function makeBtf(what: { readonly maps?: readonly MapDecl[]; readonly programs?: readonly DescribedProgram[] }): Btf {
  const types = new Types();
  const maps = (what.maps ?? []).map(map => mapTypes(types, map));
  const programs = (what.programs ?? []).map(program => ({ program, functions: functionTypes(types, program), lines: linesToRecord(program) }));
  const written = writeBtf(types.list, programs.flatMap(p => p.lines.flatMap(l => [l.file, l.text])));
  return {
    bytes: written.bytes,
    maps,
    programs: programs.map(({ program, functions, lines }) => ({
      name: program.name,
      funcInfo: words(FUNC_INFO_BYTES, functions.map(f => [f.slot, f.type])),
      lineInfo: words(LINE_INFO_BYTES, lines.map(l => [l.slot, written.offsetOf(l.file), written.offsetOf(l.text), (l.line << 10 | Math.min(l.column, 1023)) >>> 0])),
    })),
  };
}

/** Types, each once. */
class Types {
  readonly list: BtfType[] = [];
  readonly #ids = new Map<string, number>();

  add(type: BtfType): number {
    const key = JSON.stringify(type, (_, v) => typeof v === 'bigint' ? String(v) : v);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.list.push(type);
    this.#ids.set(key, this.list.length);
    return this.list.length;
  }

  unsigned(bits: 8 | 16 | 32 | 64 | 128): number {
    return this.add({ kind: 'int', name: `u${bits}`, bytes: bits / 8, bits, encoding: '' });
  }
}

function layoutType(types: Types, layout: Layout): number {
  switch (layout.kind) {
    case 'int': {
      const { bits, signed } = layout;
      const plain = signed ? types.add({ kind: 'int', name: `i${bits}`, bytes: bits / 8, bits, encoding: 'signed' }) : types.unsigned(bits);
      return layout.order === 'big' && bits > 8 ? types.add({ kind: 'typedef', name: `be${bits}`, type: plain }) : plain;
    }
    case 'bool': return types.add({ kind: 'int', name: 'bool', bytes: 1, bits: 8, encoding: 'bool' });
    case 'mac': return types.add({ kind: 'typedef', name: 'mac', type: array(types, types.unsigned(8), 6) });
    case 'bytes': return array(types, types.unsigned(8), layout.length);
    case 'array': return array(types, layoutType(types, layout.element), layout.length);
    case 'struct': return types.add({
      kind: 'struct', name: identifier(layout.name), bytes: layout.bytes,
      members: layout.fields.map(f => member(f.name, layoutType(types, f.layout), f.offset)),
    });
  }
}

function array(types: Types, element: number, length: number): number {
  return types.add({ kind: 'array', element, index: types.unsigned(32), length });
}

function member(name: string, type: number, offset: number): BtfMember {
  return { name: identifier(name), type, bitOffset: 8 * offset, bitSize: 0 };
}

/** Hidden parts are members before the author's; the kernel wants u32 keys of arrays and struct keys of tries. */
function mapTypes(types: Types, map: MapDecl): MapTypes | undefined {
  if (map.kind === 'ring') return undefined;
  const hidden = hiddenParts(map);
  const keyMembers: BtfMember[] = [];
  if (hidden.prefixLength !== undefined) keyMembers.push(member('prefixlen', types.unsigned(32), hidden.prefixLength));
  if (hidden.element !== undefined) keyMembers.push(member('element', types.unsigned(32), hidden.element));
  const inner = map.inner && mapTypes(types, map.inner);
  const valueMembers = hidden.expires === undefined ? [] : [member('expires', types.unsigned(64), hidden.expires)];
  return {
    keyType: part(types, { name: `${map.name}_key`, own: 'key', layout: map.key, offset: map.keyOffset, bytes: map.keyBytes, hidden: keyMembers }),
    valueType: part(types, { name: `${map.name}_value`, own: 'value', layout: map.value, offset: map.valueOffset, bytes: map.valueBytes, hidden: valueMembers }),
    ...inner && { inner },
  };
}

interface Part {
  readonly name: string;
  readonly own: string;
  readonly layout: Layout;
  readonly offset: number;
  readonly bytes: number;
  readonly hidden: readonly BtfMember[];
}

function part(types: Types, { name, own, layout, offset, bytes, hidden }: Part): number {
  const type = layoutType(types, layout);
  if (hidden.length === 0 && offset === 0 && bytes === sizeOf(layout)) return type;
  return types.add({ kind: 'struct', name: identifier(name), bytes, members: [...hidden, member(own, type, offset)] });
}

function functionTypes(types: Types, program: DescribedProgram): { readonly slot: number; readonly type: number }[] {
  const int = types.add({ kind: 'int', name: 'int', bytes: 4, bits: 32, encoding: 'signed' });
  // The kernel knows the context by the name of the struct alone.
  const context = types.add({ kind: 'ptr', type: types.add({ kind: 'struct', name: program.hook === 'tc' ? '__sk_buff' : 'xdp_md', bytes: 0, members: [] }) });
  const entry = types.add({ kind: 'func-proto', returns: int, params: [{ name: 'ctx', type: context }] });
  const inner = types.add({ kind: 'func-proto', returns: int, params: [] });
  const func = (name: string, type: number, linkage: 'static' | 'global'): number => types.add({ kind: 'func', name: identifier(name) || 'entry', type, linkage });
  return [
    { slot: 0, type: func(program.name, entry, 'global') },
    ...program.functions.map(f => ({ slot: f.slot, type: func(f.name, inner, 'static') })),
  ];
}

interface RecordedLine {
  readonly slot: number;
  readonly file: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** The kernel wants lines in order, one a slot, and one where each function begins. */
function linesToRecord(program: DescribedProgram): RecordedLine[] {
  const bySlot = new Map<number, RecordedLine>();
  const sorted = program.lines.toSorted((a, b) => a.slot - b.slot);
  for (const l of sorted) bySlot.set(l.slot, { slot: l.slot, file: program.files[l.file] ?? '', text: l.text, line: l.line, column: l.column });
  for (const slot of [0, ...program.functions.map(f => f.slot)]) {
    if (bySlot.has(slot)) continue;
    const before = sorted.findLast(l => l.slot < slot) ?? sorted[0];
    bySlot.set(slot, before ? { ...bySlot.get(before.slot)!, slot } : { slot, file: '', text: '', line: 0, column: 0 });
  }
  return [...bySlot.values()].sort((a, b) => a.slot - b.slot);
}

/** Names of types, members and functions are C identifiers in BTF. */
function identifier(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_]/g, '_').slice(0, MOST_NAME);
  return /^[0-9]/.test(safe) ? `_${safe}`.slice(0, MOST_NAME) : safe;
}

function words(recordBytes: number, records: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(recordBytes * records.length);
  const view = new DataView(bytes.buffer);
  records.forEach((record, i) => { record.forEach((word, j) => { view.setUint32(recordBytes * i + 4 * j, word, true); }); });
  return bytes;
}
