// Our data path beside what Linux has, endpoint to endpoint, on one server and across two: all paths stand at once and take turns.

import { BRIDGE, moduleImage } from '../module-image.ts';
import { CORE, OTHER_CORE } from '../core.ts';
import { type Group, type GroupOptions, type GroupResult, type Measurement, Rounds } from '../measurement.ts';
import { Flood } from './flood.ts';
import { LINUX_BRIDGE, LINUX_VXLAN, linuxBridge, linuxVxlan, VETH, vethPair } from './linux-paths.ts';
import { OURS, OURS_DEVICE, OURS_TWO, ourPath, ourTwoServers } from './our-paths.ts';
import type { Path } from './path.ts';
import { buildTraffic, runSession, type Session, startServer } from './sessions.ts';
import { timeInPrograms } from './time-in-programs.ts';

const MOST_LOST = 0.01;
const SESSIONS: readonly { readonly session: Session; readonly work: string; readonly unit: string; readonly per: number; readonly ranked?: false }[] = [
  { session: 'rr', work: 'rr, 1 byte there and back', unit: 'k/s', per: 1e3 },
  { session: 'crr', work: 'crr, connect, 1 byte there and back, close', unit: 'k/s', per: 1e3 },
  { session: 'stream', work: 'TCP, 1 stream (too noisy to rank)', unit: 'Gbit/s', per: 1e9 / 8, ranked: false },
];

export const datapathGroup: Group = {
  name: 'datapath',
  about: 'endpoint to endpoint on one server and across two, beside a bare veth pair, Linux bridge, and Linux bridge + vxlan',
  run,
};

async function run({ rounds, say, stop }: GroupOptions): Promise<GroupResult> {
  const gathered = new Rounds();
  using disposal = new DisposableStack();
  buildTraffic();
  const image = moduleImage(BRIDGE);
  const makers = [vethPair, linuxBridge, () => ourPath(image), linuxVxlan, () => ourTwoServers(image, 'program'), () => ourTwoServers(image, 'device')];
  const stands: { readonly path: Path; readonly flood: Flood }[] = [];
  for (const make of makers) {
    const path = disposal.adopt(make(), made => made.close());
    say(`${path.name} stands`);
    disposal.adopt(await startServer(path, CORE), server => server.close());
    stands.push({ path, flood: disposal.use(new Flood(path)) });
  }

  let mostLost = 0;
  say('a round to warm up');
  for (let round = 0; round <= rounds; round++) {
    if (round > 0) say(`round ${round} of ${rounds}`);
    const values = round === 0 ? new Rounds() : gathered;
    // Each measurement goes over all paths before the next one begins, in another order every round.
    const order = stands.map((_, i) => stands[(i + round) % stands.length]!);
    for (const { session, work, unit, per, ranked } of SESSIONS) {
      for (const { path } of order) {
        const perSecond = await runSession(path, session, session === 'stream' ? OTHER_CORE : CORE);
        values.add({ ...about(path, work, unit), ...(ranked === false && { ranked }) }, perSecond / per);
        stop.throwIfAborted();
      }
    }
    for (const { path, flood } of order) {
      const { packetsPerSecond, lost } = flood.run();
      if (packetsPerSecond === 0) throw new Error(`no frame of the generator arrives by ${path.name}`);
      values.add(about(path, 'xpps, 60-byte frames one way', 'k/s'), packetsPerSecond / 1e3);
      if (round > 0) mostLost = Math.max(mostLost, lost);
      await new Promise(done => setImmediate(done));            // a signal's handler gets its turn
      stop.throwIfAborted();
    }
  }
  say('where our time goes');
  const inside = stands.filter(({ path }) => path.programs).map(({ path, flood }) => timeInPrograms(path, flood));
  const place = (m: Measurement): number => stands.findIndex(({ path }) => path.name === m.subject);
  return {
    measurements: gathered.all().toSorted((a, b) => place(a) - place(b)), reference: VETH, rivals: [{ subject: OURS, to: LINUX_BRIDGE }, { subject: OURS_TWO, to: LINUX_VXLAN }, { subject: OURS_TWO, to: OURS_DEVICE }],
    notes: [
      ...inside,
      ...(mostLost > MOST_LOST ? [`Up to ${Math.round(100 * mostLost)} % of the generator's frames were lost: the core did not keep up; xpps counts those that arrived.`] : []),
    ],
  };
}

function about(path: Path, work: string, unit: string): Omit<Measurement, 'rounds'> {
  return { group: 'datapath', work, subject: path.name, quantity: 'rate', unit, better: 'more' };
}
