// A module's source: from a file on disk to an image or its mistakes, and which files that took.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { compile, type Compiled, type CompileOptions } from '../../../compiler/compile.ts';
import { formatDiagnostic } from '../../../compiler/diagnostics/diagnostic.ts';
import type { Image } from '../../../image/image.ts';
import { Failure } from '../../failure.ts';
import { packageRoot } from '../../../sys/package-root.ts';

interface Source extends CompileOptions {
  /** Absolute paths of what was asked for so far, there or not: what to watch. The library's are not among them. */
  readonly asked: ReadonlySet<string>;
}

/** Options of a command: the oldest kernel. */
export interface Target { readonly target?: string }

/** The library's files come from this package; all others from beside the module, named as the author named them. @throws Failure */
export function sourceOf(file: string, { target }: Target = {}): Source {
  if (!existsSync(file)) throw new Failure(`there is no file ${file}`);
  worldly(`${file} cannot be read`, () => readFileSync(file));
  const base = `${dirname(resolve(file))}${sep}`;
  const asked = new Set([resolve(file)]);
  const read = (path: string): string | undefined => {
    if (path.startsWith('iovisor/')) return text(join(packageRoot, 'src/lang/lib', path.slice('iovisor/'.length)));
    const found = resolve(path);
    if (!found.startsWith(base)) return undefined;
    asked.add(found);
    return text(found);
  };
  return { read, entry: relative(process.cwd(), resolve(file)), asked, walks: true, ...(target !== undefined && { target }) };
}

/** Says what is wrong with it on standard error. @throws Failure */
export function imageOf(file: string, source: Source = sourceOf(file)): Image {
  return compiledOf(file, source).image;
}

/** The same, with what else is known of it. @throws Failure */
export function compiledOf(file: string, source: Source): Compiled & { readonly image: Image } {
  const { image, diagnostics, steps } = compile(source);
  for (const d of diagnostics) console.error(formatDiagnostic(d));
  if (!image) throw new Failure(`${file} does not compile`);
  return { image, diagnostics, ...(steps && { steps }) };
}

/** How far the kernel's verifier will walk, by the compiler's estimate. */
export function stepsText(steps: NonNullable<Compiled['steps']>): string {
  return steps.map(s => `${s.program} about ${s.steps} verifier steps`).join(', ');
}

/** NAME.packets.ts and NAME.control.ts stand beside NAME.ts. */
export function beside(file: string, what: 'packets' | 'control'): string {
  return resolve(file.replace(/\.ts$/, `.${what}.ts`));
}

/** What a file system refuses. @throws Failure */
export function worldly<T>(what: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new Failure(`${what} (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}

/** A folder, or what was taken away in between, is not there. */
function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
