// A Director as a process would run it: store, core, API. Everything that could be refused is refused before it answers.

import type { FastifyBaseLogger } from 'fastify';
import { MemoryStore } from '../core/memory-store.ts';
import { directorApi } from './api.ts';
import { listen, parseListen } from './listen.ts';
import { type LoadedModules, plannedOf } from '../core/loaded-module.ts';
import { DirectorRuntime } from './runtime.ts';
import { openSqliteStore } from './sqlite-store.ts';

export interface DirectorOptions {
  /** `127.0.0.1:8470` or `unix:/run/iovisor/director.sock`. */
  readonly listen: string;
  /** Absent: state is kept in memory and ends with the process. */
  readonly stateDir?: string | undefined;
  /** Compiled; see modules.ts. */
  readonly modules: LoadedModules;
  readonly version: string;
  readonly logger: FastifyBaseLogger;
}

export interface RunningDirector {
  /** As clients write it. */
  readonly address: string;
  close(): Promise<void>;
}

/** @throws StartRefused */
export async function runDirector(options: DirectorOptions): Promise<RunningDirector> {
  const on = parseListen(options.listen);
  const store = options.stateDir === undefined ? new MemoryStore(epochOfMemory()) : openSqliteStore(options.stateDir);
  const runtime = new DirectorRuntime(store, plannedOf(options.modules));
  const app = await directorApi({ runtime, images: new Map(Object.values(options.modules).map(m => [m.planned.imageHash, m.imageText])), version: options.version, stateDir: options.stateDir, logger: options.logger });
  let address: string;
  try {
    address = await listen(app, on);
  } catch (e) {
    runtime.close();
    throw e;
  }
  options.logger.info({ address, revision: runtime.state.revision, state: options.stateDir ?? 'memory' }, 'Director listens, without authentication: on this machine only');
  return {
    address,
    close: async () => { await app.close(); runtime.close(); },
  };
}

function epochOfMemory(): string {
  return Array.from({ length: 16 }, () => Math.floor(Math.random() * 256).toString(16).padStart(2, '0')).join('');
}
