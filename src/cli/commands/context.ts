// iov context: the Directors that this person uses. What it stores is contexts.ts.

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { DirectorClient } from '../../client/director.ts';
import { pinnedAuthority } from '../../client/pinned.ts';
import { action } from '../connect.ts';
import { readContexts, writeContexts } from '../contexts.ts';
import { EXIT, Failure } from '../failure.ts';
import { table } from '../output.ts';

interface SetOptions { readonly director: string; readonly ca?: string; readonly fingerprint?: string; readonly tokenFile?: string }

export function contextCommand(): Command {
  return new Command('context')
    .addCommand(action(new Command('set').description('Store a Director, whom to trust there, and a token; and use it from now on.')
      .argument('<name>')
      .requiredOption('--director <address>', 'https://HOST:PORT or unix:/PATH')
      .option('--fingerprint <hash>', "of the zone's certificate authority: iov authority show, on the Director's machine")
      .option('--ca <file>', 'certificates of the authorities, instead of a fingerprint')
      .option('--token-file <file>', 'a token of iov token create; -: read it from standard input'), set))
    .addCommand(action(new Command('use').description('Use another one from now on.').argument('<name>'), use))
    .addCommand(action(new Command('list').description('The contexts, without their tokens.'), async () => list()))
    .addCommand(action(new Command('remove').description('Forget one, and its token.').argument('<name>'), remove));
}

async function set(name: string, o: SetOptions): Promise<void> {
  const ca = o.ca !== undefined ? readFileSync(o.ca, 'utf8') : o.fingerprint !== undefined ? await authoritiesOf(o.director, o.fingerprint.toLowerCase()) : undefined;
  if (o.director.startsWith('https:') && ca === undefined) throw new Failure('nothing says whom to trust at an https address', { exitCode: EXIT.usage, cure: 'give --fingerprint, as iov authority show prints it on the machine of the Director, or --ca FILE' });
  const token = o.tokenFile === undefined ? undefined : readFileSync(o.tokenFile === '-' ? 0 : o.tokenFile, 'utf8').trim();
  const { you } = await new DirectorClient(o.director, { token, ...ca === undefined ? {} : { trust: always(ca) } }).health();
  const { contexts } = readContexts();
  writeContexts({ current: name, contexts: { ...contexts, [name]: { director: o.director, ...ca === undefined ? {} : { ca }, ...token === undefined ? {} : { token } } } });
  console.log(`context ${name} is in use: ${o.director}, which takes you for ${you}`);
}

async function authoritiesOf(director: string, fingerprint: string): Promise<string> {
  const found = await pinnedAuthority(director, fingerprint);
  if (found === undefined) throw new Failure(`who answers at ${director} has no authority with this fingerprint`, { exitCode: EXIT.refused, cure: 'compare both with iov authority show on the machine of the Director; if the address is right, someone stands between' });
  return found;
}

function always(ca: string): () => { readonly ca: string } {
  const trust = { ca };
  return () => trust;
}

async function use(name: string): Promise<void> {
  const { contexts } = readContexts();
  if (!contexts[name]) throw new Failure(`there is no context '${name}'`, { exitCode: EXIT.usage, cure: `choose one: ${Object.keys(contexts).join(', ') || 'none yet'}` });
  writeContexts({ current: name, contexts });
  console.log(`context ${name} is in use`);
}

function list(): void {
  const { current, contexts } = readContexts();
  const rows = Object.entries(contexts).map(([name, c]) => [name === current ? '*' : '', name, c.director, c.token === undefined ? 'no' : 'yes']);
  if (rows.length === 0) console.error('no contexts yet'); else console.log(table(['', 'NAME', 'DIRECTOR', 'TOKEN'], rows));
}

async function remove(name: string): Promise<void> {
  const { current, contexts: { [name]: gone, ...contexts } } = readContexts();
  if (!gone) throw new Failure(`there is no context '${name}'`, { exitCode: EXIT.usage });
  writeContexts({ contexts, ...(current === undefined || current === name ? {} : { current }) });
  console.log(`context ${name} is forgotten`);
}
