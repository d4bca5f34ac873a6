// A piece of eBPF whose map handles and constants are known: a module's program, a system program, or a joint.
// What is left open are its exits: jumps to other pieces, which link.ts joins. It does not know engines or maps.

import type { LineEntry, Program, Reads, Relocation } from '../../image/image.ts';

/** What an engine calls a map inside code: a file descriptor in the kernel, a number of its own in the vm. */
export type MapHandle = number;

export interface Piece {
  readonly name: string;
  /** eBPF, 8 bytes a slot, little-endian. */
  readonly code: Uint8Array;
  readonly patches: readonly Patch[];
  readonly files: readonly string[];
  readonly lines: readonly LineEntry[];
  /** Static functions behind the entry, in order of their first slot. Exits are in the entry only. */
  readonly functions: readonly { readonly slot: number; readonly name: string }[];
  /** Of a body: what must be in the packet's linear part before it begins. */
  readonly reads?: Reads;
}

/** - `exit`: a `ja` to the piece of that name. - `call`: a call of it, as a function. - `immediate`: 32 bits; in a wide load, the lower half of 64. */
export type Patch =
  | { readonly kind: 'map'; readonly slot: number; readonly handle: MapHandle }
  | { readonly kind: 'map-value'; readonly slot: number; readonly handle: MapHandle; readonly offset: number }
  | { readonly kind: 'immediate'; readonly slot: number; readonly value: number }
  | { readonly kind: 'exit' | 'call'; readonly slot: number; readonly to: string };

/** How the relocations of a module's program are filled in for one element on one engine. */
interface Resolve {
  /** The map declared at `index` of the image's maps. */
  map(index: number): MapHandle;
  constant(name: 'element' | 'hz'): number;
}

/** A module's program, for one element. */
export function modulePiece(program: Program, files: readonly string[], resolve: Resolve): Piece {
  const patchOf = (relocation: Relocation): Patch => {
    const { slot } = relocation;
    switch (relocation.kind) {
      case 'map': return { kind: 'map', slot, handle: resolve.map(relocation.map) };
      case 'map-value': return { kind: 'map-value', slot, handle: resolve.map(relocation.map), offset: relocation.offset };
      case 'constant': return { kind: 'immediate', slot, value: resolve.constant(relocation.name) };
      case 'exit': return { kind: 'exit', slot, to: relocation.exit };
      case 'call': return { kind: 'call', slot, to: relocation.call };
    }
  };
  return { name: program.name, code: program.code, patches: program.relocations.map(patchOf), files, lines: program.lines, functions: program.functions, ...(program.reads && { reads: program.reads }) };
}
