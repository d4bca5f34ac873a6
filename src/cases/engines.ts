// The engines that run packet cases, by name.

import type { CaseEngine } from './engine.ts';
import { kernelEngine } from './kernel-engine.ts';
import { vmEngine } from './vm-engine.ts';

/** `vm`: by WebAssembly where it may be made. */
export type CaseEngineName = 'vm' | 'interpreter' | 'kernel';

const ENGINES: Readonly<Record<CaseEngineName, () => CaseEngine>> = { vm: () => vmEngine(), interpreter: () => vmEngine('interpreter'), kernel: kernelEngine };

/** @throws SysError  of the kernel: no permission, no memory */
export function openCaseEngine(name: CaseEngineName): CaseEngine {
  return ENGINES[name]();
}
