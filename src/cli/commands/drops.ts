// iov drops: which packets ended where, by module, line and reason. Of this machine's visor, or with --zone of all.

import { Command } from 'commander';
import { action, directorOf, directorOption, outputOption, visorOf, visorOption } from '../connect.ts';
import { showKey } from '../../model/resource.ts';
import { intervalMs } from '../duration.ts';
import { show, showNext, table } from '../output.ts';

interface Options { readonly visor?: string; readonly director: string; readonly zone?: boolean; readonly watch?: boolean; readonly interval: string; readonly output: string }
interface Row { readonly server: string; readonly owner: string; readonly module: string; readonly file: string; readonly line: number; readonly reason: string; readonly packets: number }

export function dropsCommand(): Command {
  const command = new Command('drops')
    .option('--zone', 'of all servers, by the Director (as the visors last told it)')
    .option('-w, --watch', 'go on: print what was added, every interval')
    .option('--interval <seconds>', 'of --watch', '1')
    .addOption(outputOption()).addOption(visorOption()).addOption(directorOption());
  return action(command, drops);
}

async function drops(options: Options): Promise<void> {
  let before = await rowsOf(options);
  print(before, options);
  while (options.watch) {
    await new Promise(done => setTimeout(done, intervalMs(options.interval)));
    const now = await rowsOf(options);
    const added = now.map(row => ({ ...row, packets: row.packets - (before.find(b => siteOf(b) === siteOf(row))?.packets ?? 0) })).filter(r => r.packets > 0);
    if (added.length > 0) print(added, options);
    before = now;
  }
}

async function rowsOf(options: Options): Promise<Row[]> {
  if (options.zone) return (await directorOf(options).drops()).map(({ element: _, ...row }) => ({ ...row, owner: row.owner ?? '' }));
  const visor = visorOf(options);
  const [rows, status] = await Promise.all([visor.drops(), visor.status()]);
  return rows.map(({ element, ...row }) => ({ ...row, server: status.server, owner: status.elements.find(n => n.uid === element)?.name ?? '' }));
}

function siteOf(r: Row): string {
  return `${r.server} ${r.owner} ${r.file}:${r.line} ${r.reason}`;
}

function print(rows: readonly Row[], options: Options): void {
  (options.watch ? showNext : show)(options.output, rows, () => {
    if (rows.length === 0) console.error('no packet was dropped');
    else console.log(tableOf(rows));
  });
}

function tableOf(rows: readonly Row[]): string {
  const sorted = [...rows].sort((a, b) => b.packets - a.packets);
  return table(['SERVER', 'OF', 'PACKETS', 'REASON', 'MODULE', 'AT'], sorted.map(r =>
    [r.server, r.owner === '' ? '-' : showKey(r.owner), String(r.packets), r.reason, r.module, `${r.file}:${r.line}`]));
}
