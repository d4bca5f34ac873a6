// iov status: what the visor of this machine has, in its own words.

import { Command } from 'commander';
import { action, outputOption, visorOf, visorOption } from '../connect.ts';
import type { VisorStatus } from '../../model/status.ts';
import { showKey } from '../../model/resource.ts';
import { show, table } from '../output.ts';

export function statusCommand(): Command {
  const command = new Command('status')
    .addOption(outputOption()).addOption(visorOption());
  return action(command, status);
}

async function status(options: { readonly visor?: string; readonly output: string }): Promise<void> {
  const s = await visorOf(options).status();
  show(options.output, s, () => printWords(s));
}

function printWords(s: VisorStatus): void {
  const current = s.received !== null && s.applied?.revision === s.received.revision && s.applied.epoch === s.received.epoch;
  console.log(`visor ${s.server}, ${s.engine} engine: ${s.received === null ? 'no plan yet' : current ? `plan ${s.received.revision} is in place` : `plan ${s.received.revision} known, ${s.applied?.revision ?? 'none'} in place`}`);
  const rows = [...s.elements.map(n => ['element', showKey(n.name), n.state, n.message ?? '']), ...s.endpoints.map(e => ['endpoint', e.name, e.state, e.message ?? ''])];
  if (rows.length > 0) console.log(`\n${table(['KIND', 'NAME', 'STATE', 'WHY'], rows)}`);
  for (const d of s.degraded) console.log(`degraded: ${d.object}: ${d.message} (${d.attempts} attempts)`);
}
