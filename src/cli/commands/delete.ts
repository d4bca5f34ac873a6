// iov delete: by kind and name, or all that files name.

import { Command } from 'commander';
import { parseFiles } from '../../model/parse.ts';
import { showPlaced } from '../../model/problem.ts';
import { usersFirst } from '../../model/references.ts';
import { KIND_NAMES, refOf as refOfResource, showKey, keyOfRef, type Ref } from '../../model/resource.ts';
import { Refused } from '../../client/director.ts';
import { action, directorOf, directorOption } from '../connect.ts';
import { EXIT, Failure } from '../failure.ts';
import { readInputs } from '../files.ts';
import { kindOf, refOf } from './get.ts';

interface Options { readonly director: string; readonly domain?: string; readonly file?: readonly string[]; readonly ignoreNotFound?: boolean }

export function deleteCommand(): Command {
  const command = new Command('delete')
    .argument('[kind]').argument('[name...]', 'or domain/name')
    .option('-f, --file <path...>', 'all that these files name')
    .option('-d, --domain <domain>', 'the domain that they are in')
    .option('--ignore-not-found', 'what is not there is as good as deleted')
    .addOption(directorOption());
  return action(command, remove);
}

async function remove(kindText: string | undefined, names: readonly string[], options: Options): Promise<void> {
  const director = directorOf(options);
  for (const ref of wanted(kindText, names, options)) {
    try {
      await director.delete(ref);
      console.log(`${showKey(keyOfRef(ref))} deleted`);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 404 && options.ignoreNotFound)) throw error;
      console.log(`${showKey(keyOfRef(ref))} is not there`);
    }
  }
}

function wanted(kindText: string | undefined, names: readonly string[], options: Options): Ref[] {
  if (options.file) {
    const { resources, problems } = parseFiles(readInputs(options.file));
    if (problems.length > 0) throw new Failure('nothing was deleted', { details: problems.map(showPlaced) });
    return usersFirst(resources.map(r => r.resource)).map(refOfResource);
  }
  if (kindText === undefined || names.length === 0) {
    throw new Failure('delete what?', { exitCode: EXIT.usage, cure: `write: iov delete KIND NAME (kinds: ${KIND_NAMES.join(', ')}), or: iov delete -f FILE` });
  }
  return names.map(n => refOf(kindOf(kindText), n, options.domain));
}
