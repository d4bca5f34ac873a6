// The program that others are measured without: what a run costs by itself.

import { assemble } from '../src/isa/assemble.ts';
import { encode } from '../src/isa/encode.ts';
import { loadProgram } from '../src/kernel/program.ts';
import type { LoadedEntry } from './compiler/subject.ts';

/** `text`: of its instructions. */
export function emptyProgram(hook: 'tc' | 'xdp', text: string, disposal: DisposableStack): LoadedEntry {
  const assembled = assemble(text);
  if (!assembled.ok) throw new Error(assembled.errors.map(e => e.message).join('; '));
  const program = disposal.use(loadProgram({ name: 'empty', hook, code: encode(assembled.insns) }));
  return { program, hook, slots: assembled.insns.length };
}
