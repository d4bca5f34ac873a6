// Maps as objects had them before BTF: section `maps` with an array of structs.
//
//     struct bpf_map_def { u32 type, key_size, value_size, max_entries, map_flags; }      further fields must be zero

import { viewOf, type ElfFile, type Section } from './elf-file.ts';
import type { DefinedMap } from './map-definitions.ts';
import { MAP_TYPES } from './object.ts';
import { fail } from './problem.ts';

const DEFINITION_BYTES = 20;

export function legacyMaps(elf: ElfFile, section: Section): DefinedMap[] {
  const symbols = (elf.symbolsOf.get(section.index) ?? []).filter(s => (s.kind === 'object' || s.kind === 'none') && s.name !== '').sort((a, b) => a.value - b.value);
  const stride = section.size / symbols.length;
  if (section.size > 0 && (!Number.isInteger(stride) || stride < DEFINITION_BYTES)) fail(`section ${section.name}`, `${section.size} bytes are not ${symbols.length} maps`);
  const view = viewOf(section.bytes);
  return symbols.map((symbol, i): DefinedMap => {
    const place = `map ${symbol.name}`;
    if (symbol.value !== i * stride || section.bytes.length < section.size) fail(place, 'does not begin where a map does');
    if (section.bytes.subarray(symbol.value + DEFINITION_BYTES, symbol.value + stride).some(b => b !== 0)) fail(place, 'has set fields behind map_flags, which mean different things to different loaders');
    const word = (n: number): number => view.getUint32(symbol.value + 4 * n, true);
    return {
      section: section.index, offset: symbol.value, size: stride,
      map: { name: symbol.name, type: MAP_TYPES[word(0)] ?? fail(place, `is of type ${word(0)}, which no kernel has`), keyBytes: word(1), valueBytes: word(2), capacity: word(3), flags: word(4), frozen: false, pinned: false },
    };
  });
}
