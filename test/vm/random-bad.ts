// What no compiler makes: random bytes, and random instructions of every form with numbers that are often small, so that some of it runs.

import { INSTRUCTIONS } from '../../src/isa/fixtures/instructions.ts';
import { encode } from '../../src/isa/encode.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { changed } from './mutate.ts';

type Random = (below: number) => number;

export function badCode(next: Random): Uint8Array {
  if (next(4) === 0) return Uint8Array.from({ length: next(2) === 0 ? next(200) : 8 * next(30) }, () => next(3) === 0 ? 0 : next(256));
  const insns = Array.from({ length: next(20) + 1 }, () => badInsn(next));
  if (next(4) > 0) insns.push({ kind: 'exit' });
  return encode(insns);
}

/** What cannot run in either implementation is rare, for one such instruction refuses all. */
const RARE = /^(wide-|call-kfunc|load-absolute|load-indirect|call-register|may-goto)/;

function badInsn(next: Random): Insn {
  for (;;) {
    const [base] = INSTRUCTIONS[next(INSTRUCTIONS.length)]!;
    if (RARE.test(base.kind) && next(20) > 0) continue;
    if ((base.kind === 'call') && next(4) > 0) continue;
    let insn: Insn = base;
    for (let i = 0; i < 4; i++) insn = changed(insn, next);
    // Near, so that more than a few land on instructions.
    if ('offset' in insn && (insn.kind.startsWith('j') || insn.kind === 'call-local') && next(8) > 0) insn = { ...insn, offset: next(16) - 4 };
    return insn;
  }
}
