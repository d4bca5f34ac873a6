// A Director as a process would run it: store, core, API. Everything that could be refused is refused before it answers.

import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Server as TlsServer } from 'node:tls';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { MemoryStore } from '../core/memory-store.ts';
import type { RecentLines } from '../../model/log-lines.ts';
import { directorApi } from './api.ts';
import { listen, parseListen, type Listen } from './listen.ts';
import { type LoadedModules, plannedOf } from '../core/loaded-module.ts';
import { StartRefused } from './refused.ts';
import { DirectorRuntime } from './runtime.ts';
import { AUTHORITY_DIR, mintEpoch, openSqliteStore } from './sqlite-store.ts';
import { Authority, type TlsIdentity } from './trust/authority.ts';

/** What a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface DirectorOptions {
  /** `unix:/run/iovisor/director.sock`, `https://0.0.0.0:8470`. */
  readonly listen: string | readonly string[];
  /** How long certificates live. */
  readonly certificateMs?: number | undefined;
  /** Absent: state is kept in memory and ends with the process. */
  readonly stateDir?: string | undefined;
  /** Compiled; see modules.ts. */
  readonly modules: LoadedModules;
  readonly version: string;
  readonly logger: FastifyBaseLogger;
  /** Where the logger's lines are kept. */
  readonly recent?: RecentLines | undefined;
}

export interface RunningDirector {
  /** As clients write it: of the first place where it listens. */
  readonly address: string;
  readonly addresses: readonly string[];
  close(): Promise<void>;
}

/** @throws StartRefused */
export async function runDirector(options: DirectorOptions): Promise<RunningDirector> {
  const { stateDir, logger, modules } = options;
  const places = [options.listen].flat().map(parseListen);
  if (stateDir === undefined && places.some(isTls)) throw new StartRefused('a Director that keeps nothing on disk has no certificates', 'give --state');
  const store = stateDir === undefined ? new MemoryStore(mintEpoch()) : openSqliteStore(stateDir);
  const runtime = new DirectorRuntime(store, plannedOf(modules));
  const images = new Map(Object.values(modules).map(m => [m.planned.imageHash, m.imageText]));
  const apps: FastifyInstance[] = [];
  const addresses: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const close = async (): Promise<void> => { clearInterval(timer); for (const app of apps) await app.close(); runtime.close(); };
  try {
    const authority = stateDir === undefined ? undefined : await Authority.open(join(stateDir, AUTHORITY_DIR), options.certificateMs);
    const identity = (): Promise<TlsIdentity> => authority!.identity([hostname(), ...new Set(places.flatMap(p => isTls(p) ? [p.host] : []))]);
    const renew = async (): Promise<void> => { for (const [i, p] of places.entries()) if (isTls(p)) (apps[i]!.server as unknown as TlsServer).setSecureContext(await identity()); };
    for (const place of places) {
      const app = await directorApi({ runtime, images, version: options.version, stateDir, logger, recent: options.recent, authority, onRotated: renew, ...isTls(place) ? { tls: await identity() } : {} });
      apps.push(app);
      addresses.push(await listen(app, place));
    }
    if (authority) timer = setInterval(() => void renew().catch((e: unknown) => logger.error(e, 'the certificate of the Director is not renewed')), Math.min(MAX_TIMER_MS, authority.certificateMs / 3));
    logger.info({ addresses, revision: runtime.state.revision, state: stateDir ?? 'memory', authorities: authority?.fingerprints }, 'Director listens');
  } catch (e) {
    await close();
    throw e;
  }
  return { address: addresses[0]!, addresses, close };
}

function isTls(place: Listen): place is Extract<Listen, { tls: boolean }> {
  return 'tls' in place && place.tls;
}
