// iov module stats: figures of a compiled module. Loading it on the kernel engine attaches nothing.

import { measure } from '../../../datapath/standalone/load.ts';
import type { Image, MapDecl } from '../../../image/image.ts';
import { whyNoKernel } from '../../engine.ts';
import { EXIT, Failure } from '../../failure.ts';
import { json, table } from '../../output.ts';
import { imageOf, sourceOf, type Target } from './source.ts';

interface Options extends Target { readonly engine: 'vm' | 'kernel'; readonly output: string }
interface ProgramFigures { readonly program: string; readonly slots: number; readonly stackBytes: number; readonly verifiedSteps?: number; readonly machineBytes?: number }
interface MapFigures { readonly map: string; readonly kind: MapDecl['kind']; readonly entries: number; readonly keyBytes: number; readonly valueBytes: number }

export async function stats(file: string, options: Options): Promise<void> {
  const why = options.engine === 'kernel' ? whyNoKernel() : undefined;
  if (why !== undefined) throw new Failure(why, { exitCode: EXIT.world, cure: 'run as root on Linux, or use --engine vm' });
  const image = imageOf(file, sourceOf(file, options));
  const programs = programFigures(image, options.engine);
  const maps = image.maps.map((m): MapFigures => ({ map: m.name, kind: m.kind, entries: m.capacity, keyBytes: m.keyBytes, valueBytes: m.valueBytes }));
  const sites = image.sites.map(s => ({ site: s.reason, kind: s.kind, at: `${image.files[s.file] ?? ''}:${s.line}` }));
  if (options.output === 'json') {
    console.log(json({ name: image.name, kind: image.kind, target: image.target, programs, maps, sites }, 2));
    return;
  }
  const kernel = options.engine === 'kernel';
  console.log(table(['PROGRAM', 'SLOTS', 'STACK', ...(kernel ? ['VERIFIER STEPS', 'MACHINE CODE'] : [])], programs.map(p =>
    [p.program, String(p.slots), `${p.stackBytes} B`, ...(kernel ? [String(p.verifiedSteps), `${p.machineBytes} B`] : [])])));
  if (maps.length > 0) console.log(`\n${table(['MAP', 'KIND', 'ENTRIES', 'KEY', 'VALUE'], maps.map(m => [m.map, m.kind, String(m.entries), `${m.keyBytes} B`, `${m.valueBytes} B`]))}`);
  if (sites.length > 0) console.log(`\n${table(['SITE', 'KIND', 'AT'], sites.map(s => [s.site, s.kind, s.at]))}`);
}

function programFigures(image: Image, engine: 'vm' | 'kernel'): ProgramFigures[] {
  const loaded = engine === 'kernel' ? measure(image) : undefined;
  return [...image.programs, ...image.stages ?? []].map(p => ({ program: p.name, slots: p.code.length / 8, stackBytes: p.stackBytes, ...loaded?.get(p.name) }));
}
