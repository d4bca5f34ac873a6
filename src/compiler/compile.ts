// The compiler's table of contents: TypeScript in, image or diagnostics out. Pure and total: it reads files through its caller,
// knows nobody who runs what it makes, and no source makes it throw (an assert that fires is a bug of ours).

import type { Image, Reads } from '../image/image.ts';
import { check, type CheckOptions } from './2-check/check.ts';
import type { Module } from './2-check/tree.ts';
import { lower } from './3-lower/lower.ts';
import { optimize } from './4-optimize/optimize.ts';
import { emit, type Emitted } from './5-emit/emit.ts';
import { diagnostic, type Diagnostic } from './diagnostics/diagnostic.ts';
import type { Func, Position } from './ir/ir.ts';
import { sinceDiagnostics } from './since.ts';
import { estimate } from './verifier/estimate.ts';

export interface CompileOptions extends CheckOptions {
  /** Oldest kernel that the image must load on. */
  readonly target?: string;
  /** `always`: the middle form is verified between all passes, to find the one that breaks it; else at the ends. */
  readonly verifyIr?: 'always' | 'ends';
  /** Also walks the programs as the kernel's verifier will, for some milliseconds: what it would give up at is refused, and an image at which it finds nothing says so. */
  readonly walks?: boolean;
}

export interface Compiled {
  /** Not there if anything is an error. */
  readonly image?: Image;
  /** How many instructions the kernel's verifier looks at, by our estimate: of each program, if it was asked for. */
  readonly steps?: readonly { readonly program: string; readonly steps: number }[];
  /** In the order of files and lines. */
  readonly diagnostics: readonly Diagnostic[];
}

export const DEFAULT_TARGET = '6.1';

export function compile(options: CompileOptions): Compiled {
  const { module, diagnostics } = check(options);
  return module ? compileChecked(module, diagnostics, options) : { diagnostics };
}

/** The rest, of a module that is checked already: `diagnostics` are those of the check. */
export function compileChecked(module: Module, diagnostics: readonly Diagnostic[], options: CompileOptions): Compiled {
  const lowered = lower(module);
  if (!lowered.ok) return { diagnostics: [...diagnostics, ...lowered.diagnostics] };

  const { functions, stages, maps, ports, sites, reads, logs } = lowered.lowering;
  const tooNew = sinceDiagnostics(module, [...functions, ...stages], options.target ?? DEFAULT_TARGET);
  if (tooNew.length > 0) return { diagnostics: [...diagnostics, ...tooNew] };
  const emitted = [...functions, ...stages].map(fn => program(module, fn, reads.get(fn), options));
  const tooDeep = emitted.flatMap(e => e.program.stackBytes > e.mostStackBytes ? [stackDiagnostic(module, e)] : []);
  if (tooDeep.length > 0) return { diagnostics: [...diagnostics, ...tooDeep] };
  const estimates = options.walks === true ? emitted.flatMap(e => estimate(e.program, maps, module.files) ?? []) : undefined;
  const found = [...diagnostics, ...estimates?.flatMap(e => e.diagnostics) ?? []];
  const steps = estimates?.map(e => ({ program: e.program, steps: e.steps }));
  if (found.some(d => d.severity === 'error')) return { diagnostics: found, ...(steps && { steps }) };
  return {
    image: {
      format: 1, name: module.name, target: options.target ?? DEFAULT_TARGET, kind: module.kind,
      ...(module.placement && { placement: module.placement }), files: module.files, programs: emitted.slice(0, functions.length).map(e => e.program),
      ...(stages.length > 0 && { stages: emitted.slice(functions.length).map(e => e.program) }), maps, ports, sites, ...(logs && { logs }),
      ...(estimates?.length === emitted.length && estimates.every(e => e.diagnostics.length === 0) && { walked: true as const }),
    },
    diagnostics: found,
    ...(steps && { steps }),
  };
}

function program(module: Module, fn: Func, reads: Reads | undefined, { read, verifyIr = 'ends' }: CompileOptions): Emitted {
  const texts = new Map<number, readonly string[]>();
  const textOf = (file: number, line: number): string => {
    if (!texts.has(file)) texts.set(file, (read(module.files[file] ?? '') ?? '').split('\n'));
    return texts.get(file)?.[line - 1]?.trim() ?? '';
  };
  const emitted = emit(optimize(fn, { verifyIr }), { hook: module.kind === 'xdp' ? 'xdp' : 'tc', textOf, verifyIr });
  return reads ? { ...emitted, program: { ...emitted.program, reads } } : emitted;
}

/** At the place that asks for most, with the next ones. */
function stackDiagnostic(module: Module, { program: { name, stackBytes }, frame, mostStackBytes: most }: Emitted): Diagnostic {
  const byPlace = new Map<string, { at: Position; bytes: number }>();
  for (const { at, bytes } of frame) {
    if (at === undefined || at.line === 0) continue;
    const key = `${at.file} ${at.line}`;
    const sum = byPlace.get(key);
    if (sum) sum.bytes += bytes; else byPlace.set(key, { at, bytes });
  }
  const largest = [...byPlace.values()].sort((a, b) => b.bytes - a.bytes).slice(0, MOST_STACK_PLACES);
  const fileOf = (at: Position | undefined): string => module.files[at?.file ?? 0] ?? '';
  const at = largest[0]?.at ?? [...module.entries, ...module.stages].find(e => e.name === name)?.function.at;
  const column = at?.column ?? 1;
  const places = largest.map(m => `${m.bytes} at ${fileOf(m.at)}:${m.at.line}`).join(', ');
  return diagnostic('IOV6002', { file: fileOf(at), line: at?.line ?? 1, column, endColumn: column + 1 }, { bytes: stackBytes, most, places });
}

/** Places that a message names. */
const MOST_STACK_PLACES = 3;
