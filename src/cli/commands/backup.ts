// iov backup and iov restore: the store of the Director as one file, taken while it runs; put back while it does not.

import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { Command } from 'commander';
import { restoreStore } from '../../director/shell/restore.ts';
import { action, directorOf, directorOption } from '../connect.ts';
import { EXIT, Failure } from '../failure.ts';
import { stateDirOf } from '../service.ts';

export function backupCommand(): Command {
  return action(new Command('backup').argument('<file>', 'must not be there yet').addOption(directorOption()), backup);
}

async function backup(file: string, options: { readonly director: string }): Promise<void> {
  let fd: number;
  try {
    fd = openSync(file, 'wx', 0o600);
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException;
    throw new Failure(code === 'EEXIST' ? `${file} is there already` : `${file} cannot be written (${code})`, { exitCode: code === 'EEXIST' ? EXIT.refused : EXIT.world, cure: 'give the name of a new file' });
  }
  try {
    let bytes = 0;
    for await (const chunk of directorOf(options).backup()) bytes += writeSync(fd, chunk);
    fsyncSync(fd);
    console.log(`${file}: ${bytes} bytes`);
  } catch (e) {
    rmSync(file, { force: true });
    throw e;
  } finally {
    closeSync(fd);
  }
}

export function restoreCommand(): Command {
  return action(new Command('restore').argument('<file>', 'that iov backup wrote')
    .option('--state <directory>', 'where the store of the Director lies; what is there is kept beside it', stateDirOf('director')), restore);
}

async function restore(file: string, options: { readonly state: string }): Promise<void> {
  const { revision, epoch, kept } = restoreStore(file, options.state);
  console.log(`revision ${revision} is restored in ${options.state}, as epoch ${epoch}${kept === undefined ? '' : `; what was there is ${kept}`}`);
  console.log('Next: start the Director. A server whose workloads the backup lacks keeps all as it is, says so (iov status), and waits for iov server resume.');
}
