// iov server: how a visor comes into the zone and out of it, and the say of a person over a plan that the visor of this machine holds back.

import { Command } from 'commander';
import { createJoinToken } from '../../client/tokens.ts';
import { action, directorOf, directorOption, visorOf, visorOption } from '../connect.ts';
import { untilOf } from '../duration.ts';

export function serverCommand(): Command {
  return new Command('server')
    .addCommand(action(new Command('token').description('Make a token by which one visor joins, once.')
      .argument('[server]', 'the only one that may join by it; it may take the place of a key that was known')
      .option('--ttl <time>', 'until when it is good', '1h').addOption(directorOption()), token))
    .addCommand(action(new Command('revoke').description('Cut a server off: its visor is turned away at once, and the other servers send it nothing.')
      .argument('<server>').addOption(directorOption()), revoke))
    .addCommand(action(new Command('resume').description('Let the visor of this machine take over a plan that it holds, for it takes away many endpoints. What it holds and why: iov status.')
      .addOption(visorOption()), resume));
}

async function token(server: string | undefined, o: { readonly director?: string; readonly ttl: string }): Promise<void> {
  console.log(await createJoinToken(directorOf(o), { server, expires: untilOf(o.ttl, '--ttl') }));
}

async function revoke(server: string, o: { readonly director?: string }): Promise<void> {
  await directorOf(o).patch({ kind: 'Server', name: server }, { spec: { keys: [] } });
  console.log(`server ${server} is cut off; it comes back with: iov server token ${server}`);
}

async function resume(options: { readonly visor?: string }): Promise<void> {
  const { held } = await visorOf(options).resume();
  console.log(held ? 'the plan that was held is taken over' : 'no plan was held');
}
