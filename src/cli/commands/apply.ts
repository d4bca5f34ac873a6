// iov apply: makes the zone hold what the files say, all of it or nothing.

import { Command } from 'commander';
import { MAX_APPLY } from '../../model/api.ts';
import { parseFiles, placeProblems } from '../../model/parse.ts';
import type { PlacedProblem } from '../../model/problem.ts';
import { showKey } from '../../model/resource.ts';
import { Refused } from '../../client/director.ts';
import { action, directorOf, directorOption, outputOption } from '../connect.ts';
import { Failure } from '../failure.ts';
import { readInputs } from '../files.ts';
import { json, yaml } from '../output.ts';

interface Options { readonly file: readonly string[]; readonly director: string; readonly dryRun?: boolean; readonly output: string }

export function applyCommand(): Command {
  const command = new Command('apply')
    .requiredOption('-f, --file <path...>', 'file, folder of .yaml files, or - for standard input')
    .option('--dry-run', 'say what would change, change nothing')
    .addOption(outputOption()).addOption(directorOption());
  return action(command, apply);
}

async function apply(options: Options): Promise<void> {
  const parsed = parseFiles(readInputs(options.file));
  if (parsed.problems.length > 0) throw refused(parsed.problems);
  if (parsed.resources.length === 0) throw new Failure(`there is no resource in ${options.file.join(', ')}`, { cure: 'nothing was applied; see examples/ for what a file holds' });
  if (parsed.resources.length > MAX_APPLY) throw new Failure(`${parsed.resources.length} resources are too many at a time: nothing was applied`, { cure: `apply at most ${MAX_APPLY}, file by file` });
  try {
    const applied = await directorOf(options).apply(parsed.resources.map(r => r.resource), { dryRun: options.dryRun === true });
    if (options.output === 'json') console.log(json(applied, 2));
    else if (options.output === 'yaml') console.log(yaml(applied));
    else for (const c of applied.changes) {
      console.log(`${showKey(c.key)} ${c.action}${applied.dryRun && c.action !== 'unchanged' ? ' (dry run)' : ''}`);
      for (const f of c.fields) console.log(`  ${f.path}: ${json(f.before) ?? 'none'} → ${json(f.after) ?? 'none'}`);
    }
  } catch (error) {
    if (!(error instanceof Refused) || !error.error.problems?.length) throw error;
    const { placed, rest } = placeProblems(parsed.resources, error.error.problems);
    throw refused(placed, rest.map(p => `error ${p.key ? `${showKey(p.key)}: ` : ''}${p.message}`));
  }
}

function refused(problems: readonly PlacedProblem[], more: readonly string[] = []): Failure {
  const lines = problems.map(p => `error ${p.file}:${p.line}:${p.column}${p.subject ? ` ${p.subject}` : ''}: ${p.message}`);
  const count = lines.length + more.length;
  return new Failure(`nothing was applied: ${count} ${count === 1 ? 'mistake' : 'mistakes'}`, { details: [...lines, ...more] });
}
