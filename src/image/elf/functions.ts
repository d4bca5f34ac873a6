// The functions of an object, and the programs among them: which run at a hook, by the name of their section.

import type { ElfFile, Section } from './elf-file.ts';
import { SECTION_FLAG, SECTION_TYPE, SLOT_BYTES } from './format.ts';
import { fail } from './problem.ts';

export interface ObjectFunction {
  readonly name: string;
  readonly section: Section;
  /** Slots in the section, from and up to. */
  readonly from: number;
  readonly to: number;
  /** Undefined: only called by others. */
  readonly hook: 'tc' | 'xdp' | undefined;
}

export function isCode(section: Section): boolean {
  return section.type === SECTION_TYPE.progbits && (section.flags & SECTION_FLAG.exec) !== 0 && section.size > 0;
}

function hookOf(section: string): 'tc' | 'xdp' | undefined {
  const name = section.replace(/^\?/, '');
  if (/^(tc|classifier|action|tcx)(\/.*)?$/.test(name)) return 'tc';
  return /^xdp(\.frags)?(\/.*)?$/.test(name) && !/^xdp(\.frags)?[_/](devmap|cpumap)/.test(name) ? 'xdp' : undefined;
}

/** In order of section and slot. They do not overlap. `sections`: hooks of sections whose names say nothing. */
export function functionsOf(elf: ElfFile, sections: Readonly<Record<string, 'tc' | 'xdp'>> = {}): ObjectFunction[] {
  return elf.sections.filter(isCode).flatMap(section => {
    const hook = (Object.hasOwn(sections, section.name) ? sections[section.name] : undefined) ?? hookOf(section.name);
    if (hook === undefined && section.name !== '.text') fail(`section ${section.name}`, 'programs of this kind are not loaded; those in tc, tcx/…, classifier, action and xdp are');
    if (section.size % SLOT_BYTES !== 0) fail(`section ${section.name}`, `${section.size} bytes are no whole number of instructions`);
    const functions = (elf.symbolsOf.get(section.index) ?? []).filter(s => s.kind === 'function').map((symbol): ObjectFunction => {
      const place = `function ${symbol.name}`;
      if (symbol.value % SLOT_BYTES !== 0 || symbol.size % SLOT_BYTES !== 0 || symbol.size === 0) fail(place, 'does not begin and end with an instruction');
      if (symbol.value + symbol.size > section.size) fail(place, `ends behind section ${section.name}`);
      return { name: symbol.name, section, from: symbol.value / SLOT_BYTES, to: (symbol.value + symbol.size) / SLOT_BYTES, hook: symbol.binding === 'local' ? undefined : hook };
    }).sort((a, b) => a.from - b.from);
    for (const [i, fn] of functions.entries()) if (i > 0 && fn.from < functions[i - 1]!.to) fail(`function ${fn.name}`, `overlaps function ${functions[i - 1]!.name}`);
    return functions;
  });
}
