// iov get: resources of one kind, as a table or as data that `apply` takes.

import { Command } from 'commander';
import type { DirectorClient } from '../../client/director.ts';
import { parseSelector, selects } from '../../model/selector.ts';
import { showLabels, type Labels } from '../../model/labels.ts';
import type { Happening } from '../../model/api.ts';
import { isUnmanaged, KIND_NAMES, KINDS, keyOf, keyOfRef, kindNamed, RESERVED_KINDS, showKey, type Ref, type Kind, type Resource } from '../../model/resource.ts';
import { nearest } from '../../model/nearest.ts';
import { bare, hostPrefix } from '../../model/address.ts';
import { nameOf } from '../../model/path.ts';
import { action, directorOf, directorOption, outputOption } from '../connect.ts';
import { EXIT, Failure } from '../failure.ts';
import { inDomain } from '../in-domain.ts';
import { json, show, showNext, table, yaml } from '../output.ts';

interface Options { readonly director: string; readonly domain?: string; readonly selector?: string; readonly watch?: boolean; readonly output: string }

export function getCommand(): Command {
  const command = new Command('get')
    .argument('[kind]', `${KIND_NAMES.map(k => KINDS[k].plural).join(', ')}, events; absent: all resources`)
    .argument('[name]', 'one of them (with --domain, or as domain/name)')
    .option('-d, --domain <domain>', 'only of this domain')
    .option('-l, --selector <labels>', 'tier=db,env!=test,owner,!old: all must hold; endpoints also by what their network grants')
    .option('-w, --watch', 'go on: print what changes')
    .addOption(outputOption('name', 'wide')).addOption(directorOption());
  return action(command, get);
}

async function get(kindText: string | undefined, name: string | undefined, options: Options): Promise<void> {
  if (kindText === 'events' || kindText === 'event') return printEvents(await directorOf(options).events(options.domain === undefined ? {} : { domain: options.domain }), options.output);
  const kind = kindText === undefined ? undefined : kindOf(kindText);
  const director = directorOf(options);
  const filter = { ...(kind ? { kind } : {}), ...(options.domain ? { domain: options.domain } : {}), ...(options.selector ? { labels: options.selector } : {}) };
  if (options.watch) return watch(director, filter, kind === undefined || name === undefined ? undefined : refOf(kind, name, options.domain), options.output);
  const items = name === undefined || kind === undefined ? (await director.list(filter)).items : [await director.get(refOf(kind, name, options.domain))];
  switch (options.output) {
    case 'json': console.log(json(name === undefined ? items : items[0], 2)); break;
    case 'yaml': console.log(items.map(yaml).join('\n---\n')); break;
    case 'name': for (const r of items) console.log(label(r)); break;
    default: printTables(items, options.output === 'wide');
  }
}

/** All, then what changes, a table row or a document each, until it is interrupted. */
async function watch(director: DirectorClient, filter: Parameters<DirectorClient['list']>[0] & object, only: Ref | undefined, output: string): Promise<void> {
  const parsed = parseSelector(filter.labels ?? '');
  if ('wrong' in parsed) throw new Failure(parsed.wrong, { exitCode: EXIT.usage });
  for await (const m of director.watch(filter, new AbortController().signal)) {
    if (m.type === 'deleted' && (only === undefined || m.key === keyOfRef(only))) console.log(`${showKey(m.key)} deleted`);
    if (m.type !== 'put' || only !== undefined && keyOf(m.resource) !== keyOfRef(only)) continue;
    const labels = { ...m.resource.metadata.labels, ...m.resource.status?.['labels'] as Labels | undefined };
    if (!selects(parsed.selector, labels)) continue;
    showNext(output, m.resource, () => console.log(output === 'name' ? label(m.resource) : [label(m.resource), ...cells(m.resource), text(m.resource.status?.['state'])].filter(c => c !== '').join('  ')));
  }
}

export function printEvents(events: readonly Happening[], output: string): void {
  show(output, events, () => {
    if (events.length === 0) console.error('nothing happened since the Director started');
    else console.log(table(['WHEN', 'RESOURCE', 'WHAT', 'ON', 'MESSAGE'], events.map(e => [new Date(e.wallMs).toISOString(), showKey(e.key), e.what, e.server ?? '', e.message])));
  });
}

/** @throws Failure with the kinds that there are */
export function kindOf(text: string): Kind {
  const kind = kindNamed(text);
  if (kind) return kind;
  const reserved = Object.keys(RESERVED_KINDS).find(k => [k, `${k}s`, k.replace(/y$/, 'ies')].some(name => name.toLowerCase() === text.toLowerCase()));
  if (reserved) throw new Failure(`${reserved} is not served yet by this version`, { cure: RESERVED_KINDS[reserved]! });
  const close = nearest(text.toLowerCase(), KIND_NAMES.map(k => KINDS[k].plural));
  throw new Failure(`unknown kind '${text}'${close ? `; did you mean '${close}'?` : ''}`, { exitCode: EXIT.usage, cure: `write one of ${KIND_NAMES.map(k => KINDS[k].plural).join(', ')}` });
}

/** `web`, with --domain; or `shop/web`. */
export function refOf(kind: Kind, name: string, domain: string | undefined): { kind: Kind; name: string; domain?: string } {
  if (KINDS[kind].scope === 'zone') return { kind, name };
  const [of, own] = inDomain(kind, name, domain);
  return { kind, domain: of, name: own };
}

function label(r: Resource): string {
  const { metadata } = r;
  return `${r.kind.toLowerCase()}/${'domain' in metadata ? `${metadata.domain}/` : ''}${metadata.name}`;
}

function printTables(items: readonly Resource[], wide: boolean): void {
  if (items.length === 0) {
    console.error('nothing there');
    return;
  }
  const tables = KIND_NAMES.flatMap(kind => {
    const some = items.filter(r => r.kind === kind);
    return some.length === 0 ? [] : [tableOf(kind, some, wide)];
  });
  console.log(tables.join('\n\n'));
}

function tableOf(kind: Kind, items: readonly Resource[], wide: boolean): string {
  const scoped = KINDS[kind].scope === 'domain';
  const rows = items.map(r => [
    ...(scoped && 'domain' in r.metadata ? [r.metadata.domain] : []), r.metadata.name, ...cells(r), String(r.status?.['state'] ?? ''),
    ...wide ? [...wideCells(r), text(r.metadata.revision), Object.entries({ ...r.metadata.labels, ...r.status?.['labels'] as Labels | undefined }).map(([n, v]) => `${n}=${v}`).join(','), text(r.status?.['message'])] : [],
  ]);
  return table([...(scoped ? ['DOMAIN'] : []), kind.toUpperCase(), ...HEADS[kind], 'STATE', ...wide ? [...WIDE_HEADS[kind] ?? [], 'REVISION', 'LABELS', 'WHY'] : []], rows);
}

const HEADS: Readonly<Record<Kind, readonly string[]>> = {
  Function: ['MODULE', 'ON', 'ORDER', 'READY'], Module: ['TYPE', 'IMAGE', 'EXPORTS'], User: ['TOKENS'], RoleBinding: ['ROLE', 'USERS', 'DOMAINS'], JoinToken: ['SERVER', 'EXPIRES'],
  Dns: ['ZONE', 'NETWORKS', 'NAMES', 'UPSTREAMS', 'READY'], Domain: [], Network: ['SUBNETS', 'VNI'], Endpoint: ['NETWORK', 'SERVER', 'MAC', 'ADDRESSES'], Policy: ['GROUP', 'WAYS'], Router: ['NETWORKS', 'UPLINK'], Gateway: ['SERVERS', 'DEVICE', 'ADDRESSES'], Nat: ['ROUTER', 'ADDRESS', 'MASQUERADES', 'ONE TO ONE', 'FORWARDS', 'READY'], Server: ['UNDERLAY'],
};

/** Before those of all kinds. */
const WIDE_HEADS: Readonly<Partial<Record<Kind, readonly string[]>>> = { Function: ['NETWORKS', 'TRIES', 'TAKEN BACK'], Dns: ['ASKED AT', 'TTL', 'RECORDS', 'SERVICES'], Nat: ['SERVERS'] };

function wideCells(r: Resource): string[] {
  const { status = {} } = r;
  switch (r.kind) {
    case 'Function': {
      const [tries, refused] = [status['tries'] as { module: string; server: string } | undefined, status['refused'] as { module: string } | undefined];
      return [names(status['networks']), tries ? `${tries.module} on ${tries.server}` : '', refused?.module ?? ''];
    }
    case 'Dns': return [text(status['servers']), `${r.spec.ttlSeconds} s`, String(r.spec.records?.length ?? 0), (r.spec.services ?? []).map(s => `${s.name}:${s.port}`).join(' ')];
    case 'Nat': return [text(status['servers'])];
    default: return [];
  }
}

/** On how many of its servers it is as planned. */
function standing(r: Resource): string {
  const { ready, of } = (r.status?.['standing'] ?? {}) as { readonly ready?: number; readonly of?: number };
  return of === undefined ? '' : `${ready}/${of}`;
}

/** A prefix that is one address, as that. */
export function hostText(prefix: string): string {
  return hostPrefix(bare(prefix)) === prefix ? bare(prefix) : prefix;
}

/** Without the domain, which stands before. */
function names(paths: unknown): string {
  return Array.isArray(paths) ? paths.map(path => nameOf(String(path))).join(' ') : '';
}

function cells(r: Resource): string[] {
  switch (r.kind) {
    case 'Domain': return [];
    case 'Dns': return [r.spec.zone, text(r.spec.networks ?? r.status?.['networks']), text(r.status?.['names']), text(r.spec.upstreams), standing(r)];
    case 'Network': return [r.spec.subnets.join(' '), text(r.spec.vni ?? r.status?.['vni'])];
    case 'Endpoint': return [r.spec.network, r.spec.server, text(r.spec.mac ?? r.status?.['mac']), isUnmanaged(r) ? `behind ${r.spec.device}${r.spec.vlan === undefined ? '' : `, VLAN ${r.spec.vlan}`}` : text(r.spec.addresses ?? r.status?.['addresses'])];
    case 'Policy': return [showLabels(r.spec.group), [...r.spec.ingress ? ['ingress'] : [], ...r.spec.egress ? ['egress'] : []].join(' ')];
    case 'Router': return [r.spec.networks.join(' '), r.spec.uplink?.gateway ?? ''];
    case 'Gateway': return [r.spec.servers.join(' '), r.spec.device, r.spec.addresses.join(' ')];
    case 'Nat': return [r.spec.router, text(r.spec.address ?? r.status?.['address']), (r.spec.masquerade ?? []).map(m => m.from.network).join(' '), (r.spec.oneToOne ?? []).map(one => `${one.endpoint ?? hostText(one.inside!)}=${hostText(one.outside)}`).join(' '), (r.spec.forward ?? []).flatMap(f => f.ports).join(' '), standing(r)];
    case 'Server': return [r.spec.underlay];
    case 'Function': return [r.spec.module, r.spec.on.network ?? showLabels(r.spec.on.group ?? {}), String(r.spec.order), standing(r)];
    case 'Module': return [r.spec.type, r.spec.imageHash.slice(0, 12), r.spec.exports.map(e => e.name).join(' ')];
    case 'User': return [String(r.spec?.tokens?.length ?? 0)];
    case 'RoleBinding': return [r.spec.role, r.spec.users.join(' '), r.spec.domains?.join(' ') ?? '*'];
    case 'JoinToken': return [r.spec.server ?? '', r.spec.expires];
  }
}

function text(value: unknown): string {
  return Array.isArray(value) ? value.join(' ') : value === undefined ? '' : String(value);
}
