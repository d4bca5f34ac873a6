// The same through a Director and a visor as processes: endpoints are attached and detached, 32 at a time as a scheduler does, each in a namespace that is made for it; with every
// thirty-two a network is applied and deleted, with some a router and a policy too. Names come again: nobody may be given what the one of that name before had.

import { readdirSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Seen } from '../../src/datapath/fixtures/cycles.ts';
import { listPins } from '../../src/kernel/pins.ts';
import { createNamespace, deleteNamespace } from '../../src/netlink/namespaces.ts';
import { resource } from '../crowd.ts';
import { PINS, PREFIX, RUN_DIR } from '../leftovers.ts';
import { Zone } from '../zone.ts';
import { Curve, devicesOf, grown, type Held } from './counted.ts';

const SERVER = 's1', DOMAIN = 'd', PROCESSES = [SERVER, 'director'];
const AT_ONCE = 32, WHOLE_EVERY = 8, WARM = 4, LOOKS = 100, BETWEEN_LOOKS_MS = 100;
/** The visor has looked after entries that age more than once by then, which opens what it keeps. */
const WARM_MS = 40_000;

/** What is wrong in the end; empty: nothing is left. */
export async function zoneLeaks(cycles: number, stop: AbortSignal): Promise<string[]> {
  const host = createNamespace(`${PREFIX}host`), root = `${PINS}/${SERVER}`, folder = `${RUN_DIR}/zone`;
  await using zone = new Zone({ folder, pins: PINS });
  await zone.startDirector();
  await zone.director.apply([resource('Domain', DOMAIN, {})]);
  await zone.startVisor(SERVER, host, '192.0.2.1');
  const seen = new Seen(root), stays = new Seen(root);
  const held = async (): Promise<Held> => {
    await zone.settled([SERVER]);
    // The least of some looks: connections are closed behind their answers, and a file may be being written.
    const descriptors = new Map<string, number>();
    for (let look = 0; look < LOOKS; look++) {
      await setTimeout(BETWEEN_LOOKS_MS);
      for (const process of PROCESSES) descriptors.set(process, Math.min(descriptors.get(process) ?? Number.POSITIVE_INFINITY, zone.descriptors(process)));
    }
    return {
      ...Object.fromEntries([...descriptors].map(([process, count]) => [`descriptors of ${process}`, count])),
      pins: ['maps', 'programs', 'links'].reduce((sum, kind) => sum + listPins(`${root}/${kind}`).length, 0), records: filesIn(`${folder}/${SERVER}`),
      devices: devicesOf(host), resources: (await zone.director.list()).items.length, 'endpoints of the visor': (await zone.visor(SERVER).status()).endpoints.length,
    };
  };
  const batch = (n: number): Promise<void> => bornAndGone(zone, n % WHOLE_EVERY === 0, () => { seen.look(); });
  const warmAtMs = performance.now() + WARM_MS;
  for (let n = 0; n < WARM || performance.now() < warmAtMs; n++) await batch(n * WHOLE_EVERY);
  const before = await held();
  stays.look();
  const batches = Math.ceil(cycles / AT_ONCE);
  const curve = new Curve('endpoints', batches, () => Object.fromEntries([
    ...PROCESSES.map(process => [`${process}, MiB`, zone.residentBytes(process) / 2 ** 20]), ['Director’s store, MiB', bytesIn(`${folder}/director`) / 2 ** 20]]));
  for (let n = 1; n <= batches; n++) {
    await batch(n);
    curve.look(n, n * AT_ONCE);
    stop.throwIfAborted();
  }
  return grown({ before, after: await held(), seen, stays, curve, judged: PROCESSES.map(process => `${process}, MiB`) });
}

async function bornAndGone(zone: Zone, whole: boolean, whenThere: () => void): Promise<void> {
  const visor = zone.visor(SERVER), network = resource('Network', 'n', { subnets: ['10.1.0.0/24', 'fd01::/64'] }, DOMAIN);
  const more = whole ? [resource('Router', 'r', { networks: ['n'] }, DOMAIN), resource('Policy', 'p', { group: {}, ingress: [{ ports: ['tcp/22'] }] }, DOMAIN)] : [];
  await zone.director.apply([network, ...more]);
  const names = Array.from({ length: AT_ONCE }, (_, i) => `${PREFIX}w${i}`);
  const spaces = names.map(createNamespace);
  await Promise.all(names.map((name, i) => zone.answer(() => visor.attach({ domain: DOMAIN, network: 'n', netns: spaces[i]!, name, timeoutMs: 120_000 }))));
  whenThere();
  await Promise.all(names.map(name => zone.answer(() => visor.detach({ domain: DOMAIN, name }))));
  for (const name of names) deleteNamespace(name);
  for (const kind of whole ? ['Policy', 'Router', 'Network'] as const : ['Network'] as const) {
    await zone.answer(() => zone.director.delete({ kind, domain: DOMAIN, name: kind[0]!.toLowerCase() }));
  }
}

function filesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).length;
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).reduce((sum, entry) => sum + statSync(`${entry.parentPath}/${entry.name}`).size, 0);
}
