// Places the objects of the frame below r10, the widest aligned first, so that there is no padding but at the end. Where that
// is more than there is, objects that are never needed at the same time share their bytes.

import { CALLED_STACK_BYTES, STACK_BYTES } from '../../image/abi.ts';
import { overlaps } from './frame-lifetimes.ts';
import type { FrameObject, MachineCode } from './machine.ts';

/** What is left for a program's own frame. */
export function mostStackBytes(calls: boolean): number {
  return calls ? STACK_BYTES - CALLED_STACK_BYTES : STACK_BYTES;
}

/**
 * Objects of one size that are never needed at the same time become one: the key that each of two ways builds has one place, so
 * what both ways do with it is the same code, which straighten.ts then has once.
 */
export function joinObjects(code: MachineCode): void {
  if (code.frame.length < 2) return;
  const meets = overlaps(code);
  const groups: FrameObject[][] = [];
  const by = new Map<FrameObject, FrameObject>();
  for (const object of code.frame) {
    const group = groups.find(g => g[0]?.bytes === object.bytes && g[0].align === object.align && !g.some(o => meets(o, object)));
    if (group) group.push(object); else groups.push([object]);
    by.set(object, group?.[0] ?? object);
  }
  for (const block of code.blocks) {
    for (const [i, inst] of block.insts.entries()) {
      const to = inst.frame && by.get(inst.frame);
      if (to !== undefined && to !== inst.frame) block.insts[i] = { ...inst, frame: to };
    }
  }
  code.frame.splice(0, code.frame.length, ...groups.map(g => g[0] as FrameObject));
}

/** Gives each object its place; returns the bytes of the frame, a multiple of 8. `room`: bytes up to which nothing is shared. */
export function layOutFrame(code: MachineCode, room: number): number {
  const objects = [...code.frame].sort((a, b) => b.align - a.align || b.bytes - a.bytes);
  // Words of their own let verifiers forget them (whole-words.ts).
  const words = place(objects, (_, used) => used, 8);
  if (words <= room) return words;
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
function place(objects: readonly FrameObject[], above: (object: FrameObject, used: number) => number, leastAlign = 1): number {
  let used = 0;
  for (const object of objects) {
    const below = roundUp(above(object, used) + object.bytes, Math.max(object.align, leastAlign));
    object.at = -below;
    used = Math.max(used, below);
  }
  return roundUp(used, 8);
}

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;
