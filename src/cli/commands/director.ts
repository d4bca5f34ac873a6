// iov director: the control service of a zone.

import { Command, Option } from 'commander';
import { parseListen } from '../../director/shell/listen.ts';
import { runDirector } from '../../director/shell/run.ts';
import { loadModules } from '../../director/shell/modules.ts';
import { RecentLines } from '../../model/log-lines.ts';
import { DEFAULT_DIRECTOR, action } from '../connect.ts';
import { serviceLogger, stateDirOf, untilAsked } from '../service.ts';
import { VERSION } from '../version.ts';

interface Options { readonly listen: readonly string[]; readonly state: string; readonly logLevel: string }

export function directorCommand(): Command {
  return action(new Command('director')
    .option('--listen <address...>', 'unix:/PATH, https://ADDRESS:PORT (other servers join there), 127.0.0.1:PORT; more than one may be given', [DEFAULT_DIRECTOR])
    .option('--state <directory>', 'where the store lies', stateDirOf('director'))
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info')), director);
}

async function director(options: Options): Promise<void> {
  // What can be refused at once is, before modules are compiled for seconds.
  for (const address of options.listen) parseListen(address);
  const recent = new RecentLines();
  const logger = serviceLogger('director', options.logLevel, recent, { server: '', source: 'director' });
  const running = await runDirector({ listen: options.listen, stateDir: options.state, modules: await loadModules(), version: VERSION, logger, recent });
  await untilAsked(running.close);
}
