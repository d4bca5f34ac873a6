// IR to a program of eBPF: the table of contents of this folder. It decides nothing about the author's meaning and cannot fail
// but by the frame's limit, which the caller turns into a diagnostic.

import { allocate } from './allocate.ts';
import { layOutFrame } from './frame.ts';
import { finish, type TextOf } from './finish.ts';
import { layOutBlocks } from './layout.ts';
import { legalise } from './legalise.ts';
import { schedule } from './schedule.ts';
import { select } from './select.ts';
import { straighten } from './straighten.ts';
import { verify } from '../ir/verify.ts';
import type { Func } from '../ir/ir.ts';
import type { Program } from '../../image/image.ts';

export { MAX_STACK_BYTES } from './frame.ts';

/** `fn` is used up. A frame beyond MAX_STACK_BYTES is for the caller to refuse: the kernel would. */
export function emit(fn: Func, options: { readonly hook: Program['hook']; readonly textOf: TextOf }): Program {
  legalise(fn);
  verify(fn, 'legalise');
  schedule(fn);
  verify(fn, 'schedule');
  const machine = select(fn);
  allocate(machine);
  straighten(machine);
  const stackBytes = layOutFrame(machine);
  const { code, relocations, lines } = finish(layOutBlocks(machine), options.textOf);
  return { name: fn.name, hook: options.hook, code, relocations, lines, functions: [], stackBytes };
}
