// The optimiser: which passes run, in which order. Each pass is one file, IR to IR in place, and says whether it changed
// anything. None does what kernel verifiers do not follow: no range tests by subtraction, no selects by masks, no reassociation
// of packet pointers, no wider loads across fields of ctx.

import { blocks } from './blocks.ts';
import { dead } from './dead.ts';
import { flags } from './flags.ts';
import { fold } from './fold.ts';
import { forward } from './forward.ts';
import { hoist } from './hoist.ts';
import { numberValues } from './number-values.ts';
import { parameters } from './parameters.ts';
import { sink } from './sink.ts';
import { slots } from './slots.ts';
import { stores } from './stores.ts';
import { sums } from './sums.ts';
import { thread } from './thread.ts';
import { twins } from './twins.ts';
import type { Func } from '../ir/ir.ts';
import { verify } from '../ir/verify.ts';

interface Pass { readonly name: string; readonly run: (fn: Func) => boolean }

const PASSES: readonly Pass[] = [
  { name: 'blocks', run: blocks },
  { name: 'fold', run: fold },
  { name: 'parameters', run: parameters },
  { name: 'sink', run: sink },
  { name: 'number-values', run: numberValues },
  { name: 'forward', run: forward },
  { name: 'stores', run: stores },
  { name: 'slots', run: slots },
  { name: 'sums', run: sums },
  { name: 'thread', run: thread },
  { name: 'flags', run: flags },
  { name: 'twins', run: twins },
  { name: 'hoist', run: hoist },
  { name: 'dead', run: dead },
];

/** The passes feed each other; real modules settle in three or four rounds. */
const MAX_ROUNDS = 12;

interface OptimizeOptions {
  readonly passes?: readonly Pass[];
  /** `always`: the IR is verified after each pass that changed it; else once, when all have run. */
  readonly verifyIr?: 'always' | 'ends';
}

/** Changes `fn` and gives it back. */
export function optimize(fn: Func, { passes = PASSES, verifyIr = 'ends' }: OptimizeOptions = {}): Func {
  if (verifyIr === 'always') verify(fn, 'lowering');
  // How often anything was changed, and at which of these times a pass found nothing to do: it would find nothing now.
  let changes = 0;
  const settled = new Map<Pass, number>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let changed = false;
    for (const pass of passes) {
      if (settled.get(pass) === changes) continue;
      if (!pass.run(fn)) { settled.set(pass, changes); continue; }
      changed = true;
      changes++;
      if (verifyIr === 'always') verify(fn, pass.name);
    }
    if (!changed) break;
  }
  if (verifyIr === 'ends') verify(fn, 'the optimiser');
  return fn;
}
