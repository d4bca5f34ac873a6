// Whether what became of a case is what it says.

import type { ConformanceCase } from './case.ts';
import type { Outcome } from './outcome.ts';

/** `skipped`: the kernel does not run such programs, whatever they give. */
type Verdict = 'passed' | 'failed' | 'skipped';

export function judge({ expected }: ConformanceCase, outcome: Outcome): Verdict {
  if (outcome.kind === 'skipped') return expected.kind === 'error' ? 'passed' : 'skipped';
  if (expected.kind === 'error') return outcome.kind === 'error' ? 'passed' : 'failed';
  return outcome.kind === 'result' && outcome.value === expected.value ? 'passed' : 'failed';
}

/** Cases that are wrong themselves: one that is refused is right, and so is one that ends otherwise than it says. An error without a text is strict. */
export function judgeNegative(test: ConformanceCase, outcome: Outcome): Verdict {
  if (outcome.kind !== 'result') return 'passed';
  if (test.expected.kind === 'error') return test.expected.text === '' ? 'failed' : 'passed';
  return outcome.value === test.expected.value ? 'failed' : 'passed';
}

export function tell(outcome: Outcome | { readonly kind: 'error' }): string {
  if (outcome.kind === 'result') return `0x${outcome.value.toString(16)}`;
  return 'reason' in outcome ? outcome.reason : 'an error';
}
