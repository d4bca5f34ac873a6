// A thread that compiles one source and ends: a source that takes forever takes this thread, not the Director.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { compile } from '../../../compiler/compile.ts';
import { formatDiagnostic } from '../../../compiler/diagnostics/diagnostic.ts';
import { encodeImage } from '../../../image/codec.ts';
import { packageRoot } from '../../../sys/package-root.ts';
import type { Compiled, Sources } from './admit.ts';

const { entry, sources } = workerData as Sources;
const { image, diagnostics } = compile({ entry, walks: true, read });
parentPort!.postMessage({ ...image && { image: encodeImage(image) }, diagnostics: diagnostics.map(formatDiagnostic) } satisfies Compiled);

/** What was sent, and the language's library. */
function read(path: string): string | undefined {
  const name = /^iovisor\/([a-z0-9-]+(?:\.d)?\.ts)$/.exec(path)?.[1];
  if (name === undefined) return Object.hasOwn(sources, path) ? sources[path] : undefined;
  try {
    return readFileSync(join(packageRoot, 'src/lang/lib', name), 'utf8');
  } catch {
    return undefined;
  }
}
