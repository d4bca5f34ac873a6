// The same without making devices: 1,000 endpoints written by people for a server whose TAPs are there before, from `apply` until the networks' tables have them,
// and from the requests of their machines until each has its program and wires; then one more, which nobody wrote.

import { setTimeout } from 'node:timers/promises';
import { BETWEEN_MS, Crowd, DOMAIN, SERVER, resource } from '../crowd.ts';
import { PREFIX } from '../leftovers.ts';
import { namespacePath } from '../../src/netlink/namespaces.ts';
import { openTap } from '../../src/sys/tap.ts';

const AT_ONCE = 32;
/** A look has all endpoints in it, and costs the visor milliseconds. */
const LOOK_EVERY_MS = 20;

export type AddFigure = (quantity: string, unit: string, value: number) => void;

export async function measureDeclared({ endpoints, networks, more }: { readonly endpoints: number; readonly networks: number; readonly more: number }, say: (what: string) => void, stop: AbortSignal, add: AddFigure): Promise<void> {
  await using crowd = await Crowd.make({ networks, most: 0 });
  const { zone } = crowd, host = namespacePath(`${PREFIX}host`);
  say(`${endpoints + more} TAPs`);
  using taps = new DisposableStack();
  for (let i = 0; i < endpoints + more; i++) taps.use(openTap(`t${i}`, host));
  const network = (i: number): string => `net${i % networks}`;
  const attach = (i: number): Promise<unknown> => zone.visor(SERVER).attach({ domain: DOMAIN, network: network(i), netns: '', device: `t${i}`, name: `w${i}`, timeoutMs: 120_000 });
  const phase = async (name: string, body: () => Promise<void>): Promise<void> => {
    stop.throwIfAborted();
    const before = [SERVER, 'director'].map(process => zone.cpuSeconds(process)), begun = performance.now();
    await body();
    add(name, 'ms', performance.now() - begun);
    for (const [i, who] of ['visor', 'Director'].entries()) add(`${name}: CPU of the ${who}`, 'ms', (zone.cpuSeconds([SERVER, 'director'][i]!) - before[i]!) * 1000);
  };

  say('declared');
  await phase('applied → in the tables', async () => {
    const begun = performance.now();
    const { revision } = await zone.director.apply(Array.from({ length: endpoints }, (_, i) => resource('Endpoint', `w${i}`, { network: network(i), server: SERVER }, DOMAIN)));
    add('applied → stored by the Director', 'ms', performance.now() - begun);
    while (((await zone.visor(SERVER).status()).applied?.revision ?? 0) < revision) await setTimeout(LOOK_EVERY_MS);
  });
  say('attached');
  let next = 0;
  await phase('asked for → programs and wires', async () => {
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (next < endpoints && !stop.aborted) await attach(next++);
    }));
  });
  await zone.settled([SERVER]);
  say('one more');
  for (let i = endpoints; i < endpoints + more; i++) {
    await setTimeout(BETWEEN_MS);
    stop.throwIfAborted();
    const asked = performance.now();
    await attach(i);
    add('one more', 'ms', performance.now() - asked);
  }
  const { endpoints: all } = await zone.visor(SERVER).status();
  const ready = all.filter(e => e.state === 'ready').length;
  if (ready !== endpoints + more) throw new Error(`${ready} of ${endpoints + more} endpoints are ready`);
}
