// Many endpoints on one server, by Director and visor as processes: how long they take to be there, one more, and the visor's memory.

import { createNamespace } from '../../src/netlink/namespaces.ts';
import { PINS, PREFIX, RUN_DIR } from '../leftovers.ts';
import { type Group, type GroupOptions, type GroupResult, type Measurement, Rounds } from '../measurement.ts';
import { Zone } from '../zone.ts';

const ENDPOINTS = 1000, NETWORKS = 8, MORE = 20;
/** Requests at a time, as a scheduler that starts workloads has them. */
const AT_ONCE = 32;
const SERVER = 's1', UNDERLAY = '192.0.2.1', DOMAIN = 'many';
const WORK = `${ENDPOINTS} endpoints in ${NETWORKS} networks of one server`;

export const endpointsGroup: Group = {
  name: 'endpoints',
  about: 'many endpoints on one server: created, one more, memory of the visor',
  run,
};

async function run({ say, stop }: GroupOptions): Promise<GroupResult> {
  const gathered = new Rounds();
  const add = (quantity: string, unit: string, value: number): void => gathered.add({ group: 'endpoints', work: WORK, subject: 'IO Visor', quantity, unit, better: 'less' } satisfies Omit<Measurement, 'rounds'>, value);
  const host = createNamespace(`${PREFIX}host`);
  say(`${ENDPOINTS + MORE} namespaces of workloads`);
  const spaces = Array.from({ length: ENDPOINTS + MORE }, (_, i) => createNamespace(`${PREFIX}w${i}`));
  await using zone = new Zone({ folder: `${RUN_DIR}/zone`, pins: PINS });
  await zone.startDirector();
  await zone.director.apply([resource('Domain', DOMAIN, {}), ...Array.from({ length: NETWORKS }, (_, n) => resource('Network', `net${n}`, { subnets: [`10.${n}.0.0/22`, `fd00:${n}::/64`] }, DOMAIN))]);
  await zone.startVisor(SERVER, host, UNDERLAY);
  add('visor with none, resident', 'MiB', zone.residentBytes(SERVER) / 2 ** 20);
  const visor = zone.visor(SERVER);
  const attach = (i: number): Promise<unknown> => visor.attach({ domain: DOMAIN, network: `net${i % NETWORKS}`, netns: spaces[i]!, name: `w${i}`, timeoutMs: 120_000 });

  say(`${ENDPOINTS} endpoints, ${AT_ONCE} requests at a time`);
  const begun = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < ENDPOINTS && !stop.aborted) await attach(next++);
  }));
  stop.throwIfAborted();
  add('all created', 's', (performance.now() - begun) / 1000);
  add('CPU of the visor', 's', zone.cpuSeconds(SERVER));
  add('CPU of the Director', 's', zone.cpuSeconds('director'));
  add('visor, resident', 'MiB', zone.residentBytes(SERVER) / 2 ** 20);
  await zone.settled([SERVER]);
  say(`${MORE} more, one after the other`);
  for (let i = ENDPOINTS; i < ENDPOINTS + MORE; i++) {
    const asked = performance.now();
    await attach(i);
    add('one more', 'ms', performance.now() - asked);
    stop.throwIfAborted();
  }
  await zone.settled([SERVER]);
  add('visor after all, resident', 'MiB', zone.residentBytes(SERVER) / 2 ** 20);
  const { endpoints } = await visor.status();
  const ready = endpoints.filter(e => e.state === 'ready').length;
  if (ready !== ENDPOINTS + MORE) throw new Error(`${ready} of ${ENDPOINTS + MORE} endpoints are ready`);
  return { measurements: gathered.all(), reference: 'IO Visor', notes: ['Goals: 10 s, 30 ms, 150 MiB.'] };
}

function resource(kind: string, name: string, spec: object, domain?: string): unknown {
  return { apiVersion: 'iovisor/v1', kind, metadata: { name, ...domain !== undefined && { domain } }, spec };
}
