// iov authority: the zone's certificate authority, by which visors and people know the Director.

import { Command } from 'commander';
import { action, directorOf, directorOption } from '../connect.ts';

export function authorityCommand(): Command {
  return new Command('authority')
    .addCommand(action(new Command('show').description('Fingerprints of the authorities; the first is that of the Director itself.').addOption(directorOption()), async (o: { readonly director?: string }) => {
      for (const fingerprint of (await directorOf(o).authorities()).fingerprints) console.log(fingerprint);
    }))
    .addCommand(action(new Command('rotate').description('Make the next authority. It signs for visors from now on, and for the Director when every visor has heard of it; the one before stays trusted.').addOption(directorOption()), async (o: { readonly director?: string }) => {
      const fingerprints = await directorOf(o).rotateAuthority();
      console.log(`the next authority is ${fingerprints.at(-1)}; the Director keeps ${fingerprints[0]} until all visors have renewed their certificates`);
    }));
}
