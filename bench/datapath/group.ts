// Our data path beside what Linux has, endpoint to endpoint, on one server and across two: all paths stand at once and take turns.

import { CORE, OTHER_CORE } from '../core.ts';
import { type Group, type GroupOptions, type GroupResult, type Measurement, Rounds } from '../measurement.ts';
import { isInstalled } from './command.ts';
import { type End, Flood } from './flood.ts';
import { goals } from './goals.ts';
import { LINUX_BRIDGE, LINUX_VXLAN, linuxBridge, linuxVxlan, VETH, vethPair } from './linux-paths.ts';
import { DOCKER, dockerBridge, masquerade, nftables, NFT_LINEAR, NFT_MAP, NFT_MASQUERADE, routing, ROUTING } from './linux-routes.ts';
import {
  BRIDGE, FIREWALL_10, FIREWALL_10000, FIREWALL_BOTH, MASQUERADE, ourBridge, ourMasquerade, ourRouter, ourTwoServers, ROUTER, TWO, TWO_DEVICE, TWO_FIREWALL,
} from './our-paths.ts';
import { openVSwitch, OVS } from './ovs.ts';
import type { Path } from './path.ts';
import { buildTraffic, runSession, type Session, startServer } from './sessions.ts';
import { timeInPrograms } from './time-in-programs.ts';

const MOST_LOST = 0.01;
const FLOODS: readonly { readonly work: string; readonly end: End }[] = [{ work: 'xpps', end: 'socket' }, { work: 'xpps, to the device', end: 'device' }];
const SESSIONS: readonly { readonly work: string; readonly session: Session; readonly clients?: number; readonly unit: string; readonly per: number; readonly ranked?: false }[] = [
  { work: 'rr', session: 'rr', unit: 'k/s', per: 1e3 },
  { work: 'crr', session: 'crr', unit: 'k/s', per: 1e3 },
  { work: 'TCP, 1 stream', session: 'stream', unit: 'Gbit/s', per: 1e9 / 8, ranked: false },
  { work: 'TCP, 4 streams', session: 'stream', clients: 4, unit: 'Gbit/s', per: 1e9 / 8, ranked: false },
];
const KIB = 1024;

interface Kind {
  readonly name: string;
  /** Of others, that it needs. */
  readonly needs?: string;
  make(): Path | Promise<Path>;
}

/** In the order of the table. */
async function kinds(): Promise<readonly Kind[]> {
  const { loadModules } = await import('../../src/director/shell/modules.ts');
  const modules = await loadModules();
  return [
    { name: VETH, make: vethPair },
    { name: LINUX_BRIDGE, make: linuxBridge },
    { name: ROUTING, make: routing },
    { name: NFT_LINEAR, needs: 'nft', make: () => nftables('linear') },
    { name: NFT_MAP, needs: 'nft', make: () => nftables('map') },
    { name: NFT_MASQUERADE, needs: 'nft', make: masquerade },
    { name: DOCKER, needs: 'iptables', make: dockerBridge },
    { name: OVS, needs: 'ovs-vswitchd', make: () => openVSwitch(OTHER_CORE) },
    { name: LINUX_VXLAN, make: linuxVxlan },
    { name: BRIDGE, make: () => ourBridge(modules, BRIDGE) },
    { name: FIREWALL_10, make: () => ourBridge(modules, FIREWALL_10, 10) },
    { name: FIREWALL_10000, make: () => ourBridge(modules, FIREWALL_10000, 10_000) },
    { name: FIREWALL_BOTH, make: () => ourBridge(modules, FIREWALL_BOTH, 10, 'both') },
    { name: ROUTER, make: () => ourRouter(modules) },
    { name: MASQUERADE, make: () => ourMasquerade(modules) },
    { name: TWO, make: () => ourTwoServers(modules, TWO, 'program') },
    { name: TWO_FIREWALL, make: () => ourTwoServers(modules, TWO_FIREWALL, 'program', 10) },
    { name: TWO_DEVICE, make: () => ourTwoServers(modules, TWO_DEVICE, 'device') },
  ];
}

export const datapathGroup: Group = {
  name: 'datapath',
  about: 'endpoint to endpoint on one server and across two, beside a bare veth pair and what Linux, nftables, Docker and OVS have',
  run,
};

async function run({ rounds, say, stop, subjects = [], works = [] }: GroupOptions): Promise<GroupResult> {
  const gathered = new Rounds();
  using disposal = new DisposableStack();
  buildTraffic();
  const absent: string[] = [];
  const stands: { readonly path: Path; readonly flood: Flood }[] = [];
  for (const { name, needs, make } of await kinds()) {
    if (name !== VETH && subjects.length > 0 && !subjects.some(s => name.includes(s))) continue;
    if (needs !== undefined && !isInstalled(needs)) {
      absent.push(name);
      say(`${name} is absent: ${needs} is not installed`);
      continue;
    }
    const path = disposal.adopt(await make(), made => made.close());
    say(`${path.name} stands`);
    disposal.adopt(await startServer(path, CORE), server => server.close());
    stands.push({ path, flood: disposal.use(new Flood(path)) });
  }
  const isWanted = (work: string): boolean => works.length === 0 || works.includes(work);

  const mostLost = new Map<string, number>();
  say('a round to warm up');
  for (let round = 0; round <= rounds; round++) {
    if (round > 0) say(`round ${round} of ${rounds}`);
    const values = round === 0 ? new Rounds() : gathered;
    // Each measurement goes over all paths before the next one begins, in another order every round.
    const order = stands.map((_, i) => stands[(i + round) % stands.length]!);
    for (const { session, work, clients, unit, per, ranked } of SESSIONS) {
      if (!isWanted(work)) continue;
      for (const { path } of order) {
        const { perSecond, busyNs } = await runSession(path, session, session === 'stream' ? OTHER_CORE : CORE, clients);
        values.add({ ...about(path, work, 'rate', unit, 'more'), ...(ranked === false && { ranked }) }, perSecond / per);
        if (session === 'stream') values.add({ ...about(path, work, 'CPU', 'ns/KiB', 'less'), ranked: false }, busyNs * KIB);
        stop.throwIfAborted();
      }
    }
    for (const { work, end } of FLOODS) {
      if (!isWanted(work)) continue;
      for (const { path, flood } of order) {
        path.tidy?.();
        const { packetsPerSecond, lost } = flood.run(end);
        if (packetsPerSecond === 0) throw new Error(`no frame of the generator arrives by ${path.name}`);
        values.add(about(path, work, 'rate', 'k/s', 'more'), packetsPerSecond / 1e3);
        // One core does it all. A process beside it never rests meanwhile, so its core's time counts, too.
        values.add(about(path, work, 'CPU', 'ns', 'less'), (path.asynchronous ? 2 : 1) * 1e9 / packetsPerSecond);
        if (round > 0) mostLost.set(path.name, Math.max(mostLost.get(path.name) ?? 0, lost));
        await new Promise(done => setImmediate(done));            // a signal's handler gets its turn
        stop.throwIfAborted();
      }
    }
  }
  const inside: string[] = [];
  if (isWanted('xpps')) {
    say('where our time goes');
    inside.push(...stands.filter(({ path }) => path.programs).map(({ path, flood }) => timeInPrograms(path, flood)));
  }
  const place = (m: Measurement): number => stands.findIndex(({ path }) => path.name === m.subject);
  const measurements = gathered.all().toSorted((a, b) => place(a) - place(b));
  const losers = [...mostLost].filter(([name, lost]) => lost > MOST_LOST && !stands.some(({ path }) => path.name === name && path.asynchronous));
  return {
    measurements, reference: VETH, absent, subjectsAre: 'rows',
    notes: [
      ...goals(measurements, VETH), ...inside,
      ...losers.map(([name, lost]) => `Up to ${Math.round(100 * lost)} % of the generator's frames were lost by ${name}: xpps counts those that arrived.`),
    ],
  };
}

function about(path: Path, work: string, quantity: string, unit: string, better: 'more' | 'less'): Omit<Measurement, 'rounds'> {
  return { group: 'datapath', work, subject: path.name, quantity, unit, better };
}
