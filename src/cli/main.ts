// iov: finds the command that was asked for, loads it alone, runs it. How it fails is failure.ts, how it prints output.ts.

import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands.ts';
import { EXIT, EXIT_MEANINGS, report } from './failure.ts';
import { VERSION } from './version.ts';

const words = process.argv.slice(2);
// `iov get`, `iov --verbose get`, `iov help get`.
const asked = words.filter(w => !w.startsWith('-')).slice(0, 2);
const wanted = asked[0] === 'help' ? asked[1] : asked[0];

const program = new Command('iov')
  .description('Programmable virtual networks for Linux servers.')
  .version(VERSION)
  .option('--verbose', 'whole logs and causes when something fails; what a module under test logs')
  .addHelpText('after', `\nExit codes:\n${EXIT_MEANINGS.map(([code, means]) => `  ${String(code).padEnd(4)} ${means}`).join('\n')}`)
  .showHelpAfterError('(--help shows what is possible)')
  .exitOverride();
for (const { name, summary, load } of COMMANDS) program.addCommand(inherit(name === wanted ? await load() : new Command(name).description(summary)));

// A reader that has enough (`iov get | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code === 'EPIPE') process.exit(EXIT.done); throw error; });

try {
  if (words.length === 0) program.help({ error: true });
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
