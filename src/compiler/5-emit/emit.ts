// IR to a program of eBPF: the table of contents of this folder. It decides nothing about the author's meaning and cannot fail
// but by the frame's limit, which the caller turns into a diagnostic.

import { allocate } from './allocate.ts';
import { dropDeadSpills } from './dead-spills.ts';
import { joinObjects, layOutFrame, mostStackBytes } from './frame.ts';
import { finish, type TextOf } from './finish.ts';
import { layOutBlocks } from './layout.ts';
import { guardIndexes } from './guard-indexes.ts';
import { legalise } from './legalise.ts';
import { moveEarly } from './early-moves.ts';
import { dropReloads } from './reloads.ts';
import { schedule } from './schedule.ts';
import { select } from './select.ts';
import { straighten } from './straighten.ts';
import { widenLoops } from './widen-loops.ts';
import { writeWholeWords } from './whole-words.ts';
import { verify } from '../ir/verify.ts';
import type { Func, Position } from '../ir/ir.ts';
import type { Program } from '../../image/image.ts';

interface EmitOptions {
  readonly hook: Program['hook'];
  readonly textOf: TextOf;
  /** `always`: the IR is verified after each step; else once, before it is left behind. */
  readonly verifyIr?: 'always' | 'ends';
  /** Bytes of frame up to which its objects do not share memory. */
  readonly frameRoomBytes?: number;
}

/** What lies in the frame; without a place: what found no register. */
interface FramePart { readonly bytes: number; readonly at: Position | undefined }
export interface Emitted {
  readonly program: Program;
  readonly frame: readonly FramePart[];
  /** A frame beyond it is for the caller to refuse: the kernel would. */
  readonly mostStackBytes: number;
}

/** `fn` is used up. */
export function emit(fn: Func, options: EmitOptions): Emitted {
  legalise(fn);
  guardIndexes(fn);
  widenLoops(fn);
  if (options.verifyIr === 'always') verify(fn, 'legalise');
  schedule(fn);
  verify(fn, 'schedule');
  const machine = select(fn);
  allocate(machine);
  dropReloads(machine);
  dropDeadSpills(machine);
  joinObjects(machine);
  straighten(machine);
  moveEarly(machine);
  straighten(machine);
  const most = mostStackBytes(machine.blocks.some(block => block.insts.some(inst => inst.reloc?.kind === 'call')));
  const stackBytes = layOutFrame(machine, options.frameRoomBytes ?? most);
  writeWholeWords(machine);
  const { code, relocations, lines } = finish(layOutBlocks(machine), options.textOf);
  return {
    program: { name: fn.name, hook: options.hook, code, relocations, lines, functions: [], stackBytes },
    frame: machine.frame.map(({ bytes, from }) => ({ bytes, at: from })),
    mostStackBytes: most,
  };
}
