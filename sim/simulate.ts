// One zone, one seed: real cores of Director and visors, a rough world, then a healed one in which everything must come right.

import { SimClock } from './clock.ts';
import { DirectorNode } from './director-node.ts';
import { CALM, ROUGH, type Plant } from './faults.ts';
import { Isolation, director as directorKeeps, overclaims, rashly, twice, unconverged } from './invariants.ts';
import { admitAll, deleteUsers, somethingHappens } from './people.ts';
import { Random } from './random.ts';
import { statusOf } from '../src/visor/core/report.ts';
import { VisorNode } from './visor-node.ts';

const TICK_MS = 100;
/** All plans are made from scratch: a large part of a run's time. */
const PLAN_EVERY_TICKS = 50;
/** Longer than every patience and pause of the cores. */
const HEAL_LIMIT_MS = 180_000;

export interface SimOptions { readonly seed: number; readonly servers: number; readonly ticks: number; readonly plant?: Plant }

export interface SimResult {
  readonly violations: readonly string[];
  readonly simulatedMs: number;
  readonly healedInMs: number;
  readonly revision: number;
  readonly endpoints: number;
  readonly reports: number;
  /** Of all that happened and when, tick by tick: equal for equal runs. */
  readonly trace: number;
}

export function simulate({ seed, servers, ticks, plant = 'none' }: SimOptions): SimResult {
  const clock = new SimClock();
  const random = new Random(seed);
  const director = new DirectorNode(clock, random, ROUGH, plant);
  const visors = Array.from({ length: servers }, (_, i) => new VisorNode(`s${i + 1}`, { clock, random, director, faults: ROUGH, plant }));
  const isolation = new Isolation();
  const violations: string[] = [];
  let reports = 0;
  let trace = 0;
  const note = (found: Iterable<string>): void => { for (const v of found) if (violations.length < 10) violations.push(`at ${clock.nowMs} ms: ${v}`); };

  director.onPlans = names => { for (const v of visors) if (names.includes(v.name)) v.planChanged(); };
  director.onGeneration = () => { for (const v of visors) v.generationChanged(); };
  for (const v of visors) {
    v.onReport = status => { reports++; note(overclaims(v, status)); };
    v.onStep = (event, before) => { note(rashly(v, event, before)); };
    v.start();
  }
  found(director, visors);

  const tick = (): void => {
    clock.runTo(clock.nowMs + TICK_MS);
    director.step({ kind: 'tick' });
    for (const v of visors) v.tick();
    isolation.learn(director);
    note(isolation.check(visors));
    note(twice(visors));
    for (const part of [random.state, director.state.revision, reports, visors.reduce((n, v) => n + v.datapath.changes, 0)]) trace = Math.imul(trace ^ part, 0x0100_0193) >>> 0;
  };
  for (let i = 0; i < ticks && violations.length === 0; i++) {
    if (random.chance(0.5)) somethingHappens({ clock, random, director, visors });
    tick();
    if (i % PLAN_EVERY_TICKS === 0) note(directorKeeps(director.state));
  }

  const healedAtMs = clock.nowMs;
  heal(director, visors);
  let left: string[] = ['not begun'];
  while (violations.length === 0 && left.length > 0 && clock.nowMs - healedAtMs < HEAL_LIMIT_MS) {
    for (let i = 0; i < 10; i++) tick();
    lookAfter(director, visors);
    left = [...unconverged(director, visors)];
  }
  if (violations.length === 0) note(left.map(l => `not converged ${HEAL_LIMIT_MS / 1000} s after healing: ${l}`));
  note(directorKeeps(director.state));
  return { violations, simulatedMs: clock.nowMs, healedInMs: clock.nowMs - healedAtMs, revision: director.state.revision, endpoints: visors.reduce((n, v) => n + v.datapath.endpoints.size, 0), reports, trace };
}

/** The zone begins with its servers and a few networks. */
function found(director: DirectorNode, visors: readonly VisorNode[]): void {
  const resource = (kind: string, metadata: object, spec?: object): unknown => ({ apiVersion: 'iovisor/v1', kind, metadata, ...(spec ? { spec } : {}) });
  const again = (): void => director.write({
    kind: 'apply', dryRun: false, resources: [
      ...visors.map((v, i) => resource('Server', { name: v.name }, { underlay: `192.0.2.${i + 1}` })),
      resource('Gateway', { name: 'edge' }, { servers: [visors[0]!.name], device: 'eth1', addresses: ['198.51.100.2/24', '198.51.100.3/24', '198.51.100.4/24'], nextHop: ['198.51.100.1'] }),
      ...['red', 'blue', 'green'].flatMap(d => [resource('Domain', { name: d }), resource('Network', { domain: d, name: 'web' }, { subnets: ['10.1.0.0/24'] }), resource('Network', { domain: d, name: 'db' }, { subnets: ['10.2.0.0/24'] })]),
    ],
  }, result => { if (!result.ok) again(); });
  again();
}

function heal(director: DirectorNode, visors: readonly VisorNode[]): void {
  director.faults = CALM;
  if (!director.up) director.restart();
  for (const v of visors) {
    v.faults = CALM;
    v.cut = false;
    if (!v.up) v.start();
  }
}

/** Whoever runs workloads detaches those whose namespace is gone, and those that the Director refuses; whoever runs the zone lets plans pass that are held, and does not name who is over. */
function lookAfter(director: DirectorNode, visors: readonly VisorNode[]): void {
  admitAll(director);
  for (const v of visors) {
    if (v.state.offered) v.resume();
    for (const { netns, device } of v.state.wanted.endpoints) if (!v.datapath.namespaces!.has(netns)) v.detach({ netns, device }, () => {});
    // Over, and something names them still: that is taken away.
    for (const name of v.state.wanted.gone) if (v.state.troubles.has(`director ${name}`)) deleteUsers(director, name);
    // Born without the Director, which will not have them: their state says so.
    const refused = new Set(statusOf(v.state).endpoints.filter(e => e.state === 'degraded').map(e => e.name));
    for (const { endpoint, leased, known, netns, device } of v.state.wanted.endpoints) if (leased && known === undefined && refused.has(endpoint)) v.detach({ netns, device }, () => {});
  }
}
