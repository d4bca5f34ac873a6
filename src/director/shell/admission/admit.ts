// A user's module is compiled before it is let in. Here that is done, in a thread of its own with a limit; who may push is trust/, what becomes of it core/push.ts.

import { Worker } from 'node:worker_threads';
import { decodeImage } from '../../../image/codec.ts';
import { imageHash } from '../../../image/image-hash.ts';
import type { ApiError } from '../../../model/api.ts';
import { MAX_IMAGE_BYTES } from '../../../model/functions.ts';
import type { Module } from '../../../model/resource.ts';
import { keyedIn } from '../../core/loaded-module.ts';

const LIMIT_MS = 20_000;
const MEMORY_MIB = 512;

export interface Sources { readonly entry: string; readonly sources: Readonly<Record<string, string>> }
export interface Compiled { readonly image?: string; readonly diagnostics: readonly string[] }

type Admitted = { readonly ok: true; readonly spec: Module['spec']; readonly warnings: readonly string[] } | { readonly ok: false; readonly error: ApiError };

/** `sign`: of the image's hash, by the zone's authority. */
export async function admit(sent: Sources, sign?: (hash: string) => Promise<string>): Promise<Admitted> {
  const compiled = await compileApart(sent);
  if ('error' in compiled) return { ok: false, error: compiled.error };
  const { image: text, diagnostics } = compiled;
  const decoded = text === undefined ? undefined : decodeImage(text);
  if (text === undefined || !decoded?.ok) return refused(`${sent.entry} does not compile`, diagnostics);
  if (text.length > MAX_IMAGE_BYTES) return refused(`the image of ${sent.entry} is ${text.length >> 10} KiB; at most ${MAX_IMAGE_BYTES >> 10} are stored`, diagnostics);
  const { image } = decoded;
  const hash = imageHash(image);
  return {
    ok: true, warnings: diagnostics,
    spec: {
      ...sent, imageHash: hash, image: text, type: image.kind, ...image.placement && { placement: image.placement }, keyed: keyedIn(image),
      exports: image.maps.filter(m => m.exported).map(m => ({ name: m.name, kind: m.kind })), ...sign && { signature: await sign(hash) },
    },
  };
}

function refused(message: string, diagnostics: readonly string[]): Admitted {
  return { ok: false, error: { error: 'invalid', message, ...diagnostics.length > 0 && { diagnostics: [...diagnostics] } } };
}

function compileApart(sent: Sources): Promise<Compiled | { readonly error: ApiError }> {
  return new Promise(resolve => {
    const kind = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./worker.${kind}`, import.meta.url), { workerData: sent, env: {}, resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB } });
    const end = (answer: Compiled | { readonly error: ApiError }): void => { clearTimeout(timer); resolve(answer); void worker.terminate(); };
    const timer = setTimeout(() => end({ error: { error: 'too-large', message: `${sent.entry} takes more than ${LIMIT_MS / 1000} s to compile`, cure: 'make it smaller; iov module check says how long it takes' } }), LIMIT_MS);
    worker.once('message', end);
    worker.once('error', e => end({ error: (e as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? { error: 'too-large', message: `${sent.entry} takes more than ${MEMORY_MIB} MiB to compile`, cure: 'make it smaller' } : { error: 'internal', message: `the compiler failed: ${e.message}` } }));
    worker.once('exit', code => end({ error: { error: 'internal', message: `the compiler ended with ${code}` } }));
  });
}
