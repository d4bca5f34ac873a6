// Many endpoints on one server, by Director and visor as processes: how long they take to be there, one more, and the visor's memory.

import { setTimeout } from 'node:timers/promises';
import { BETWEEN_MS, Crowd, SERVER } from '../crowd.ts';
import { removeAll } from '../leftovers.ts';
import { type Group, type GroupOptions, type GroupResult, type Measurement, Rounds } from '../measurement.ts';
import { type AddFigure, measureDeclared } from './declared.ts';

const ENDPOINTS = 1000, NETWORKS = 8, MORE = 20;
const WORK = `${ENDPOINTS} endpoints in ${NETWORKS} networks of one server`;

export const endpointsGroup: Group = {
  name: 'endpoints',
  about: 'many endpoints on one server: created, one more, memory of the visor',
  run,
};

async function run({ say, stop }: GroupOptions): Promise<GroupResult> {
  const gathered = new Rounds();
  const adder = (work: string): AddFigure => (quantity, unit, value) => gathered.add({ group: 'endpoints', work, subject: 'IO Visor', quantity, unit, better: 'less' } satisfies Omit<Measurement, 'rounds'>, value);
  await measureBorn(say, stop, adder(WORK));
  removeAll();
  await measureDeclared({ endpoints: ENDPOINTS, networks: NETWORKS, more: MORE }, say, stop, adder(`${WORK}, on TAPs that are there before`));
  return { measurements: gathered.all(), reference: 'IO Visor', notes: ['Goals: 10 s, 30 ms, 150 MiB; without making devices 300 ms, one more 10 ms.'] };
}

async function measureBorn(say: (what: string) => void, stop: AbortSignal, add: AddFigure): Promise<void> {
  say(`${ENDPOINTS + MORE} namespaces of workloads`);
  await using crowd = await Crowd.make({ networks: NETWORKS, most: ENDPOINTS + MORE });
  const { zone } = crowd;
  add('visor with none, resident', 'MiB', zone.residentBytes(SERVER) / 2 ** 20);

  say(`${ENDPOINTS} endpoints`);
  const begun = performance.now();
  await crowd.attach(ENDPOINTS, stop);
  add('all created', 's', (performance.now() - begun) / 1000);
  add('CPU of the visor', 's', zone.cpuSeconds(SERVER));
  add('CPU of the Director', 's', zone.cpuSeconds('director'));
  add('visor, resident', 'MiB', zone.residentBytes(SERVER) / 2 ** 20);
  await zone.settled([SERVER]);
  say(`${MORE} more, one after the other`);
  for (let i = 0; i < MORE; i++) {
    await setTimeout(BETWEEN_MS);
    const asked = performance.now();
    await crowd.attach(1, stop);
    add('one more', 'ms', performance.now() - asked);
  }
  await zone.settled([SERVER]);
  add('visor after all, resident', 'MiB', zone.residentBytes(SERVER) / 2 ** 20);
  await crowd.check();
}
