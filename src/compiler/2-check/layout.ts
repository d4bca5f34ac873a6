// Where the parts of a storable value lie in memory.

import type { Layout } from '../../image/layout.ts';
import { sizeOf, struct } from '../../image/layout.ts';
import type { StructClass, Type } from './types.ts';

/** Undefined: the type cannot lie in a map. */
export function layoutOf(type: Type): Layout | undefined {
  switch (type.kind) {
    case 'int': return { kind: 'int', bits: type.bits, signed: type.signed, order: type.order, ...(type.text && { text: type.text }) };
    case 'bool': return { kind: 'bool' };
    case 'mac': return { kind: 'mac' };
    case 'bytes': return { kind: 'bytes', length: type.length };
    case 'array': {
      const element = layoutOf(type.element);
      return element && { kind: 'array', element, length: type.length };
    }
    case 'struct': return type.class.layout;
    default: return undefined;
  }
}

/** Undefined: a field cannot lie in memory. */
export function structClass(name: string, fields: readonly { readonly name: string; readonly type: Type }[]): StructClass | undefined {
  const laid: { readonly name: string; readonly layout: Layout }[] = [];
  for (const field of fields) {
    const layout = layoutOf(field.type);
    if (!layout) return undefined;
    laid.push({ name: field.name, layout });
  }
  const layout = struct(name, laid);
  return { name, layout, fields: fields.map((field, i) => ({ name: field.name, type: field.type, offset: layout.fields[i]?.offset ?? 0 })) };
}

/** Why a type cannot be the key of a prefix trie, or undefined. */
export function whyNoPrefix(layout: Layout): string | undefined {
  switch (layout.kind) {
    case 'int': return layout.order === 'big' || layout.bits === 8 ? undefined : 'it is not big-endian';
    case 'array': return whyNoPrefix(layout.element);
    case 'bool': case 'mac': case 'bytes': return undefined;
    case 'struct': {
      let end = 0;
      for (const field of layout.fields) {
        if (field.offset !== end) return `there is padding before '${field.name}'`;
        const why = whyNoPrefix(field.layout);
        if (why !== undefined) return `of '${field.name}': ${why}`;
        end = field.offset + sizeOf(field.layout);
      }
      return undefined;
    }
  }
}
