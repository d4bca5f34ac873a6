// The form of a probe: one question about this machine, answered yes, no, or could-not-tell with the reason, and what to do about it.
// The questions are the files beside this; asking them all is machine.ts. A probe leaves nothing behind.

import { isSysError } from '../../sys/errors.ts';
import { NativeUnavailable } from '../../sys/libc.ts';

export type Answer =
  | { readonly answer: 'yes'; readonly detail?: string }
  | { readonly answer: 'no'; readonly reason: string; readonly cure: string }
  | { readonly answer: 'could-not-tell'; readonly reason: string; readonly cure: string };

export interface Probe {
  /** Stable, for scripts: `tcx`. */
  readonly name: string;
  /** What it asks, for people: `tcx attach points`. */
  readonly title: string;
  /** `required`: without it the kernel engine does not work. `useful`: something works worse. */
  readonly need: 'required' | 'useful';
  /** Throws what the kernel refuses; `ask` makes an answer of it. */
  readonly run: () => Answer;
  /** What to do where the kernel refuses. */
  readonly cure: string;
}

export type ProbeResult = Answer & { readonly name: string; readonly title: string; readonly need: Probe['need'] };

export const YES: Answer = { answer: 'yes' };

export function ask(probe: Probe): ProbeResult {
  const { name, title, need } = probe;
  return { name, title, need, ...answerOf(probe) };
}

function answerOf(probe: Probe): Answer {
  try {
    return probe.run();
  } catch (error) {
    if (error instanceof NativeUnavailable) return { answer: 'could-not-tell', reason: error.message, cure: error.cure };
    if (isSysError(error, 'EPERM', 'EACCES') && process.geteuid?.() !== 0) return { answer: 'could-not-tell', reason: `${error.message}: not permitted to ask`, cure: 'run it as root' };
    if (isSysError(error)) return { answer: 'no', reason: error.message, cure: probe.cure };
    return { answer: 'could-not-tell', reason: error instanceof Error ? error.message : String(error), cure: 'report it: this probe is wrong' };
  }
}
