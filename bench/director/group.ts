// Many servers at one Director, by HTTP over its socket: a policy of a domain that is everywhere is changed, an endpoint comes; how long it takes until every server that
// it concerns has said that it has it, and what it costs. The visors are a fleet in one process (fleet.ts), without data paths. One server alone, beside OVN: one-server.ts.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PINS, RUN_DIR } from '../leftovers.ts';
import { type Group, type GroupOptions, type GroupResult, type Measurement, Rounds } from '../measurement.ts';
import { Zone } from '../zone.ts';
import { type Answer, type Ask, nowMs } from './asks.ts';
import { measureOneServer } from './one-server.ts';
import { whyNoOvn } from './ovn.ts';
import { ENDPOINTS_OF_A_SERVER, endpoint, policy, tenants } from './tenants.ts';

const SIZES = [10, 100, 1000];
/** Beside sizes: what `--work` names. */
const ONE = 'one';
const CHANGES = 20;
/** For reports that are on their way, and bookmarks of what was before. */
const QUIET_MS = 6000;

export const directorGroup: Group = {
  name: 'director',
  about: 'one server with 1,000 endpoints, beside OVN; one Director, 10, 100 and 1,000 servers with 50 endpoints each: a policy change until the last server said that it has it, an endpoint change, memory',
  run,
};

async function run({ say, stop, works = [] }: GroupOptions): Promise<GroupResult> {
  const gathered = new Rounds();
  const why = whyNoOvn();
  if (works.length === 0 || works.includes(ONE)) {
    if (why !== undefined) say(`without OVN: ${why}`);
    await measureOneServer(what => say(`one server: ${what}`), stop, why === undefined, (subject, work, quantity, unit, value) => gathered.add({ group: 'director', work, subject, quantity, unit, better: 'less' } satisfies Omit<Measurement, 'rounds'>, value));
  }
  for (const servers of SIZES) {
    const subject = `${servers} servers`;
    if (works.length > 0 && !works.includes(String(servers))) continue;
    await measure(servers, what => say(`${subject}: ${what}`), stop, (work, quantity, unit, value) => gathered.add({ group: 'director', work, subject, quantity, unit, better: 'less' } satisfies Omit<Measurement, 'rounds'>, value));
  }
  return { measurements: gathered.all(), reference: `${SIZES[0]} servers`, rivals: why === undefined ? [{ subject: 'IO Visor', to: 'OVN' }] : [], absent: why === undefined ? [] : ['OVN'], notes: [...why === undefined ? ['OVN: its own flows in ovs-vswitchd, over a datapath and interfaces that are none: no device is made within its time, and the devices of IO Visor’s workloads are.'] : [], 'Goals at 1,000 servers: a policy change 250 ms to the last acknowledgement (p99), 1 GiB; an endpoint change costs the same at all sizes.', `Latencies are of ${CHANGES} changes each; the greatest of them stands for p99.`] };
}

type Add = (work: string, quantity: string, unit: string, value: number) => void;

async function measure(servers: number, say: (what: string) => void, stop: AbortSignal, add: Add): Promise<void> {
  await using zone = new Zone({ folder: `${RUN_DIR}/director-${servers}`, pins: PINS });
  await zone.startDirector();
  const { resources, visors } = tenants(servers);
  say(`${servers * ENDPOINTS_OF_A_SERVER} endpoints`);
  const begun = performance.now();
  for (const portion of resources) {
    await zone.director.apply(portion);
    stop.throwIfAborted();
  }
  add('all', 'applied', 's', (performance.now() - begun) / 1000);
  const fleet = fork(resolve(import.meta.dirname, 'fleet.ts'));
  try {
    const connecting = performance.now();
    await asked(fleet, { ask: 'watch', socketPath: `${RUN_DIR}/director-${servers}/director.sock`, visors });
    // Any plan: leases are written as soon as servers are heard, and concern only theirs.
    await asked(fleet, { ask: 'acknowledged', revision: 1, visors: servers });
    add('all', 'every server has its plan', 's', (performance.now() - connecting) / 1000);

    const change = async (concerned: number, apply: () => Promise<{ readonly revision: number }>): Promise<{ readonly lastMs: number; readonly writtenMs: number }> => {
      stop.throwIfAborted();
      await pause(300);
      const askedMs = nowMs();
      const { revision } = await apply();
      const writtenMs = nowMs() - askedMs;
      const { atMs } = await asked(fleet, { ask: 'acknowledged', revision, visors: concerned });
      return { lastMs: Math.max(...atMs) - askedMs, writtenMs };
    };
    const quiet = async (): Promise<number> => {
      await pause(QUIET_MS);
      const [before, since] = [zone.cpuSeconds('director'), performance.now()];
      await pause(QUIET_MS);
      return (zone.cpuSeconds('director') - before) * 1000 / (performance.now() - since);
    };
    const idle = await quiet();
    add('nothing', 'CPU of the Director', '%', idle * 100);
    const phase = async (work: string, concerned: number, apply: (i: number) => Promise<{ readonly revision: number }>): Promise<void> => {
      say(work);
      await pause(QUIET_MS);
      const [cpu, since] = [zone.cpuSeconds('director'), performance.now()];
      let greatestMs = 0;
      for (let i = 0; i < CHANGES; i++) {
        const { lastMs, writtenMs } = await change(concerned, () => apply(i));
        add(work, 'written', 'ms', writtenMs);
        add(work, 'last acknowledgement', 'ms', lastMs);
        greatestMs = Math.max(greatestMs, lastMs);
      }
      add(work, 'last acknowledgement, greatest', 'ms', greatestMs);
      add(work, 'CPU of the Director for one', 'ms', Math.max(0, zone.cpuSeconds('director') - cpu - idle * (performance.now() - since) / 1000) / CHANGES * 1000);
    };
    await phase('policy of all servers', servers, i => zone.director.apply([policy(1000 + i)]));
    await phase('one more endpoint', Math.min(servers, 20), i => zone.director.apply([endpoint(`t0/more-${i}`, 's0', 'lan')]));
    add('all', 'Director, resident', 'MiB', zone.residentBytes('director') / 2 ** 20);
  } finally {
    fleet.disconnect();
    fleet.kill('SIGKILL');
  }
}

async function asked(fleet: ChildProcess, ask: Ask): Promise<Answer> {
  const over = new AbortController();
  const died = once(fleet, 'exit', { signal: over.signal }).then(([code]) => { throw new Error(`the fleet ended with ${code}`); });
  try {
    const answer = once(fleet, 'message', { signal: over.signal });
    fleet.send(ask);
    const [message] = await Promise.race([answer, died]) as [Answer];
    return message;
  } finally {
    died.catch(() => {});
    over.abort();
  }
}
