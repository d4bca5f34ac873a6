// iov server resume: the say of a person over a plan that the visor of this machine holds back.

import { Command } from 'commander';
import { action, visorOf, visorOption } from '../connect.ts';

export function serverCommand(): Command {
  return new Command('server').addCommand(action(new Command('resume')
    .description('Let the visor of this machine take over a plan that it holds, for it takes away many endpoints. What it holds and why: iov status.')
    .addOption(visorOption()), resume));
}

async function resume(options: { readonly visor?: string }): Promise<void> {
  const { held } = await visorOf(options).resume();
  console.log(held ? 'the plan that was held is taken over' : 'no plan was held');
}
