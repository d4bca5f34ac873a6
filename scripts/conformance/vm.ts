// A conformance case on the vm, by either implementation.

import type { Implementation } from '../../src/vm/loaders.ts';
import { createVm } from '../../src/vm/vm.ts';
import type { Outcome } from './outcome.ts';

export function runOnVm(implementation: Implementation, code: Uint8Array, memory: Uint8Array): Outcome {
  const loaded = createVm({ implementation }).load({ name: 'case', hook: 'memory', code });
  if (!loaded.ok) return { kind: 'error', reason: `slot ${loaded.refusal.slot}: ${loaded.refusal.reason}` };
  const ended = loaded.value.run(memory);
  if (!ended.ok) return { kind: 'error', reason: `slot ${ended.fault.slot}: ${ended.fault.reason}` };
  return { kind: 'result', value: ended.value.result };
}
