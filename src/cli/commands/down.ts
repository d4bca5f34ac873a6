// iov down: takes the data path of this server away: what `up` and `visor` leave in place on purpose when they end.

import { rmSync } from 'node:fs';
import { Command } from 'commander';
import { onlyOne, defaultLockDir } from '../../visor/shell/only.ts';
import { action } from '../connect.ts';
import { openDatapath } from '../engine.ts';
import { stateDirOf } from '../service.ts';
import { defaultName } from './visor.ts';

interface Options { readonly name: string; readonly state?: string; readonly pins?: string; readonly forget?: boolean }

export function downCommand(): Command {
  return action(new Command('down')
    .option('--name <server>', 'name of the Server', defaultName())
    .option('--state <directory>', 'where its visor keeps plan and images (/var/lib/iovisor/NAME)')
    .option('--pins <directory>', 'in a BPF file system (/sys/fs/bpf/iov/NAME)')
    .option('--forget', 'also the plan, the images and the births that the visor keeps on disk'), down);
}

/** The visor must not run: it would put back what goes. @throws VisorRefused */
async function down({ name, state, pins, forget }: Options): Promise<void> {
  const stateDir = state ?? stateDirOf(name);
  const release = onlyOne(name, stateDir, defaultLockDir(), 'end it first (Ctrl-C where iov up or iov visor runs): it would put back what goes');
  try {
    const datapath = openDatapath('kernel', { server: name, pins, stateDir });
    const { elements, endpoints } = datapath.observe();
    datapath.destroy();
    datapath.close();
    console.log(`server ${name}: ${endpoints.length} endpoints and ${elements.length} elements are gone`);
  } finally {
    release();
  }
  if (forget) rmSync(stateDir, { recursive: true, force: true });
}
