// iov: the table of its commands. Each command is a file; how it fails is failure.ts, how it prints output.ts.

import { Command, CommanderError } from 'commander';
import { applyCommand } from './commands/apply.ts';
import { deleteCommand } from './commands/delete.ts';
import { describeCommand } from './commands/describe.ts';
import { directorCommand } from './commands/director.ts';
import { doctorCommand } from './commands/doctor.ts';
import { dropsCommand } from './commands/drops.ts';
import { endpointCommand } from './commands/endpoint.ts';
import { getCommand } from './commands/get.ts';
import { moduleCommand } from './commands/module.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';
import { visorCommand } from './commands/visor.ts';
import { EXIT, report } from './failure.ts';
import { VERSION } from './version.ts';

const program = new Command('iov')
  .description('Programmable virtual networks for Linux servers.')
  .version(VERSION)
  .option('--verbose', 'whole logs and causes when something fails')
  .showHelpAfterError('(--help shows what is possible)')
  .exitOverride();

for (const command of [
  upCommand(), directorCommand(), visorCommand(),
  applyCommand(), getCommand(), describeCommand(), deleteCommand(),
  endpointCommand(), dropsCommand(), statusCommand(), moduleCommand(), doctorCommand(),
]) program.addCommand(inherit(command));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError
    ? (error.exitCode === 0 ? EXIT.done : EXIT.usage)
    : report(error, { verbose: program.opts<{ verbose?: boolean }>().verbose === true });
}

/** commander's settings are not inherited by commands that are made apart. */
function inherit(command: Command): Command {
  command.exitOverride().showHelpAfterError('(--help shows what is possible)');
  for (const below of command.commands) inherit(below);
  return command;
}
