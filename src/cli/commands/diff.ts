// iov diff: what an apply would change, in resources and in the plans of servers. It changes nothing; exit code 1 if there is a difference.

import { Command } from 'commander';
import { action, directorOf, directorOption, outputOption } from '../connect.ts';
import { EXIT } from '../failure.ts';
import { show } from '../output.ts';
import { applyFiles, printChanges, printPlans } from './apply.ts';

interface Options { readonly file: readonly string[]; readonly director: string; readonly output: string }

export function diffCommand(): Command {
  return action(new Command('diff')
    .requiredOption('-f, --file <path...>', 'file, folder of .yaml files, or - for standard input')
    .addOption(outputOption()).addOption(directorOption()), diff);
}

async function diff(options: Options): Promise<void> {
  const tried = await applyFiles(directorOf(options), options.file, { dryRun: true });
  const changes = tried.changes.filter(c => c.action !== 'unchanged');
  show(options.output, { ...tried, changes }, () => {
    printChanges(changes, '');
    printPlans(tried.plans ?? []);
  });
  if (changes.length === 0) return;
  console.error(`${changes.length} ${changes.length === 1 ? 'resource differs' : 'resources differ'}; nothing was changed`);
  process.exitCode = EXIT.refused;
}
