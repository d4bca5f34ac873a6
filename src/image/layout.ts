// Memory layout of the module language's values. Encoding and decoding them is values.ts.

/**
 * Sizes and alignments, in bytes:
 *
 *     little-endian int   natural, 128 bits to 8      bool    1
 *     big-endian int      aligned to 1                mac     6, aligned to 2      bytes   n, aligned to 1
 *     struct              fields in order, C padding, always zero; aligned as its most aligned field
 *
 * Big-endian integers are as they are on the wire: no padding before them, so that the bits of a trie's key follow each other.
 *
 * `text` says how control code writes it: `10.0.0.1`, `fd00::1` (an ip6 also as IPv4 text, then mapped ::ffff:0:0/96).
 */
export type Layout =
  | { readonly kind: 'int'; readonly bits: 8 | 16 | 32 | 64 | 128; readonly signed: boolean; readonly order: 'little' | 'big'; readonly text?: 'ip4' | 'ip6' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'mac' }
  | { readonly kind: 'bytes'; readonly length: number }
  | { readonly kind: 'array'; readonly element: Layout; readonly length: number }
  | { readonly kind: 'struct'; readonly name: string; readonly bytes: number; readonly align: number; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly layout: Layout;
}

export function sizeOf(layout: Layout): number {
  switch (layout.kind) {
    case 'int': return layout.bits / 8;
    case 'bool': return 1;
    case 'mac': return 6;
    case 'bytes': return layout.length;
    case 'array': return layout.length * sizeOf(layout.element);
    case 'struct': return layout.bytes;
  }
}

export function alignOf(layout: Layout): number {
  switch (layout.kind) {
    case 'int': return layout.order === 'big' ? 1 : Math.min(layout.bits / 8, 8);
    case 'bool': return 1;
    case 'mac': return 2;
    case 'bytes': return 1;
    case 'array': return alignOf(layout.element);
    case 'struct': return layout.align;
  }
}

/** Lays fields out in order, as C does. */
export function struct(name: string, fields: readonly { readonly name: string; readonly layout: Layout }[]): Layout & { kind: 'struct' } {
  let offset = 0;
  let align = 1;
  const placed: Field[] = [];
  for (const field of fields) {
    const a = alignOf(field.layout);
    offset = Math.ceil(offset / a) * a;
    placed.push({ name: field.name, offset, layout: field.layout });
    offset += sizeOf(field.layout);
    align = Math.max(align, a);
  }
  return { kind: 'struct', name, bytes: Math.ceil(offset / align) * align, align, fields: placed };
}
