// clang's ELF objects to plain data (`-target bpf -g -c`), by libbpf's rules. It opens no file and asks no kernel; what the bytes can do
// wrong is an error value with its place. What other loaders take and this one does not is refused by name.

import { decode } from '../../isa/decode.ts';
import { readBtf, type ReadBtf } from '../btf-read.ts';
import { applyCore } from './core-apply.ts';
import { dataMaps } from './data-maps.ts';
import { readElf, textAt, type ElfFile } from './elf-file.ts';
import { NO_EXT_INFO, readExtInfo, type ExtInfo } from './ext-info.ts';
import { SLOT_BYTES } from './format.ts';
import { functionsOf, isCode, type ObjectFunction } from './functions.ts';
import { legacyMaps } from './legacy-maps.ts';
import { linkProgram, MOST_SLOTS, objectCode, type LinkedProgram, type ObjectCode } from './link-program.ts';
import { definedMaps, type DefinedMap } from './map-definitions.ts';
import type { ObjectMap, ObjectProgram, ObjectSpec } from './object.ts';
import { objectBtf, recordsOf } from './object-btf.ts';
import { checked, fail, type Checked } from './problem.ts';

type Btf = ReadBtf & { readonly ok: true };

export interface ReadObjectOptions {
  /** BTF of the kernel that fields are relocated to, such as /sys/kernel/btf/vmlinux; asked for only where the object needs it. */
  readonly targetBtf?: () => Uint8Array;
  /** Hooks of sections that libbpf does not know: objects for `tc` of iproute2 name them as they like. */
  readonly sections?: Readonly<Record<string, 'tc' | 'xdp'>>;
}

/** Of all programs together: each has its own copy of the functions it calls. */
const MOST_SLOTS_IN_ALL = 4 * MOST_SLOTS;

const MOST_MAPS = 1024;

export function readObject(bytes: Uint8Array, options: ReadObjectOptions = {}): Checked<ObjectSpec> {
  return checked(() => {
    // Slices of Node's buffers are no copies; those of this view are.
    const elf = readElf(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const btf = btfOf(elf);
    const ext = extInfoOf(elf, btf);
    const functions = functionsOf(elf, options.sections);
    const maps = mapsOf(elf, btf);
    const code = relocatedCode(elf, btf, ext, options);
    const entries = functions.filter(f => f.hook !== undefined);
    if (entries.length === 0) fail('object', 'there is no program in it: functions in sections tc, tcx/…, classifier, action or xdp');
    const linked = linkAll(entries, objectCode(elf, functions, maps, code));
    const described = btf && objectBtf(elf, btf, linked.flatMap(l => recordsOf(l, ext).lines));
    const license = elf.sections.find(s => s.name === 'license');
    return {
      license: license ? textAt(license.bytes, 0, 'section license') : '',
      maps: maps.map(map => filled(map, maps, entries, described !== undefined)),
      programs: linked.map((l, i): ObjectProgram => ({
        name: entries[i]!.name, section: entries[i]!.section.name, hook: entries[i]!.hook!, code: l.code, relocations: l.relocations,
        functions: l.placed.slice(1).map(p => ({ slot: p.at, name: p.fn.name })),
        ...sourceOf(l, ext), ...(described?.records(recordsOf(l, ext)) ?? { funcInfo: new Uint8Array(0), lineInfo: new Uint8Array(0) }),
      })),
      ...(described && { btf: described.bytes }),
    };
  });
}

function btfOf(elf: ElfFile): Btf | undefined {
  const section = elf.sections.find(s => s.name === '.BTF');
  if (!section) return undefined;
  const btf = readBtf(section.bytes);
  return btf.ok ? btf : fail('.BTF', btf.reason);
}

function extInfoOf(elf: ElfFile, btf: Btf | undefined): ExtInfo {
  const section = elf.sections.find(s => s.name === '.BTF.ext');
  return section && btf ? readExtInfo(section.bytes, btf) : NO_EXT_INFO;
}

function mapsOf(elf: ElfFile, btf: Btf | undefined): DefinedMap[] {
  const defined = elf.sections.find(s => s.name === '.maps');
  const legacy = elf.sections.find(s => s.name === 'maps');
  const maps = [
    ...(defined ? definedMaps(elf, defined, btf?.types ?? fail('section .maps', 'its maps are described in .BTF, which is not there: compile with -g')) : []),
    ...(legacy ? legacyMaps(elf, legacy) : []),
    ...dataMaps(elf),
  ];
  if (maps.length > MOST_MAPS) fail('object', `${maps.length} maps are more than the ${MOST_MAPS} that one may have`);
  const names = new Set<string>();
  for (const { map } of maps) {
    if (names.has(map.name)) fail(`map ${map.name}`, 'is there twice');
    names.add(map.name);
    for (const number of [map.keyBytes, map.valueBytes, map.capacity, map.flags]) if (!(number >= 0 && number <= 0xffff_ffff)) fail(`map ${map.name}`, `${number} does not fit in 32 bits`);
  }
  return maps;
}

/** Code by section, with fields relocated to the target where the object asks for it. */
function relocatedCode(elf: ElfFile, btf: Btf | undefined, ext: ExtInfo, options: ReadObjectOptions): Map<number, Uint8Array> {
  const code = new Map(elf.sections.filter(isCode).map(s => [s.index, s.bytes]));
  if (ext.core.size === 0 || !btf) return code;
  const bytes = (options.targetBtf ?? (() => fail('.BTF.ext', 'fields are to be relocated, and no BTF of a kernel is given')))();
  const target = readBtf(bytes);
  if (!target.ok) return fail('the BTF of the kernel', target.reason);
  for (const section of elf.sections.filter(isCode)) {
    const records = ext.core.get(section.name);
    if (records) code.set(section.index, applyCore(section, records, btf.types, target.types));
  }
  return code;
}

function linkAll(entries: readonly ObjectFunction[], object: ObjectCode): LinkedProgram[] {
  let slots = 0;
  return entries.map(entry => {
    const linked = linkProgram(entry, object);
    slots += linked.code.length / SLOT_BYTES;
    if (slots > MOST_SLOTS_IN_ALL) fail(`program ${entry.name}`, `with it the object's programs are longer than ${MOST_SLOTS_IN_ALL} instructions`);
    const decoded = decode(linked.code);
    if (!decoded.ok) fail(`program ${entry.name}, slot ${decoded.slot}`, decoded.reason);
    return linked;
  });
}

function filled({ map, values }: DefinedMap, all: readonly DefinedMap[], entries: readonly ObjectFunction[], hasBtf: boolean): ObjectMap {
  const { types, ...plain } = map;
  return {
    ...plain, ...(types && hasBtf && { types }),
    ...(values && map.inner && {
      maps: values.map(({ index, symbol }) => {
        const held = all.findIndex(m => m.section === symbol.section && m.offset === symbol.value);
        if (held < 0) fail(`map ${map.name}`, `values[${index}]: ${symbol.name} is no map of this object`);
        if (index >= map.capacity) fail(`map ${map.name}`, `values[${index}] is behind its ${map.capacity} entries`);
        return { index, map: held };
      }),
    }),
    ...(values && !map.inner && {
      programs: values.map(({ index, symbol }) => {
        const program = entries.findIndex(e => e.section.index === symbol.section && e.from * SLOT_BYTES === symbol.value);
        if (program < 0) fail(`map ${map.name}`, `values[${index}]: ${symbol.name} is no program of this object`);
        if (index >= map.capacity) fail(`map ${map.name}`, `values[${index}] is behind its ${map.capacity} entries`);
        return { index, program };
      }),
    }),
  };
}

function sourceOf(linked: LinkedProgram, ext: ExtInfo): Pick<ObjectProgram, 'files' | 'lines'> {
  const { lines } = recordsOf(linked, ext);
  const files = new Map([...new Set(lines.map(l => l.file))].map((file, i) => [file, i]));
  return { files: [...files.keys()], lines: lines.map(l => ({ slot: l.slot, file: files.get(l.file)!, line: l.line, column: l.column, text: l.text.trim() })) };
}
