// The demo's world: two servers, two tenants, four workloads each, on one engine. kernel-world.ts makes it of namespaces and
// processes, vm-world.ts of simulated servers. measure.ts, which judges, cannot tell which it has.

import { SERVERS, type ServerName, type Tenant, TENANTS, type Workload } from '../../examples/two-tenants/names.ts';
import type { PingResult } from './protocol.ts';

export { SERVERS, type ServerName, type Tenant, TENANTS, type Workload };

/** What stood in the way of a frame. */
export interface Refusal { readonly server: string; readonly owner: string; readonly module: string; readonly file: string; readonly line: number; readonly reason: string; readonly packets: number }

/** What a crash of all three processes did, and what their return changed. */
export interface Survival {
  readonly train: PingResult;
  readonly killed: readonly string[];
  /** Programs, maps and links of both servers before and after, by id. */
  readonly objectsBefore: readonly string[];
  readonly objectsAfter: readonly string[];
  readonly changes: number;
}

export interface World {
  readonly engine: 'kernel' | 'vm';
  /** Servers, Director, visors, example applied, all workloads attached. */
  start(say: (what: string) => void): Promise<readonly Workload[]>;
  ping(from: Workload, to: Workload): Promise<PingResult>;
  /** To the echo service, or to a port where nobody listens. */
  tcp(from: Workload, to: Workload, port?: number): Promise<{ readonly ok: boolean; readonly ms: number }>;
  udp(from: Workload, to: Workload): Promise<{ readonly ok: boolean; readonly ms: number }>;
  /** A frame to a workload of another tenant, by its very MAC and address; `text` is in it. */
  intrude(from: Workload, to: Workload, text: string): Promise<void>;
  /** Frames that hold `text` and arrived at the workload. */
  heard(at: Workload, text: string): Promise<number>;
  /** Counters of drop sites of the whole zone, as `iov drops` shows them. */
  refusals(): Promise<readonly Refusal[]>;
  /** Bits a second of one TCP stream; undefined where the engine has no such clock. */
  throughput(from: Workload, to: Workload): Promise<number | undefined>;
  /** Kills Director and visors without warning under a ping train, and starts them again. Undefined: the engine has no processes to kill. */
  crash(from: Workload, to: Workload, say: (what: string) => void): Promise<Survival | undefined>;
  /** By an admin. @returns name@version */
  push(file: string): Promise<string>;
  /** The editor of one tenant places the module around the network of one, and waits until it is there. @returns why not, if it was refused */
  place(by: Tenant, domain: Tenant, module: string): Promise<string | undefined>;
  /** And takes it away again. */
  unplace(by: Tenant): Promise<void>;
  /** Takes everything down; says what is left over, which must be nothing. Safe to call at any point, twice. */
  stop(): Promise<readonly string[]>;
}
