// Streams of JSON lines to watchers of resources. A slow reader gets the latest state of each object when it reads again, never a queue. Plans: plan-watch.ts.

import type { ServerResponse } from 'node:http';
import type { ResourceMessage } from '../../model/api.ts';
import { view } from '../core/view.ts';
import type { DirectorRuntime } from './runtime.ts';

export const BOOKMARK_MS = 5_000;

const MAX_JOINED_BYTES = 16 << 10;

/** One line writer with the memory of whether the reader keeps up. */
export class Lines {
  readonly #raw: ServerResponse;
  #full = false;
  constructor(raw: ServerResponse, onRoom: () => void) {
    this.#raw = raw;
    raw.on('drain', () => { this.#full = false; onRoom(); });
  }
  get full(): boolean {
    return this.#full;
  }
  write(text: string | Uint8Array): void {
    if (!this.#raw.write(text)) this.#full = true;
  }
  /** Long texts are not copied: many readers have them. */
  writeAll(texts: readonly Buffer[]): void {
    const bytes = texts.reduce((sum, t) => sum + t.length, 0);
    for (const text of bytes <= MAX_JOINED_BYTES ? [Buffer.concat(texts, bytes)] : texts) this.write(text);
  }
}

export function line(message: object): string {
  return `${JSON.stringify(message)}\n`;
}

export function beginLines(raw: ServerResponse): void {
  raw.on('error', () => {});                                             // the reader went in the middle of a line: `close` follows
  raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
}

/** Whether some of these say who may ask what. */
export function saysWho(keys: readonly string[]): boolean {
  return keys.some(k => /^(User|RoleBinding|Server)\//.test(k));
}

/** What a watch begins with: all resources, or those that changed behind a revision; undefined: that is too old. */
export function watchFrom(runtime: DirectorRuntime, since: { readonly epoch?: string | undefined; readonly revision?: number | undefined }): Iterable<string> | undefined {
  if (since.revision === undefined) return runtime.state.world.resources.keys();
  return since.epoch !== undefined && since.epoch !== runtime.state.epoch ? undefined : runtime.recent.since(since.revision);
}

/**
 * Sends resources: those it begins with, `synced` when the last of them is sent, and from then on those that change. What a watch from no revision leaves out before
 * `synced` does not exist. What waits for a reader goes in the order in which it began to wait: what changes all the time keeps nothing else away.
 */
export function watchResources(runtime: DirectorRuntime, raw: ServerResponse, from: Iterable<string>, isWanted: (key: string) => boolean, isStill: () => boolean): void {
  const dirty = new Set<string>();
  const lines = new Lines(raw, flush);
  const say = (message: ResourceMessage): void => lines.write(line(message));
  let isSynced = false;

  function flush(): void {
    for (const key of dirty) {
      if (lines.full) return;
      dirty.delete(key);
      if (!isWanted(key)) continue;                                       // it waited, and the reader's rights went
      const resource = runtime.state.world.resources.get(key);
      say(resource
        ? { type: 'put', revision: runtime.state.revision, resource: view(runtime.state, resource, Date.now()) }
        : { type: 'deleted', revision: runtime.state.revision, key });
    }
    if (isSynced) return;
    isSynced = true;
    say({ type: 'synced', epoch: runtime.state.epoch, revision: runtime.state.revision });
  }
  const add = (keys: readonly string[]): void => { for (const k of [...keys].sort()) if (isWanted(k)) dirty.add(k); flush(); };
  const bookmark = (): void => { if (isSynced && !lines.full) say({ type: 'bookmark', epoch: runtime.state.epoch, revision: runtime.state.revision }); };
  const states = (keys: readonly string[]): void => add(keys.filter(k => runtime.state.world.resources.has(k)));
  // Tokens end, keys are revoked: who is nobody any more reads no further.
  const check = (): boolean => { const still = isStill(); if (!still) raw.destroy(); return still; };
  const timer = setInterval(() => { if (check()) bookmark(); }, BOOKMARK_MS);
  const onTrust = (keys: readonly string[]): void => { if (saysWho(keys)) check(); };
  runtime.on('resources', onTrust);
  runtime.on('resources', add);
  runtime.on('states', states);
  raw.once('close', () => {
    clearInterval(timer);
    runtime.off('resources', onTrust);
    runtime.off('resources', add);
    runtime.off('states', states);
  });
  beginLines(raw);
  add([...from]);
}
