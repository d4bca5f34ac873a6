// The engines that run packet cases, by name.

import type { CaseEngine } from './engine.ts';
import type { PacketForm } from './forms.ts';
import { kernelEngine } from './kernel-engine.ts';
import { vmEngine } from './vm-engine.ts';

/** `vm`: by WebAssembly where it may be made. */
export type CaseEngineName = 'vm' | 'interpreter' | 'kernel';

const ENGINES: Readonly<Record<CaseEngineName, (form?: PacketForm) => CaseEngine>> = {
  vm: form => vmEngine(undefined, form), interpreter: form => vmEngine('interpreter', form), kernel: kernelEngine,
};

/** `form` is for the user-space engine: the kernel's TEST_RUN makes linear packets only. @throws SysError  of the kernel: no permission, no memory */
export function openCaseEngine(name: CaseEngineName, form?: PacketForm): CaseEngine {
  return ENGINES[name](form);
}
