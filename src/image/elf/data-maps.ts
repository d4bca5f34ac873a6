// Global data: each section of it is an array with one entry, which programs address directly. Constants are frozen.

import type { ElfFile, Section } from './elf-file.ts';
import { SECTION_FLAG, SECTION_TYPE } from './format.ts';
import type { DefinedMap } from './map-definitions.ts';
import { RDONLY_PROG } from './object.ts';
import { fail } from './problem.ts';

/** More than the kernel and the vm give one value. */
const MOST_DATA_BYTES = 1 << 24;

function isData(section: Section): boolean {
  return (section.flags & SECTION_FLAG.alloc) !== 0 && (section.flags & SECTION_FLAG.exec) === 0 && section.size > 0 && /^\.(rodata|data|bss)(\.|$)/.test(section.name);
}

export function dataMaps(elf: ElfFile): DefinedMap[] {
  return elf.sections.filter(isData).map((section): DefinedMap => {
    const place = `section ${section.name}`;
    if (section.size > MOST_DATA_BYTES) fail(place, `${section.size} bytes are more than the ${MOST_DATA_BYTES} that a map's value may have`);
    if ((elf.relocations.get(section.index) ?? []).length > 0) fail(place, 'has addresses in it, which are not known before the program runs');
    const frozen = section.name.startsWith('.rodata');
    const initial = new Uint8Array(section.size);
    if (section.type !== SECTION_TYPE.nobits) initial.set(section.bytes);
    return {
      section: section.index, offset: 0, size: section.size,
      map: { name: section.name, type: 'ARRAY', keyBytes: 4, valueBytes: section.size, capacity: 1, flags: frozen ? RDONLY_PROG : 0, initial, frozen, pinned: false },
    };
  });
}
