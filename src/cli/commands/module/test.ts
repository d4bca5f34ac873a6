// iov module test: the packet cases of a module, on the engine of this process or on the kernel.

import { resolve } from 'node:path';
import { runCases, type CaseEngineName } from '../../../cases/run-cases.ts';
import type { Cases } from '../../../lang/packets.ts';
import { whyNoKernel } from '../../engine.ts';
import { EXIT, Failure } from '../../failure.ts';
import { green, red } from '../../output.ts';
import { loadDefault } from './beside.ts';
import { beside, imageOf, sourceOf } from './source.ts';
import { again } from './watch.ts';

interface Options { readonly engine: CaseEngineName; readonly watch?: boolean }

export async function test(file: string, options: Options): Promise<void> {
  const why = options.engine === 'kernel' ? whyNoKernel() : undefined;
  if (why !== undefined) throw new Failure(why, { exitCode: EXIT.world, cure: 'run as root on Linux, or use --engine vm' });
  if (!options.watch) return once(file, options.engine, new Set());
  const asked = new Set([resolve(file), beside(file, 'packets')]);
  await again(() => asked, () => once(file, options.engine, asked));
}

async function once(file: string, engine: CaseEngineName, asked: Set<string>): Promise<void> {
  const source = sourceOf(file);
  try {
    const image = imageOf(file, source);
    const cases = await loadDefault<Cases>(beside(file, 'packets'), 'packet cases', 'modules/bridge/bridge.packets.ts');
    const results = runCases({ image, cases, engine });
    for (const r of results) {
      console.log(`${r.ok ? green('ok  ') : red('FAIL')} ${r.name}`);
      if (r.difference !== undefined) console.log(r.difference.replace(/^/gm, '     '));
    }
    const failed = results.filter(r => !r.ok).length;
    if (failed > 0) throw new Failure(`${failed} of ${results.length} packet cases failed on the ${engine} engine`);
    console.log(`${results.length} packet cases passed on the ${engine} engine`);
  } finally {
    for (const path of source.asked) asked.add(path);
  }
}
