// iov module test: the packet cases of a module, on the engine of this process or on the kernel.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CaseCapture } from '../../../cases/capture.ts';
import type { CaseEngineName } from '../../../cases/engines.ts';
import { runCases } from '../../../cases/run-cases.ts';
import type { Cases } from '../../../lang/packets.ts';
import { whyNoKernel } from '../../engine.ts';
import { EXIT, Failure } from '../../failure.ts';
import { green, red } from '../../output.ts';
import { loadDefault } from './beside.ts';
import { beside, imageOf, sourceOf, worldly } from './source.ts';
import { again } from './watch.ts';

/** `verbose`: what the module logs, also of cases that pass. */
interface Show { readonly engine: CaseEngineName; readonly verbose: boolean; readonly pcap: string | undefined }
interface Options { readonly engine: CaseEngineName; readonly watch?: boolean; readonly pcap?: string }

export async function test(file: string, options: Options, command: Command): Promise<void> {
  const why = options.engine === 'kernel' ? whyNoKernel() : undefined;
  if (why !== undefined) throw new Failure(why, { exitCode: EXIT.world, cure: 'run as root on Linux, or use --engine vm' });
  const { verbose = false } = command.optsWithGlobals<{ verbose?: boolean }>();
  const show = { engine: options.engine, verbose, pcap: options.pcap };
  if (!options.watch) return once(file, show, new Set());
  const asked = new Set([resolve(file), beside(file, 'packets')]);
  await again(() => asked, () => once(file, show, asked), { verbose });
}

async function once(file: string, { engine, verbose, pcap }: Show, asked: Set<string>): Promise<void> {
  const source = sourceOf(file);
  try {
    const image = imageOf(file, source);
    const cases = await loadDefault<Cases>(beside(file, 'packets'), 'packet cases', 'modules/bridge/bridge.packets.ts');
    const capture = pcap === undefined ? undefined : new CaseCapture(image);
    const results = runCases({ image, cases, engine, ...(capture && { capture }) });
    if (capture && pcap !== undefined) worldly(`${pcap} cannot be written`, () => writeFileSync(pcap, capture.file()));
    for (const r of results) {
      console.log(`${r.ok ? green('ok  ') : red('FAIL')} ${r.name}`);
      if (verbose || !r.ok) for (const { file, line, text } of r.logged ?? []) console.log(`     ${file}:${line}  ${text}`);
      if (r.difference !== undefined) console.log(r.difference.replace(/^/gm, '     '));
    }
    const failed = results.filter(r => !r.ok).length;
    if (failed > 0) throw new Failure(`${failed} of ${results.length} packet cases failed on the ${engine} engine`);
    console.log(`${results.length} packet cases passed on the ${engine} engine`);
  } finally {
    for (const path of source.asked) asked.add(path);
  }
}
