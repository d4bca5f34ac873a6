// iov top: the servers of the zone, live: whether they are in step, and how many packets a second are dropped there, and where most.

import { Command } from 'commander';
import type { Listed, ServerStatus, ZoneDrops } from '../../model/api.ts';
import { showKey } from '../../model/resource.ts';
import { action, directorOf, directorOption, outputOption } from '../connect.ts';
import { intervalMs } from '../duration.ts';
import { show, showNext, table } from '../output.ts';

const MOST_SITES = 10;

interface Options { readonly director?: string; readonly interval: string; readonly once?: boolean; readonly output: string }
interface Seen { readonly atMs: number; readonly revision: number; readonly servers: Listed['items']; readonly statuses: readonly ServerStatus[]; readonly drops: ZoneDrops['items'] }

export function topCommand(): Command {
  return action(new Command('top').option('--interval <seconds>', 'between two looks', '2').option('--once', 'one look, and what was added in an interval').addOption(outputOption()).addOption(directorOption()), top);
}

async function top(o: Options): Promise<void> {
  const director = directorOf(o);
  const look = async (): Promise<Seen> => {
    const [{ items, revision }, statuses, drops] = await Promise.all([director.list({ kind: 'Server' }), director.statuses(), director.drops()]);
    return { atMs: performance.now(), revision, servers: items, statuses, drops };
  };
  for (let before = await look(); ;) {
    await new Promise(done => setTimeout(done, intervalMs(o.interval)));
    const now = await look();
    if (process.stdout.isTTY && !o.once) process.stdout.write('\u001b[H\u001b[2J');
    print(before, now, o);
    if (o.once) return;
    before = now;
  }
}

function print(before: Seen, now: Seen, o: Options): void {
  const seconds = (now.atMs - before.atMs) / 1000;
  const siteOf = (d: ZoneDrops['items'][number]): string => [d.server, d.owner ?? '', d.file, d.line, d.reason].join('\u0000');
  const olds = new Map(before.drops.map(d => [siteOf(d), d.packets]));
  const rates = now.drops.map(d => {
    const was = olds.get(siteOf(d)) ?? 0;
    return { ...d, perSecond: Math.round((d.packets >= was ? d.packets - was : d.packets) / seconds) };
  }).sort((a, b) => b.perSecond - a.perSecond);
  const servers = now.servers.map(s => {
    const status = now.statuses.find(x => x.server === s.metadata.name)?.status;
    return {
      server: s.metadata.name, state: String(s.status?.['state'] ?? ''), engine: status?.engine ?? '', behind: status?.applied ? now.revision - status.applied.revision : undefined,
      elements: status?.elements.length ?? 0, endpoints: status?.endpoints.length ?? 0, droppedPerSecond: rates.filter(d => d.server === s.metadata.name).reduce((sum, d) => sum + d.perSecond, 0),
    };
  });
  const sites = rates.filter(d => d.perSecond > 0).slice(0, MOST_SITES);
  (o.once ? show : showNext)(o.output, { revision: now.revision, servers, sites }, () => {
    console.log(table(['SERVER', 'STATE', 'ENGINE', 'BEHIND', 'ELEMENTS', 'ENDPOINTS', 'DROPPED/S'], servers.map(s => [s.server, s.state, s.engine, s.behind === undefined ? '' : String(s.behind), String(s.elements), String(s.endpoints), String(s.droppedPerSecond)])));
    if (sites.length > 0) console.log(`\n${table(['DROPPED/S', 'SERVER', 'ELEMENT', 'REASON', 'AT'], sites.map(d => [String(d.perSecond), d.server, d.owner ? showKey(d.owner) : '', d.reason, `${d.file}:${d.line}`]))}`);
  });
}
