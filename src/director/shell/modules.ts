// A module's folder → what planning and visors need of it: its image, and its control function. The only door from the Director to the compiler.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile } from '../../compiler/compile.ts';
import { formatDiagnostic } from '../../compiler/diagnostics/diagnostic.ts';
import { encodeImage } from '../../image/codec.ts';
import { imageHash } from '../../image/image-hash.ts';
import type { Image, MapKind } from '../../image/image.ts';
import type { Json } from '../../model/canonical.ts';
import type { PlanContents } from '../../model/plan.ts';
import type { PlannedModule, Segment } from '../core/planner.ts';
import { StartRefused } from './refused.ts';

export interface LoadedModule {
  readonly planned: PlannedModule;
  readonly imageText: string;
}

/** Contents as plans carry them: a u64 as a decimal string, bytes as a list of numbers. */
export function contentsOf(value: unknown): PlanContents {
  return jsonOf(value) as PlanContents;
}

function jsonOf(value: unknown): Json {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined).map(([k, v]) => [k, jsonOf(v)]));
  return value as Json;
}

type Control = (segment: Segment) => unknown;

/** Kinds of maps whose contents are entries by key. */
const KEYED: ReadonlySet<MapKind> = new Set(['hash', 'lru', 'expiring', 'lpm', 'percpu-hash']);

/** Joins a compiled module to its control function. */
export function loadedModule(image: Image, control: Control): LoadedModule {
  const keyed = image.maps.filter(m => m.exported && KEYED.has(m.kind)).map(m => m.name).sort();
  return { imageText: encodeImage(image), planned: { imageHash: imageHash(image), keyed, control: segment => contentsOf(control(segment)) } };
}

/** Compiles `modules/NAME/NAME.ts` of this package and takes its control function. @throws StartRefused: it does not compile. */
export async function loadModule(name: string): Promise<LoadedModule> {
  const root = packageRoot(import.meta.dirname);
  const read = (path: string): string | undefined => {
    const file = join(root, path.replace(/^iovisor\//, 'src/lang/lib/'));
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const { image, diagnostics } = compile({ read, entry: `modules/${name}/${name}.ts` });
  if (!image) throw new StartRefused(`module ${name} does not compile:\n${diagnostics.map(formatDiagnostic).join('\n')}`, 'mend the module, or install iovisor again');
  const { default: control } = await import(controlOf(name)) as { readonly default: Control };
  return loadedModule(image, control);
}

/** Beside this file's own kind: TypeScript in a checkout, JavaScript in the published package. */
function controlOf(name: string): string {
  const kind = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`../../../modules/${name}/${name}.control.${kind}`, import.meta.url).href;
}

/** The nearest folder above with a package.json: in a checkout and when built alike. */
function packageRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageRoot(dirname(folder));
}
