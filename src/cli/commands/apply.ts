// iov apply: makes the zone hold what the files say, all of it or nothing.

import { Command } from 'commander';
import { MAX_APPLY, type Applied, type PlanChange } from '../../model/api.ts';
import { parseFiles, placeProblems } from '../../model/parse.ts';
import { showPlaced, type PlacedProblem } from '../../model/problem.ts';
import { showKey } from '../../model/resource.ts';
import { Refused, type DirectorClient } from '../../client/director.ts';
import { action, directorOf, directorOption, outputOption } from '../connect.ts';
import { timeoutOf, untilEffective } from '../effective.ts';
import { Failure } from '../failure.ts';
import { readInputs } from '../files.ts';
import { json, show } from '../output.ts';

interface Options { readonly file: readonly string[]; readonly director: string; readonly dryRun?: boolean; readonly wait?: string | true; readonly output: string }

export function applyCommand(): Command {
  const command = new Command('apply')
    .requiredOption('-f, --file <path...>', 'file, folder of .yaml files, or - for standard input')
    .option('--dry-run', 'say what would change, in resources and in plans of servers; change nothing')
    .option('--wait [time]', 'until it is effective on all servers (60s, 2m; a minute if absent); says which are stale')
    .addOption(outputOption()).addOption(directorOption());
  return action(command, apply);
}

async function apply(options: Options): Promise<void> {
  const timeoutMs = options.wait === undefined ? undefined : timeoutOf(options.wait);
  const director = directorOf(options);
  const applied = await applyFiles(director, options.file, { dryRun: options.dryRun === true });
  show(options.output, applied, () => {
    printChanges(applied.changes, applied.dryRun ? ' (dry run)' : '');
    printPlans(applied.plans ?? []);
  });
  if (timeoutMs !== undefined && !applied.dryRun) {
    const said = await untilEffective(director, applied.revision, timeoutMs);
    if (options.output === 'table') console.log(said);
  }
}

/** @throws Failure with every mistake at its line */
export async function applyFiles(director: DirectorClient, files: readonly string[], options: { readonly dryRun: boolean }): Promise<Applied> {
  const parsed = parseFiles(readInputs(files));
  if (parsed.problems.length > 0) throw refused(parsed.problems);
  if (parsed.resources.length === 0) throw new Failure(`there is no resource in ${files.join(', ')}`, { cure: 'nothing was applied; see examples/ for what a file holds' });
  if (parsed.resources.length > MAX_APPLY) throw new Failure(`${parsed.resources.length} resources are too many at a time: nothing was applied`, { cure: `apply at most ${MAX_APPLY}, file by file` });
  try {
    return await director.apply(parsed.resources.map(r => r.resource), options);
  } catch (error) {
    if (!(error instanceof Refused) || !error.error.problems?.length) throw error;
    const { placed, rest } = placeProblems(parsed.resources, error.error.problems);
    throw refused(placed, rest.map(p => `error ${p.key ? `${showKey(p.key)}: ` : ''}${p.message}`));
  }
}

export function printChanges(changes: Applied['changes'], suffix: string): void {
  for (const c of changes) {
    console.log(`${showKey(c.key)} ${c.action}${c.action === 'unchanged' ? '' : suffix}`);
    for (const f of c.fields) console.log(`  ${f.path}: ${json(f.before) ?? 'none'} → ${json(f.after) ?? 'none'}`);
  }
}

export function printPlans(plans: readonly PlanChange[]): void {
  for (const { server, elements, endpoints } of plans) {
    console.log(`plan of ${server} changes`);
    for (const e of elements) {
      console.log(`  element ${showKey(e.name)} ${e.action}`);
      for (const loss of e.loses ?? []) console.log(`    loses its state in ${loss}`);
    }
    for (const e of endpoints) console.log(`  endpoint ${e.name} ${e.action}`);
  }
}

function refused(problems: readonly PlacedProblem[], more: readonly string[] = []): Failure {
  const count = problems.length + more.length;
  return new Failure(`nothing was applied: ${count} ${count === 1 ? 'mistake' : 'mistakes'}`, { details: [...problems.map(showPlaced), ...more] });
}
