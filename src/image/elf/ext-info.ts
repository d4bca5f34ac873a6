// .BTF.ext: which function begins at an instruction, which source line it comes from, and where fields of kernel structs are to be
// relocated (kernel Documentation/bpf/btf.rst). Records are by section and byte offset; linking moves them.

import type { ReadBtf } from '../btf-read.ts';
import { viewOf } from './elf-file.ts';
import { SLOT_BYTES } from './format.ts';
import { fail } from './problem.ts';

export interface FunctionRecord { readonly slot: number; readonly type: number }
export interface LineRecord { readonly slot: number; readonly file: string; readonly text: string; readonly line: number; readonly column: number }
/** struct bpf_core_relo: `access` is such as `0:1:2`, `kind` enum bpf_core_relo_kind. */
export interface CoreRecord { readonly slot: number; readonly type: number; readonly access: string; readonly kind: number }

/** By name of the section of code; lists in order of slots, functions by slot. */
export interface ExtInfo {
  readonly functions: ReadonlyMap<string, ReadonlyMap<number, FunctionRecord>>;
  readonly lines: ReadonlyMap<string, readonly LineRecord[]>;
  readonly core: ReadonlyMap<string, readonly CoreRecord[]>;
}

export const NO_EXT_INFO: ExtInfo = { functions: new Map(), lines: new Map(), core: new Map() };

const PLACE = '.BTF.ext';
const MAGIC = 0xeb9f;
const LEAST_HEADER_BYTES = 24, HEADER_BYTES_WITH_CORE = 32;
const SECTION_BYTES = 8;
const FUNCTION_BYTES = 8, LINE_BYTES = 16, CORE_BYTES = 16;

export function readExtInfo(bytes: Uint8Array, btf: ReadBtf & { readonly ok: true }): ExtInfo {
  const view = viewOf(bytes);
  if (bytes.length < LEAST_HEADER_BYTES || view.getUint16(0, true) !== MAGIC || view.getUint8(2) !== 1) fail(PLACE, 'is not of version 1');
  const headerBytes = view.getUint32(4, true);
  if (headerBytes < LEAST_HEADER_BYTES || headerBytes > bytes.length) fail(PLACE, 'its header is cut off');
  const part = (at: number): Uint8Array => {
    const from = headerBytes + view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    if (from + length > bytes.length) fail(PLACE, 'has records behind its end');
    return bytes.subarray(from, from + length);
  };
  const texts = new Map<number, string>();
  const text = (offset: number, instead?: string): string => {
    const known = texts.get(offset) ?? btf.stringAt(offset) ?? instead ?? fail(PLACE, `refers to text at ${offset}, which is not there`);
    texts.set(offset, known);
    return known;
  };
  const slotOf = (record: DataView): number => {
    const offset = record.getUint32(0, true);
    return offset % SLOT_BYTES === 0 ? offset / SLOT_BYTES : fail(PLACE, `has a record for byte ${offset}, which begins no instruction`);
  };
  return {
    functions: new Map([...sectioned(part(8), FUNCTION_BYTES, text, (r): FunctionRecord => ({ slot: slotOf(r), type: r.getUint32(4, true) }))]
      .map(([section, list]) => [section, new Map(list.map(f => [f.slot, f]))])),
    lines: sectioned(part(16), LINE_BYTES, text, r => {
      const place = r.getUint32(12, true);
      // A source line may be longer than any name.
      return { slot: slotOf(r), file: text(r.getUint32(4, true)), text: text(r.getUint32(8, true), ''), line: place >>> 10, column: place & 0x3ff };
    }),
    core: headerBytes < HEADER_BYTES_WITH_CORE ? new Map() : sectioned(part(24), CORE_BYTES, text,
      r => ({ slot: slotOf(r), type: r.getUint32(4, true), access: text(r.getUint32(8, true)), kind: r.getUint32(12, true) })),
  };
}

/** u32 size of a record, then for each section: u32 name, u32 number of records, the records. */
function sectioned<T extends { readonly slot: number }>(bytes: Uint8Array, leastBytes: number, text: (offset: number) => string, read: (record: DataView) => T): Map<string, T[]> {
  const all = new Map<string, T[]>();
  if (bytes.length === 0) return all;
  const view = viewOf(bytes);
  const recordBytes = bytes.length < 4 ? 0 : view.getUint32(0, true);
  if (recordBytes < leastBytes) fail(PLACE, `has records of ${recordBytes} bytes where ${leastBytes} are due`);
  let at = 4;
  while (at < bytes.length) {
    if (at + SECTION_BYTES > bytes.length) fail(PLACE, 'is cut off within a section');
    const section = text(view.getUint32(at, true));
    const count = view.getUint32(at + 4, true);
    at += SECTION_BYTES;
    if (at + count * recordBytes > bytes.length) fail(PLACE, `has fewer than the ${count} records of section ${section} that it says`);
    const list = all.get(section) ?? [];
    for (let i = 0; i < count; i++, at += recordBytes) list.push(read(viewOf(bytes.subarray(at, at + recordBytes))));
    all.set(section, list);
  }
  for (const list of all.values()) list.sort((a, b) => a.slot - b.slot);
  return all;
}
