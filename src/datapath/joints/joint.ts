// A joint or system program as a text: assembled once, then instantiated with the maps and constants of one element or endpoint.
//
// `const(site:REASON)` names a place that ends packets; where the text says it first is the site's line.
// `const(NAME)`, `map(NAME)` and `value(NAME)` are filled in by `instantiate`; `exit(NAME)` is left to the linker.

import { assemble, type SymbolRelocation } from '../../isa/assemble.ts';
import { encode } from '../../isa/encode.ts';
import { slotStarts } from '../../isa/insn.ts';
import type { LineEntry } from '../../image/image.ts';
import type { MapHandle, Patch, Piece } from '../link/piece.ts';

interface JointText {
  readonly name: string;
  /** Package-relative, and the line on which `text` begins: lines of the kernel's refusals and of drop sites lead there. */
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface JointSite { readonly reason: string; readonly file: string; readonly line: number }

export interface Joint {
  readonly source: JointText;
  readonly code: Uint8Array;
  readonly relocations: readonly SymbolRelocation[];
  readonly lines: readonly LineEntry[];
  readonly sites: readonly JointSite[];
}

interface Surroundings {
  readonly maps: Readonly<Record<string, MapHandle>>;
  readonly constants: Readonly<Record<string, number>>;
}

const SITE = 'site:';

/** A text of our own that does not assemble is our bug: it throws. */
export function joint(source: JointText): Joint {
  const assembled = assemble(source.text);
  if (!assembled.ok) {
    throw new Error(assembled.errors.map(e => `${source.file}:${source.line + e.line - 1}: ${e.message}`).join('\n'));
  }
  const texts = source.text.split('\n');
  const starts = slotStarts(assembled.insns);
  const lines = assembled.lines.map((line, index): LineEntry => (
    { slot: starts[index] as number, file: 0, line: source.line + line - 1, column: 1, text: texts[line - 1]?.trim() ?? '' }
  ));
  const sites: JointSite[] = [];
  for (const { kind, name, slot: at } of assembled.relocations) {
    if (kind !== 'constant' || !name.startsWith(SITE)) continue;
    const reason = name.slice(SITE.length);
    const line = lines.find(l => l.slot === at)?.line ?? source.line;
    if (!sites.some(s => s.reason === reason)) sites.push({ reason, file: source.file, line });
  }
  return { source, code: encode(assembled.insns), relocations: assembled.relocations, lines, sites };
}

/** A name that the surroundings lack is our bug: it throws. */
export function instantiate(made: Joint, around: Surroundings): Piece {
  const find = <T>(from: Readonly<Record<string, T>>, name: string): T => {
    const value = from[name];
    if (value === undefined) throw new Error(`${made.source.name}: nothing is called '${name}'`);
    return value;
  };
  const patchOf = ({ kind, slot, name, offset }: SymbolRelocation): Patch => {
    switch (kind) {
      case 'map': return { kind, slot, handle: find(around.maps, name) };
      case 'map-value': return { kind, slot, handle: find(around.maps, name), offset };
      case 'constant': return { kind: 'immediate', slot, value: find(around.constants, name) };
      case 'exit': case 'call': return { kind, slot, to: name };
    }
  };
  return { name: made.source.name, code: made.code, patches: made.relocations.map(patchOf), files: [made.source.file], lines: made.lines, functions: [] };
}

/** The constants of a table of sites whose first has index `base`. */
export function siteConstants(sites: readonly JointSite[], base: number): Record<string, number> {
  return Object.fromEntries(sites.map((site, index) => [SITE + site.reason, base + index]));
}
