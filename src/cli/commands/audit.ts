// iov audit: who changed what, from what to what. The log is the store's: it survives restarts, and is in backups.

import { Command } from 'commander';
import { diffFields } from '../../model/diff.ts';
import { showKey } from '../../model/resource.ts';
import { action, directorOf, directorOption, outputOption } from '../connect.ts';
import { json, show, table } from '../output.ts';
import { kindOf, refOf } from './get.ts';

interface Options { readonly director: string; readonly domain?: string; readonly after?: string; readonly output: string }

export function auditCommand(): Command {
  return action(new Command('audit')
    .argument('[kind]').argument('[name]', 'or domain/name')
    .option('-d, --domain <domain>', 'only of this domain')
    .option('--after <revision>', 'from there on, at most 1000 revisions; absent: the newest')
    .addOption(outputOption()).addOption(directorOption()), audit);
}

async function audit(kind: string | undefined, name: string | undefined, o: Options): Promise<void> {
  const about = kind === undefined ? {} : name === undefined ? { kind: kindOf(kind) } : refOf(kindOf(kind), name, o.domain);
  const { items } = await directorOf(o).audit({ ...(o.domain === undefined ? {} : { domain: o.domain }), ...about, after: o.after });
  show(o.output, items, () => {
    if (items.length === 0) console.error('nothing was changed');
    else console.log(table(['REVISION', 'WHEN', 'BY', 'WHAT', 'RESOURCE', 'FIELDS'], items.map(r => [
      String(r.revision), new Date(r.wallMs).toISOString(), r.by, r.action, `${showKey(r.key)}${r.on ? `, on ${r.on.slice(0, 4).join(', ')}${r.on.length > 4 ? ` and ${r.on.length - 4} more` : ''}` : ''}`,
      r.action === 'changed' ? diffFields(r.before, r.after, '').map(f => `${f.path}: ${json(f.before) ?? 'none'} → ${json(f.after) ?? 'none'}`).join('; ') : '',
    ])));
  });
}
