// Questions about BTF types that reading maps and relocating fields share. Ids count from 1; 0 is void.

import type { BtfType } from '../btf-types.ts';
import { fail } from './problem.ts';

/** No real type is nested deeper; in hostile BTF types may contain themselves. */
export const MOST_DEPTH = 32;
const MOST_TYPE_BYTES = 0xffff_ffff;
const POINTER_BYTES = 8;

export function typeAt(types: readonly BtfType[], id: number): BtfType | undefined {
  return types[id - 1];
}

/** The type behind names and qualifiers, with its id. */
export function plain(types: readonly BtfType[], id: number): { readonly id: number; readonly type: BtfType | undefined } {
  for (let depth = 0; depth < MOST_DEPTH; depth++) {
    const type = typeAt(types, id);
    switch (type?.kind) {
      case 'typedef': case 'const': case 'volatile': case 'restrict': case 'type-tag': id = type.type; break;
      default: return { id, type };
    }
  }
  return fail(`type ${id}`, 'its names go round in a circle');
}

export function typeBytes(types: readonly BtfType[], id: number): number {
  const bytes = bytesOf(types, id);
  return bytes <= MOST_TYPE_BYTES ? bytes : fail(`type ${id}`, 'is past all sizes');
}

function bytesOf(types: readonly BtfType[], id: number): number {
  let times = 1;
  for (let depth = 0; depth < MOST_DEPTH; depth++) {
    const { type } = plain(types, id);
    switch (type?.kind) {
      case 'array': times *= type.length; id = type.element; break;
      case 'ptr': return times * POINTER_BYTES;
      case 'int': case 'struct': case 'union': case 'enum': case 'enum64': case 'float': case 'datasec': return times * type.bytes;
      default: return fail(`type ${id}`, `${type?.kind ?? 'void'} has no size`);
    }
  }
  return fail(`type ${id}`, 'is nested too deep');
}
