// Places the objects of the frame below r10, the widest aligned first, so that there is no padding but at the end. Where that
// is more than there is, objects that are never needed at the same time share their bytes.

import { overlaps } from './frame-lifetimes.ts';
import type { FrameObject, MachineCode } from './machine.ts';

/** What the kernel gives a program and its static functions together. */
export const MAX_STACK_BYTES = 512;

/** Gives each object its place; returns the bytes of the frame, a multiple of 8. `room`: bytes up to which nothing is shared. */
export function layOutFrame(code: MachineCode, room: number = MAX_STACK_BYTES): number {
  const objects = [...code.frame].sort((a, b) => b.align - a.align || b.bytes - a.bytes);
  const apart = place(objects, (_, used) => used);
  return apart <= room ? apart : shared(code, objects);
}

function shared(code: MachineCode, objects: readonly FrameObject[]): number {
  const meets = overlaps(code);
  const placed: FrameObject[] = [];
  return place(objects, object => {
    // The highest place at which no object lies that lives at the same time.
    const others = placed.filter(o => meets(o, object)).sort((a, b) => b.at - a.at);
    let used = 0;
    for (const o of others) {
      if (-o.at - o.bytes >= roundUp(used + object.bytes, object.align)) break;
      used = Math.max(used, -o.at);
    }
    placed.push(object);
    return used;
  });
}

/** `above`: bytes below r10 that the object must stay clear of. */
function place(objects: readonly FrameObject[], above: (object: FrameObject, used: number) => number): number {
  let used = 0;
  for (const object of objects) {
    const below = roundUp(above(object, used) + object.bytes, object.align);
    object.at = -below;
    used = Math.max(used, below);
  }
  return roundUp(used, 8);
}

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;
