// A visor as a process runs it: locks, disk, data path, local API, Director. What could be refused is refused before it touches the data path.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { DirectorClient } from '../../client/director.ts';
import type { Datapath } from '../../datapath/datapath.ts';
import { RecentLines } from '../../model/log-lines.ts';
import { listenLocal, visorApi } from './api.ts';
import { Disk } from './disk.ts';
import { DirectorLink } from './director-link.ts';
import type { VisorIdentity } from './identity.ts';
import { listenMetrics } from './metrics-listen.ts';
import { defaultLockDir, onlyOne } from './only.ts';
import { VisorRefused } from './refused.ts';
import { VisorRuntime } from './runtime.ts';

interface VisorOptions {
  /** Name of the Server. */
  readonly name: string;
  readonly director: string;
  /** Given: the visor makes its Server if the Director has none of this name. */
  readonly underlay?: string | undefined;
  /** Given: it joins by this token, if it has not joined yet. */
  readonly join?: string | undefined;
  readonly stateDir: string;
  /** Of the local API: `unix:/run/iovisor/NAME/visor.sock`. */
  readonly listen: string;
  /** A loopback port for GET /metrics, besides the one on the local API: `127.0.0.1:9469`. */
  readonly metrics?: string | undefined;
  /** Of this software. */
  readonly version?: string | undefined;
  /** Called when it is sure that no other visor is at work. */
  readonly openDatapath: () => Datapath;
  readonly lockDir?: string | undefined;
  readonly logger: Logger;
  /** Where the logger's lines are kept, and those of modules are added; absent: those alone. */
  readonly recent?: RecentLines | undefined;
}

export interface RunningVisor {
  readonly address: string;
  /** Of the loopback port for metrics, if one was asked for. */
  readonly metrics?: string | undefined;
  /** Lets go of the data path, which goes on. */
  close(): Promise<void>;
}

/** @throws VisorRefused | DatapathError */
export async function runVisor(options: VisorOptions): Promise<RunningVisor> {
  const { name, stateDir, logger } = options;
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) throw new VisorRefused(`'${name}' is not the name of a server`, "use 1 to 63 of a-z, 0-9 and '-'");
  const disk = new Disk(stateDir);
  const release = onlyOne(name, stateDir, options.lockDir ?? defaultLockDir());
  let identity: VisorIdentity | undefined;
  let datapath: Datapath | undefined;
  let runtime: VisorRuntime | undefined;
  try {
    // Certificates take 20 MiB of memory to know about, and a Director on this machine asks for none.
    if (options.director.startsWith('https:')) identity = await (await import('./identity.ts')).VisorIdentity.open({ director: options.director, server: name, underlay: options.underlay, stateDir, logger }, options.join);
    const client = new DirectorClient(options.director, { trust: identity && (() => identity!.trust) });
    datapath = options.openDatapath();
    runtime = new VisorRuntime({ identity: { server: name, engine: datapath.engine, started: randomUUID() }, disk, datapath, logger, version: options.version, recent: options.recent ?? new RecentLines() });
    const app = visorApi(runtime, logger);
    const address = await listenLocal(app, options.listen);
    const metrics = options.metrics === undefined ? undefined : await listenMetrics(options.metrics, () => runtime!.metrics()).catch(async (e: unknown) => { await app.close(); throw e; });
    runtime.start(new DirectorLink({ client, server: name, underlay: options.underlay, logger, isSigned: identity && ((hash, image) => identity!.isSigned(hash, image)), onEvent: event => runtime!.dispatch(event), answer: ask => runtime!.answer(ask) }));
    logger.info({ name, address, director: options.director, engine: datapath.engine }, 'visor runs; its API is a unix socket of this user');
    return { address, metrics: metrics?.address, close: async () => { identity?.close(); await metrics?.close(); await app.close(); await runtime!.close(); release(); } };
  } catch (e) {
    identity?.close();
    if (runtime) await runtime.close(); else datapath?.close();
    release();
    throw e;
  }
}
