// iov visor: the agent of one server.

import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Command, Option } from 'commander';
import { runVisor } from '../../visor/shell/run.ts';
import { RecentLines } from '../../model/log-lines.ts';
import { parseAddress } from '../../model/address.ts';
import { DEFAULT_DIRECTOR, action, visorSocket } from '../connect.ts';
import { openDatapath } from '../engine.ts';
import { EXIT, Failure } from '../failure.ts';
import { serviceLogger, stateDirOf, untilAsked } from '../service.ts';
import { VERSION } from '../version.ts';

interface VisorFlags {
  readonly name: string; readonly director: string; readonly underlay?: string; readonly join?: string; readonly state?: string; readonly listen?: string;
  readonly pins?: string; readonly engine: 'kernel' | 'vm'; readonly logLevel: string; readonly metrics?: string;
}

export function visorCommand(): Command {
  return action(new Command('visor')
    .option('--name <server>', 'name of the Server', defaultName())
    .addOption(new Option('--director <address>', 'the Director: https://HOST:PORT or unix:/PATH').env('IOV_DIRECTOR').default(DEFAULT_DIRECTOR))
    .addOption(new Option('--join <token>', 'the first time, at an https Director: what iov server token printed there').env('IOV_JOIN'))
    .option('--underlay <address>', 'address of this server for tunnelled packets: makes the Server if there is none of this name')
    .option('--state <directory>', 'where plan and images are kept (/var/lib/iovisor/NAME)')
    .option('--listen <socket>', 'the local API, unix:/PATH (/run/iovisor/NAME/visor.sock)')
    .option('--pins <directory>', 'in a BPF file system, for this server alone (/sys/fs/bpf/iov/NAME)')
    .option('--metrics <address>', 'answer GET /metrics on a loopback port too, such as 127.0.0.1:9469 (the local API always does)')
    .addOption(new Option('--engine <engine>').choices(['kernel', 'vm']).default('kernel'))
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info')), visor);
}

/** Garbage is collected sooner than V8 would by itself: this process shares its machine with workloads, and has little to do. */
async function visor(flags: VisorFlags): Promise<void> {
  setFlagsFromString('--optimize-for-size');
  const running = await startVisor(flags);
  await untilAsked(running.close);
}

export function startVisor(flags: VisorFlags): ReturnType<typeof runVisor> {
  const { name } = flags;
  if (flags.underlay !== undefined && !parseAddress(flags.underlay)) throw new Failure(`--underlay is an IPv4 or IPv6 address, not '${flags.underlay}'`, { exitCode: EXIT.usage, cure: 'write an address of this machine that the other servers reach' });
  const stateDir = flags.state ?? stateDirOf(name);
  const recent = new RecentLines();
  return runVisor({
    name, director: flags.director, underlay: flags.underlay, join: flags.join, stateDir,
    listen: flags.listen ?? visorSocket(name), metrics: flags.metrics, version: VERSION,
    openDatapath: () => openDatapath(flags.engine, { server: name, pins: flags.pins, stateDir }),
    logger: serviceLogger(`visor ${name}`, flags.logLevel, recent, { server: name, source: 'visor' }), recent,
  });
}

export function defaultName(): string {
  return hostname().split('.')[0]!.toLowerCase().replace(/[^a-z0-9-]/g, '-').replace(/^-+|-+$/g, '').slice(0, 63) || 'server';
}
