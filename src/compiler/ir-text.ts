// A module's middle form as text, as it is handed to the back end: for people and bug reports. compile.ts is the way to an image.

import { check, type CheckOptions } from './2-check/check.ts';
import { lower } from './3-lower/lower.ts';
import { optimize } from './4-optimize/optimize.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { print } from './ir/print.ts';

/** `text` is not there if anything is an error. */
export function irText(options: CheckOptions): { readonly text?: string; readonly diagnostics: readonly Diagnostic[] } {
  const { module, diagnostics } = check(options);
  if (!module) return { diagnostics };
  const lowered = lower(module);
  if (!lowered.ok) return { diagnostics: [...diagnostics, ...lowered.diagnostics] };
  return { text: lowered.lowering.functions.map(fn => print(optimize(fn))).join('\n'), diagnostics };
}
