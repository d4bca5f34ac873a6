// The compiler's table of contents: TypeScript in, image or diagnostics out. Pure and total: it reads files through its caller,
// knows nobody who runs what it makes, and no source makes it throw (an assert that fires is a bug of ours).

import type { Image, Program } from '../image/image.ts';
import { check, type CheckOptions } from './2-check/check.ts';
import type { Module } from './2-check/tree.ts';
import { lower } from './3-lower/lower.ts';
import { optimize } from './4-optimize/optimize.ts';
import { emit, MAX_STACK_BYTES } from './5-emit/emit.ts';
import { diagnostic, type Diagnostic } from './diagnostics/diagnostic.ts';
import type { Func } from './ir/ir.ts';

export interface CompileOptions extends CheckOptions {
  /** Oldest kernel that the image must load on. */
  readonly target?: string;
}

export interface Compiled {
  /** Not there if anything is an error. */
  readonly image?: Image;
  /** In the order of files and lines. */
  readonly diagnostics: readonly Diagnostic[];
}

export const DEFAULT_TARGET = '6.1';

export function compile(options: CompileOptions): Compiled {
  const { module, diagnostics } = check(options);
  if (!module) return { diagnostics };
  const lowered = lower(module);
  if (!lowered.ok) return { diagnostics: [...diagnostics, ...lowered.diagnostics] };

  const { functions, maps, ports, sites } = lowered.lowering;
  const programs = functions.map(fn => program(module, fn, options.read));
  const tooDeep = programs.flatMap(p => p.stackBytes > MAX_STACK_BYTES ? [stackDiagnostic(module, p)] : []);
  if (tooDeep.length > 0) return { diagnostics: [...diagnostics, ...tooDeep] };
  return {
    image: {
      format: 1, name: module.name, target: options.target ?? DEFAULT_TARGET, kind: module.kind,
      ...(module.placement && { placement: module.placement }), files: module.files, programs, maps, ports, sites,
    },
    diagnostics,
  };
}

function program(module: Module, fn: Func, read: CompileOptions['read']): Program {
  const texts = new Map<number, readonly string[]>();
  const textOf = (file: number, line: number): string => {
    if (!texts.has(file)) texts.set(file, (read(module.files[file] ?? '') ?? '').split('\n'));
    return texts.get(file)?.[line - 1]?.trim() ?? '';
  };
  return emit(optimize(fn), { hook: module.kind === 'xdp' ? 'xdp' : 'tc', textOf });
}

function stackDiagnostic(module: Module, { name, stackBytes }: Program): Diagnostic {
  const at = module.entries.find(e => e.name === name)?.function.at;
  const column = at?.column ?? 1;
  return diagnostic('IOV6002', { file: module.files[at?.file ?? 0] ?? '', line: at?.line ?? 1, column, endColumn: column + 1 }, { bytes: stackBytes, most: MAX_STACK_BYTES });
}
