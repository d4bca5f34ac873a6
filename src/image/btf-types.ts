// BTF, the kernel's type format, as data: every kind of kernel Documentation/bpf/btf.rst. Bytes are btf-write.ts and btf-read.ts.
// Types refer to each other by id: their index in the list plus 1; 0 is void.

export const BTF_KINDS = [
  'void', 'int', 'ptr', 'array', 'struct', 'union', 'enum', 'fwd', 'typedef', 'volatile', 'const', 'restrict',
  'func', 'func-proto', 'var', 'datasec', 'float', 'decl-tag', 'type-tag', 'enum64',
] as const;

export const BTF_MAGIC = 0xeb9f;
export const BTF_HEADER_BYTES = 24;
export const LINKAGE = ['static', 'global', 'extern'] as const;
export const INT_ENCODINGS = { '': 0, signed: 1, char: 2, bool: 4 } as const;

export type BtfType =
  | { readonly kind: 'int'; readonly name: string; readonly bytes: number; readonly bits: number; readonly encoding: keyof typeof INT_ENCODINGS }
  | { readonly kind: 'ptr' | 'volatile' | 'const' | 'restrict'; readonly type: number }
  | { readonly kind: 'typedef' | 'type-tag'; readonly name: string; readonly type: number }
  | { readonly kind: 'array'; readonly element: number; readonly index: number; readonly length: number }
  | { readonly kind: 'struct' | 'union'; readonly name: string; readonly bytes: number; readonly members: readonly BtfMember[] }
  | { readonly kind: 'enum' | 'enum64'; readonly name: string; readonly bytes: number; readonly signed: boolean; readonly values: readonly { readonly name: string; readonly value: bigint }[] }
  | { readonly kind: 'fwd'; readonly name: string; readonly of: 'struct' | 'union' }
  | { readonly kind: 'func'; readonly name: string; readonly type: number; readonly linkage: typeof LINKAGE[number] }
  | { readonly kind: 'func-proto'; readonly returns: number; readonly params: readonly { readonly name: string; readonly type: number }[] }
  | { readonly kind: 'var'; readonly name: string; readonly type: number; readonly linkage: typeof LINKAGE[number] }
  | { readonly kind: 'datasec'; readonly name: string; readonly bytes: number; readonly variables: readonly { readonly type: number; readonly offset: number; readonly bytes: number }[] }
  | { readonly kind: 'float'; readonly name: string; readonly bytes: number }
  | { readonly kind: 'decl-tag'; readonly name: string; readonly type: number; readonly component: number };

export interface BtfMember {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  /** Of bit fields; 0 where the member is whole. */
  readonly bitSize: number;
}
