// The BTF of an object made fit for the kernel: compilers leave sizes and offsets of sections of variables to the loader, as relocations.
// Records of functions and lines move to where linking put the code.

import type { ReadBtf } from '../btf-read.ts';
import type { BtfType } from '../btf-types.ts';
import { writeBtf } from '../btf-write.ts';
import type { ElfFile } from './elf-file.ts';
import type { ExtInfo, FunctionRecord, LineRecord } from './ext-info.ts';
import type { LinkedProgram } from './link-program.ts';
import type { ObjectProgram } from './object.ts';
import { words } from './words.ts';

interface ProgramRecords {
  readonly functions: readonly FunctionRecord[];
  readonly lines: readonly LineRecord[];
}

interface ObjectBtf {
  readonly bytes: Uint8Array<ArrayBuffer>;
  records(of: ProgramRecords): Pick<ObjectProgram, 'funcInfo' | 'lineInfo'>;
}

/** The kernel wants a record for every function, and a line where each begins: else none are of use. */
export function recordsOf({ placed, code }: LinkedProgram, ext: ExtInfo): ProgramRecords {
  const functions: FunctionRecord[] = [];
  const lines: LineRecord[] = [];
  let areComplete = true;
  for (const { fn, at } of placed) {
    const own = ext.functions.get(fn.section.name)?.get(fn.from);
    const ownLines = within(ext.lines.get(fn.section.name) ?? [], fn.from, fn.to);
    if (own) functions.push({ slot: at, type: own.type });
    for (const line of ownLines) if (code[(at + line.slot - fn.from) * 8] !== 0) lines.push({ ...line, slot: at + line.slot - fn.from });
    if (!own || ownLines[0]?.slot !== fn.from) areComplete = false;
  }
  return areComplete ? { functions, lines } : { functions: functions.length === placed.length ? functions : [], lines: [] };
}

/** One a slot, of a list in order. */
function within(lines: readonly LineRecord[], from: number, to: number): LineRecord[] {
  let low = 0;
  for (let high = lines.length; low < high;) {
    const middle = low + high >> 1;
    if (lines[middle]!.slot < from) low = middle + 1;
    else high = middle;
  }
  const found: LineRecord[] = [];
  for (let i = low; i < lines.length && lines[i]!.slot < to; i++) if (lines[i]!.slot !== found.at(-1)?.slot) found.push(lines[i]!);
  return found;
}

export function objectBtf(elf: ElfFile, btf: ReadBtf & { readonly ok: true }, lines: readonly LineRecord[]): ObjectBtf {
  const written = writeBtf(btf.types.map(type => type.kind === 'datasec' ? placedVariables(elf, type, btf.types) : type), lines.flatMap(l => [l.file, l.text]));
  return {
    bytes: written.bytes,
    records: of => ({
      funcInfo: words(2, of.functions.map(f => [f.slot, f.type])),
      lineInfo: words(4, of.lines.map(l => [l.slot, written.offsetOf(l.file), written.offsetOf(l.text), (l.line << 10 | l.column) >>> 0])),
    }),
  };
}

/** A section of variables, each at its symbol's place; where that is not known, a type that says nothing, so that ids stay. */
function placedVariables(elf: ElfFile, section: BtfType & { readonly kind: 'datasec' }, types: readonly BtfType[]): BtfType {
  const found = elf.sections.find(s => s.name === section.name);
  const offsets = new Map((found && elf.symbolsOf.get(found.index) || []).map(s => [s.name, s.value]));
  const variables = section.variables.map(v => {
    const variable = types[v.type - 1];
    return { ...v, offset: variable?.kind === 'var' ? offsets.get(variable.name) ?? -1 : -1 };
  }).sort((a, b) => a.offset - b.offset);
  const fits = found !== undefined && found.size > 0 && variables.every((v, i) => v.offset >= (i === 0 ? 0 : variables[i - 1]!.offset + variables[i - 1]!.bytes) && v.offset + v.bytes <= found.size);
  return fits ? { ...section, bytes: found.size, variables } : { kind: 'struct', name: '', bytes: 0, members: [] };
}
