// A visor as a process runs it: locks, disk, data path, local API, Director. What could be refused is refused before it touches the data path.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { DirectorClient } from '../../client/director.ts';
import type { Datapath } from '../../datapath/datapath.ts';
import { listenLocal, visorApi } from './api.ts';
import { Disk } from './disk.ts';
import { DirectorLink } from './director-link.ts';
import { defaultLockDir, onlyOne } from './only.ts';
import { VisorRefused } from './refused.ts';
import { VisorRuntime } from './runtime.ts';

export interface VisorOptions {
  /** Name of the Server. */
  readonly name: string;
  readonly director: string;
  /** Given: the visor makes its Server if the Director has none of this name. */
  readonly underlay?: string | undefined;
  readonly stateDir: string;
  /** Of the local API: `unix:/run/iovisor/NAME/visor.sock`. */
  readonly listen: string;
  /** Called when it is sure that no other visor is at work. */
  readonly openDatapath: () => Datapath;
  readonly lockDir?: string | undefined;
  readonly logger: Logger;
}

export interface RunningVisor {
  readonly address: string;
  /** Lets go of the data path, which goes on. */
  close(): Promise<void>;
}

/** @throws VisorRefused | DatapathError */
export async function runVisor(options: VisorOptions): Promise<RunningVisor> {
  const { name, stateDir, logger } = options;
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) throw new VisorRefused(`'${name}' is not the name of a server`, "use 1 to 63 of a-z, 0-9 and '-'");
  const client = new DirectorClient(options.director);
  const disk = new Disk(stateDir);
  const release = onlyOne(name, stateDir, options.lockDir ?? defaultLockDir());
  let datapath: Datapath | undefined;
  let runtime: VisorRuntime | undefined;
  try {
    datapath = options.openDatapath();
    runtime = new VisorRuntime({ identity: { server: name, engine: datapath.engine, started: randomUUID() }, disk, datapath, logger });
    const app = visorApi(runtime, logger);
    const address = await listenLocal(app, options.listen);
    runtime.start(new DirectorLink({ client, server: name, underlay: options.underlay, logger, onEvent: event => runtime!.dispatch(event) }));
    logger.info({ name, address, director: options.director, engine: datapath.engine }, 'visor runs; its API is a unix socket of this user');
    return { address, close: async () => { await app.close(); runtime!.close(); release(); } };
  } catch (e) {
    if (runtime) runtime.close(); else datapath?.close();
    release();
    throw e;
  }
}
