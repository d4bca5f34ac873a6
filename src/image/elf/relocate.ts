// The last step before an engine: handles of maps into a program's code. It creates nothing.

import { PSEUDO, SLOT_BYTES } from './format.ts';
import type { ObjectProgram } from './object.ts';

/** `handles`: what the engine calls each of the object's maps; a file descriptor in the kernel. */
export function relocate(program: ObjectProgram, handles: readonly number[]): Uint8Array<ArrayBuffer> {
  const code = program.code.slice();
  const view = new DataView(code.buffer);
  for (const relocation of program.relocations) {
    const at = relocation.slot * SLOT_BYTES;
    const handle = handles[relocation.map];
    if (handle === undefined) throw new Error(`map ${relocation.map} has no handle`);
    view.setUint8(at + 1, view.getUint8(at + 1) & 15 | (relocation.kind === 'map' ? PSEUDO.mapFd : PSEUDO.mapValue) << 4);
    view.setInt32(at + 4, handle, true);
    view.setInt32(at + SLOT_BYTES + 4, relocation.kind === 'map' ? 0 : relocation.offset, true);
  }
  return code;
}
