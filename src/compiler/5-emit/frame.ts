// Places the objects of the frame below r10, the widest aligned first, so that there is no padding but at the end.

import type { MachineCode } from './machine.ts';

/** What the kernel gives a program and its static functions together. */
export const MAX_STACK_BYTES = 512;

/** Gives each object its place; returns the bytes of the frame, a multiple of 8. */
export function layOutFrame(code: MachineCode): number {
  let used = 0;
  for (const object of [...code.frame].sort((a, b) => b.align - a.align || b.bytes - a.bytes)) {
    used = Math.ceil((used + object.bytes) / object.align) * object.align;
    object.at = -used;
  }
  return Math.ceil(used / 8) * 8;
}
