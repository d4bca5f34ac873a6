// What iov describe shows of a resource beside its fields and status: what follows from it elsewhere, as tables.

import type { DirectorClient } from '../../client/director.ts';
import { isV6 } from '../../model/address.ts';
import { keyOf, type Dns, type Endpoint, type Nat, type Resource } from '../../model/resource.ts';
import { parseForward } from '../../model/ports.ts';
import { hostText } from './get.ts';
import { MAPS_HEAD, mapCells } from './maps.ts';
import { pathOf } from '../../model/path.ts';

interface Section { readonly title: string; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[]; readonly more?: string }

const MOST_NAMES = 20, MOST_SITES = 10;

/** `all`: what is in its domain, or in the zone. */
export async function sectionsOf(resource: Resource, all: readonly Resource[], director: DirectorClient): Promise<readonly Section[]> {
  const sections = [...await ownSections(resource, all, director), await dropsOf(resource, director)];
  return sections.filter(s => s.rows.length > 0);
}

async function ownSections(resource: Resource, all: readonly Resource[], director: DirectorClient): Promise<readonly Section[]> {
  switch (resource.kind) {
    case 'Function': {
      const path = pathOf(resource);
      return [{ title: 'maps', more: `what is in them: iov maps ${path} MAP; what it says: iov logs ${path}`, head: MAPS_HEAD, rows: (await director.maps(path)).maps.map(mapCells) }];
    }
    case 'Nat': return [translations(resource, all)];
    case 'Dns': return [namesOf(resource, all)];
    default: return [];
  }
}

/** With the addresses that names stand for. */
function translations(nat: Nat, all: readonly Resource[]): Section {
  const { spec: { masquerade = [], oneToOne = [], forward = [] } } = nat;
  const outside = String(nat.spec.address ?? nat.status?.['address'] ?? '(no uplink)');
  const subnets = (name: string): readonly string[] => all.flatMap(r => r.kind === 'Network' && r.metadata.name === name ? r.spec.subnets.filter(s => !isV6(s)) : []);
  const addressOf = (name: string, like: string): string => endpointsIn(all).filter(e => e.metadata.name === name).flatMap(addressesOf).find(a => isV6(a) === isV6(like)) ?? '(no address yet)';
  return {
    title: 'translations', head: ['INSIDE', 'OUTSIDE', 'WAY', 'OF'],
    rows: [
      ...masquerade.flatMap(({ from }) => subnets(from.network).map(subnet => [subnet, outside, 'out', `Network ${from.network}`])),
      ...oneToOne.map(one => [one.inside === undefined ? addressOf(one.endpoint!, one.outside) : hostText(one.inside), hostText(one.outside), 'both', one.endpoint === undefined ? '' : `Endpoint ${one.endpoint}`]),
      ...forward.flatMap(({ to, ports }) => ports.flatMap(text => {
        const port = parseForward(text);
        return port ? [[`${to.address ?? addressOf(to.endpoint!, '')} ${port.protocol}/${port.toPort}`, `${outside} ${port.protocol}/${port.port}`, 'in', to.endpoint === undefined ? '' : `Endpoint ${to.endpoint}`]] : [];
      })),
    ],
  };
}

/** Of endpoints, then those that are written down. */
function namesOf(dns: Dns, all: readonly Resource[]): Section {
  const served = new Set((dns.status?.['networks'] ?? dns.spec.networks ?? []) as readonly string[]);
  const names = [
    ...endpointsIn(all).filter(e => served.has(e.spec.network)).map(e => [`${e.metadata.name}.${e.spec.network}.${dns.spec.zone}`, addressesOf(e).join(' '), `Endpoint ${e.metadata.name}`]),
    ...(dns.spec.records ?? []).map(r => [`${r.name}.${dns.spec.zone}`, r.addresses.join(' '), 'records']),
    ...(dns.spec.services ?? []).map(s => [`${s.name}.${dns.spec.zone}`, `port ${s.port}`, 'services']),
  ];
  return { title: 'names', head: ['NAME', 'IS', 'BY'], rows: names.slice(0, MOST_NAMES), ...names.length > MOST_NAMES && { more: `the first ${MOST_NAMES} of ${names.length}` } };
}

/** Where packets end in its elements: of all servers, as visors last told it. */
async function dropsOf(resource: Resource, director: DirectorClient): Promise<Section> {
  const owners = ownersOf(resource);
  const sites = owners.length === 0 ? [] : (await director.drops()).filter(d => d.owner !== undefined && owners.some(o => d.owner === o || d.owner!.startsWith(`${o}/`)));
  return { title: 'drops', head: ['PACKETS', 'SERVER', 'REASON', 'AT'], rows: sites.slice(0, MOST_SITES).map(d => [String(d.packets), d.server, d.reason, `${d.file}:${d.line}`]), ...sites.length > MOST_SITES && { more: `the ${MOST_SITES} busiest of ${sites.length}` } };
}

/** Elements are named by what they stand at. */
function ownersOf(resource: Resource): readonly string[] {
  switch (resource.kind) {
    case 'Function': case 'Network': case 'Router': return [keyOf(resource)];
    case 'Nat': return [`Nat/${resource.metadata.domain}/${resource.spec.router}`];
    case 'Dns': return ((resource.status?.['networks'] ?? []) as readonly string[]).map(network => `Dns/${resource.metadata.domain}/${network}`);
    default: return [];
  }
}

function endpointsIn(all: readonly Resource[]): readonly Endpoint[] {
  return all.filter(r => r.kind === 'Endpoint');
}

function addressesOf(endpoint: Endpoint): readonly string[] {
  return (endpoint.spec.addresses ?? endpoint.status?.['addresses'] ?? []) as readonly string[];
}
