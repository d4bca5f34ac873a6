// iov stats: what the visor of this machine has counted, by element, port, rule and drop site. With --watch, what is added, each second.

import { Argument, Command } from 'commander';
import type { Stats } from '../../model/stats.ts';
import { showKey } from '../../model/resource.ts';
import { action, outputOption, visorOf, visorOption } from '../connect.ts';
import { intervalMs } from '../duration.ts';
import { show, showNext, table } from '../output.ts';

const PARTS = ['elements', 'endpoints', 'ports', 'rules', 'drops'] as const;
type Part = (typeof PARTS)[number];
/** Ports that are no endpoints are of interest to few. */
const USUAL: readonly Part[] = ['elements', 'endpoints', 'rules', 'drops'];

interface Options { readonly visor?: string; readonly watch?: boolean; readonly interval: string; readonly output: string }

export function statsCommand(): Command {
  const command = new Command('stats')
    .addArgument(new Argument('[part]', `one of ${PARTS.join(', ')} (all but ports)`).choices(PARTS))
    .option('-w, --watch', 'go on: what is added, per second, every interval')
    .option('--interval <seconds>', 'of --watch', '1')
    .addOption(outputOption()).addOption(visorOption());
  return action(command, stats);
}

async function stats(part: Part | undefined, options: Options): Promise<void> {
  const visor = visorOf(options);
  const parts = part === undefined ? USUAL : [part];
  let before = await visor.stats();
  let readMs = performance.now();
  if (!options.watch) { print(before, parts, options); return; }
  for (;;) {
    await new Promise(done => setTimeout(done, intervalMs(options.interval)));
    const now = await visor.stats();
    const nowMs = performance.now();
    if (process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J');
    print(perSecond(before, now, (nowMs - readMs) / 1000), parts, options);
    [before, readMs] = [now, nowMs];
  }
}

/** A counter that is lower than before began anew. */
function perSecond(before: Stats, now: Stats, seconds: number): Stats {
  const rates = <R extends object>(old: readonly R[], rows: readonly R[], key: (row: R) => string, counts: readonly (keyof R)[]): R[] => {
    const olds = new Map(old.map(row => [key(row), row]));
    return rows.map(row => ({ ...row, ...Object.fromEntries(counts.map(c => {
      const [is, was] = [Number(row[c]), Number(olds.get(key(row))?.[c] ?? 0)];
      return [c, Math.round((is >= was ? is - was : is) / seconds)];
    })) }));
  };
  return {
    ...now,
    ports: rates(before.ports, now.ports, p => `${p.element} ${p.port}`, ['rxPackets', 'rxBytes', 'txPackets', 'txBytes']),
    rules: rates(before.rules, now.rules, r => `${r.element} ${r.counter} ${r.rule}`, ['packets']),
    drops: rates(before.drops, now.drops, d => `${d.element ?? ''} ${d.file}:${d.line} ${d.reason}`, ['packets']).filter(d => d.packets > 0),
  };
}

function print(stats: Stats, parts: readonly Part[], options: Options): void {
  (options.watch ? showNext : show)(options.output, stats, () => console.log(parts.map(part => tableOf(stats, part)).filter(text => text !== '').join('\n\n') || 'nothing is counted yet'));
}

const TRAFFIC = ['IN PACKETS', 'IN BYTES', 'OUT PACKETS', 'OUT BYTES'];

function tableOf(stats: Stats, part: Part): string {
  const rows = rowsOf(stats, part);
  return rows.length === 0 ? '' : table(HEADS[part], rows);
}

const HEADS: Readonly<Record<Part, readonly string[]>> = {
  elements: ['ELEMENT', ...TRAFFIC, 'DROPPED'],
  endpoints: ['ENDPOINT', 'OUT PACKETS', 'OUT BYTES', 'IN PACKETS', 'IN BYTES'],
  ports: ['ELEMENT', 'PORT', 'TO', ...TRAFFIC],
  rules: ['ELEMENT', 'PACKETS', 'RULE'],
  drops: ['ELEMENT', 'PACKETS', 'REASON', 'MODULE', 'AT'],
};

function rowsOf({ elements, ports, rules, drops }: Stats, part: Part): string[][] {
  const traffic = (list: Stats['ports']): string[] => (['rxPackets', 'rxBytes', 'txPackets', 'txBytes'] as const).map(c => String(list.reduce((sum, p) => sum + p[c], 0)));
  switch (part) {
    case 'elements': return elements.map(({ element, owner }) => {
      const own = ports.filter(p => p.element === element);
      // What passes a filter is counted by the element that it is around.
      const counts = own.length === 0 ? ['-', '-', '-', '-'] : traffic(own);
      return [showKey(owner), ...counts, String(drops.filter(d => d.element === element).reduce((sum, d) => sum + d.packets, 0))];
    });
    case 'endpoints': return ports.filter(p => p.to === 'endpoint').map(p => [p.peer, ...traffic([p])]);
    case 'ports': return ports.map(p => [showKey(p.owner), String(p.port), `${p.to} ${p.to === 'element' ? showKey(p.peer) : p.peer}`, ...traffic([p])]);
    case 'rules': return rules.map(r => [showKey(r.owner), String(r.packets), r.rule]);
    case 'drops': return [...drops].sort((a, b) => b.packets - a.packets).map(d => [d.owner === '' ? '-' : showKey(d.owner), String(d.packets), d.reason, d.module, `${d.file}:${d.line}`]);
  }
}
