// iov describe: one resource with its status, and what depends on it or is below it.

import { Command } from 'commander';
import { isIn, type Labels } from '../../model/labels.ts';
import { keyOf, type Resource } from '../../model/resource.ts';
import { action, directorOf, directorOption } from '../connect.ts';
import { bold, table, yaml } from '../output.ts';
import { sectionsOf } from './described.ts';
import { kindOf, printEvents, refOf } from './get.ts';

const MAX_EVENTS = 20;
interface Options { readonly director: string; readonly domain?: string }

export function describeCommand(): Command {
  const command = new Command('describe')
    .argument('<kind>').argument('<name>', 'or domain/name')
    .option('-d, --domain <domain>', 'the domain that it is in')
    .addOption(directorOption());
  return action(command, describe);
}

async function describe(kindText: string, name: string, options: Options): Promise<void> {
  const director = directorOf(options);
  const resource = await director.get(refOf(kindOf(kindText), name, options.domain));
  const { status, spec, ...rest } = resource;
  console.log(yaml({ ...rest, spec }));
  console.log(`${bold('status:')}${status === undefined ? ' none yet' : `\n${yaml(status).replace(/^/gm, '  ')}`}`);
  const { items } = await director.list();
  const below = items.filter(r => belongs(r, resource));
  const events = await director.events(refOf(kindOf(kindText), name, options.domain));
  const domain = 'domain' in resource.metadata ? resource.metadata.domain : undefined;
  const beside = items.filter(r => domain === undefined || 'domain' in r.metadata && r.metadata.domain === domain);
  for (const { title, head, rows, more } of await sectionsOf(resource, beside, director)) console.log(`\n${bold(`${title}:`)}${more === undefined ? '' : ` ${more}`}\n${table(head, rows)}`);
  if (below.length > 0) console.log(`\n${table(['BELONGS TO IT', 'STATE'], below.map(r => [keyOf(r), String(r.status?.['state'] ?? '')]))}`);
  if (events.length > 0) {
    console.log(`\n${bold('events:')}`);
    printEvents(events.slice(-MAX_EVENTS), 'table');
  }
}

function belongs(r: Resource, to: Resource): boolean {
  const domain = 'domain' in r.metadata ? r.metadata.domain : undefined;
  switch (to.kind) {
    case 'Domain': return domain === to.metadata.name;
    case 'Network': return r.kind === 'Endpoint' && domain === to.metadata.domain && r.spec.network === to.metadata.name;
    case 'Policy': return r.kind === 'Endpoint' && domain === to.metadata.domain && isIn(to.spec.group, (r.status?.['labels'] ?? {}) as Labels);
    case 'Router': return r.kind === 'Network' && domain === to.metadata.domain && to.spec.networks.includes(r.metadata.name);
    case 'Server': return r.kind === 'Endpoint' && r.spec.server === to.metadata.name;
    case 'Gateway': return r.kind === 'Router' && r.spec.uplink?.gateway === to.metadata.name;
    case 'Nat': return r.kind === 'Network' && domain === to.metadata.domain && to.spec.masquerade?.some(m => m.from.network === r.metadata.name) === true;
    case 'Dns': return r.kind === 'Network' && domain === to.metadata.domain && (to.spec.networks?.includes(r.metadata.name) ?? r.spec.subnets.length > 0);
    case 'Module': return r.kind === 'Function' && r.spec.module === to.metadata.name;
    case 'Function': return r.kind === 'Module' && r.metadata.name === to.spec.module;
    case 'User': return r.kind === 'RoleBinding' && r.spec.users.includes(to.metadata.name);
    case 'RoleBinding': return r.kind === 'User' && to.spec.users.includes(r.metadata.name);
    case 'Endpoint': case 'JoinToken': return false;
  }
}
