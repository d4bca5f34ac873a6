// Copies that a module under test mirrors: a function that keeps them in a map instead of sending them, and who reads them there.

import { instantiate, joint } from '../datapath/joints/joint.ts';
import type { MapHandle, Piece } from '../datapath/link/piece.ts';
import type { Image, MapDecl } from '../image/image.ts';
import type { LiveMap } from '../image/live-map.ts';

export interface Copy { readonly port: number; readonly frame: Uint8Array }

const MOST_COPIES = 16;
const HEAD_BYTES = 8;
const FRAME_BYTES = 4088;

/** Entry 0 begins with the number of copies; each other: port, length, bytes. */
const DECL: MapDecl = {
  name: 'copies', exported: false, kind: 'array', scope: 'element', capacity: 1 + MOST_COPIES,
  keyBytes: 4, key: { kind: 'int', bits: 32, signed: false, order: 'little' }, keyOffset: 0,
  valueBytes: HEAD_BYTES + FRAME_BYTES, value: { kind: 'bytes', length: HEAD_BYTES + FRAME_BYTES }, valueOffset: 0,
};

/** Maps: copies. r1 = ctx, r2 = port. */
const text = `
  mov %r6, %r1
  mov %r7, %r2
  stw [%r10-4], 0
  lddw %r1, map(copies)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, end
  ldxw %r1, [%r0]
  add %r1, 1
  stxw [%r0], %r1
  stxw [%r10-4], %r1
  lddw %r1, map(copies)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, end
  and %r7, 0xffff
  stxw [%r0], %r7
  ldxw %r4, [%r6]
  stxw [%r0+4], %r4
  jle %r4, ${FRAME_BYTES}, fits
  mov %r4, ${FRAME_BYTES}
fits:
  jlt %r4, 1, end                  # not jeq: 6.1 learns no bound from it
  mov %r1, %r6
  mov %r2, 0
  mov %r3, %r0
  add %r3, ${HEAD_BYTES}
  call skb_load_bytes
end:
  mov %r0, 0
  exit
`;
const MIRROR = joint({ name: 'mirror', file: 'src/cases/copies.ts', line: 22, text });

/** Of a module that mirrors: the map that its copies come to. */
export function copiesDecl(image: Image): MapDecl | undefined {
  return [...image.programs, ...image.stages ?? []].some(p => p.relocations.some(r => r.kind === 'call' && r.call === 'mirror')) ? DECL : undefined;
}

export function mirrorTo(copies: MapHandle): Piece {
  return instantiate(MIRROR, { maps: { copies }, constants: {} });
}

/** What was mirrored since the last time. Beyond MOST_COPIES only that there were more is known: they are empty frames of port 0. */
export function takeCopies(map: LiveMap): Copy[] {
  const word = (index: number): Uint8Array => new Uint8Array(new Uint32Array([index]).buffer);
  const entry = (index: number): DataView | undefined => {
    const bytes = map.lookup(word(index));
    return bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  const count = entry(0)?.getUint32(0, true) ?? 0;
  map.update(word(0), new Uint8Array(map.valueBytes));
  return Array.from({ length: count }, (_, i): Copy => {
    const at = i < MOST_COPIES ? entry(i + 1) : undefined;
    if (!at) return { port: 0, frame: new Uint8Array(0) };
    const bytes = Math.min(at.getUint32(4, true), FRAME_BYTES);
    return { port: at.getUint32(0, true), frame: new Uint8Array(at.buffer.slice(at.byteOffset + HEAD_BYTES, at.byteOffset + HEAD_BYTES + bytes)) };
  });
}
