// iov module check: what is wrong with modules, for people or as JSON.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { compile } from '../../../compiler/compile.ts';
import { formatDiagnostic } from '../../../compiler/diagnostics/diagnostic.ts';
import { Failure } from '../../failure.ts';
import { json } from '../../output.ts';
import { sourceOf, stepsText, type Target } from './source.ts';
import { again } from './watch.ts';

export async function check(files: readonly string[], options: Target & { readonly output: string; readonly watch?: boolean }, command: Command): Promise<void> {
  const { verbose = false } = command.optsWithGlobals<{ verbose?: boolean }>();
  const asked = new Set(files.map(file => resolve(file)));
  const once = async (): Promise<void> => {
    const results = files.map(file => {
      const source = sourceOf(file, options);
      const { diagnostics, steps } = compile(source);
      for (const path of source.asked) asked.add(path);
      return { file, diagnostics, steps };
    });
    const all = results.flatMap(r => r.diagnostics);
    if (options.output === 'json') console.log(json(all, 2));
    else for (const d of all) console.error(formatDiagnostic(d));
    const errors = all.filter(d => d.severity === 'error').length;
    if (errors > 0) throw new Failure(`${errors} ${errors === 1 ? 'mistake' : 'mistakes'}`);
    if (options.output === 'text') for (const r of results) console.log(`${r.file}: well${verbose && r.steps ? `; ${stepsText(r.steps)}` : ''}`);
  };
  await (options.watch ? again(() => asked, once, { verbose }) : once());
}
