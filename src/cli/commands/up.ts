// iov up: Director and visor of one machine in one command.

import { Command, Option } from 'commander';
import { runDirector } from '../../director/shell/run.ts';
import { loadModules } from '../../director/shell/modules.ts';
import { RecentLines } from '../../model/log-lines.ts';
import { DEFAULT_DIRECTOR, action } from '../connect.ts';
import { serviceLogger, stateDirOf, untilAsked } from '../service.ts';
import { VERSION } from '../version.ts';
import { defaultName, startVisor } from './visor.ts';

interface Options {
  readonly name: string; readonly listen: readonly string[]; readonly underlay: string; readonly state?: string; readonly socket?: string; readonly pins?: string; readonly engine: 'kernel' | 'vm'; readonly logLevel: string; readonly metrics?: string;
}

export function upCommand(): Command {
  return action(new Command('up')
    .option('--name <server>', 'name of the Server', defaultName())
    .option('--listen <address...>', 'of the Director: unix:/PATH, https://ADDRESS:PORT for other servers to join; more than one may be given', [DEFAULT_DIRECTOR])
    .option('--underlay <address>', 'address of this machine for tunnelled packets, if others join', '127.0.0.1')
    .option('--state <directory>', 'where both keep their state')
    .option('--socket <socket>', "the visor's local API, unix:/PATH (/run/iovisor/NAME/visor.sock)")
    .option('--pins <directory>', 'in a BPF file system (/sys/fs/bpf/iov/NAME)')
    .option('--metrics <address>', "answer GET /metrics of the visor on a loopback port too, such as 127.0.0.1:9469 (its socket always does)")
    .addOption(new Option('--engine <engine>').choices(['kernel', 'vm']).default('kernel'))
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('warn')), up);
}

async function up(o: Options): Promise<void> {
  const state = o.state ?? stateDirOf();
  const recent = new RecentLines();
  const director = await runDirector({ listen: o.listen.some(l => l.startsWith('unix:')) ? o.listen : [DEFAULT_DIRECTOR, ...o.listen], stateDir: `${state}/director`, modules: await loadModules(), version: VERSION, logger: serviceLogger('director', o.logLevel, recent, { server: '', source: 'director' }), recent });
  try {
    const visor = await startVisor({
      name: o.name, director: director.addresses.find(a => a.startsWith('unix:')) ?? director.address, underlay: o.underlay, state: `${state}/${o.name}`, engine: o.engine, logLevel: o.logLevel, ...(o.metrics === undefined ? {} : { metrics: o.metrics }), ...(o.socket === undefined ? {} : { listen: o.socket }), ...(o.pins === undefined ? {} : { pins: o.pins }),
    });
    console.log(`Director at ${director.addresses.join(' and ')}, visor ${o.name} at ${visor.address}, ${o.engine} engine. Root and this user may use it here; others show tokens (iov token).`);
    if (visor.metrics !== undefined) console.log(`Metrics at ${visor.metrics}`);
    console.log('Next: iov apply -f FILE, then iov endpoint attach --network DOMAIN/NETWORK --netns PATH. Ctrl-C ends both; packets go on.');
    await untilAsked(async () => { await visor.close(); await director.close(); });
  } catch (error) {
    await director.close();
    throw error;
  }
}
