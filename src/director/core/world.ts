// All that plans are made from: resources and what was allocated for them. Immutable; applying a change set gives a new world.

import { canonical, type Json } from '../../model/canonical.ts';
import type { Labels } from '../../model/labels.ts';
import type { Resource } from '../../model/resource.ts';
import { Table } from '../../model/table.ts';
import type { Given } from '../../model/validate.ts';
import type { ChangeSet, Snapshot } from './log.ts';

interface DomainGiven { readonly number: number }
export interface NetworkGiven {
  /** Id of its element on every server. */
  readonly number: number;
  readonly uid: string;
  readonly vni: number;
  /** Of the filter around its element, where policies are. */
  readonly firewall: { readonly uid: string; readonly id: number };
  /** Of the filter that answers DHCP, since the network first had it; the MAC is the server's, where no router is. */
  readonly dhcp?: { readonly uid: string; readonly id: number; readonly mac: string };
  /** Of the filter that answers DNS, since a Dns first served the network; the MAC is the server's, where neither router nor DHCP is. */
  readonly dns?: { readonly uid: string; readonly id: number; readonly mac: string };
  /** Where the search for the next free port and address begins, so that what was freed is taken again as late as possible. */
  readonly nextTunnelPort: number;
  readonly nextLocalPort: number;
  readonly nextOffset: { readonly [subnet: string]: string };
  readonly nextLeased?: { readonly [subnet: string]: string };
}
export interface EndpointGiven extends Given {
  readonly id: number;
  readonly uid: string;
  readonly port: number;
  /** Of the servers of its router's gateway, where there are several, the one that translates for it, wherever it moves. */
  readonly home?: string;
}
export interface RouterGiven {
  readonly number: number;
  readonly uid: string;
  /** The same in all of its networks. */
  readonly mac: string;
  /** Of its way out, once it had one: the element at the device, and the VNI by which other servers reach it. */
  readonly uplink?: { readonly number: number; readonly uid: string; readonly vni: number };
  /** By network: the port of the network's element, and that of the router's, which are joined. */
  readonly ports: { readonly [network: string]: { readonly network: number; readonly router: number } };
}
interface NatGiven { readonly number: number; readonly uid: string }
/** What a module is, and what it is told. */
export interface FunctionForm { readonly module: string; readonly config?: Json }
export interface FunctionGiven {
  /** By name of the network: the element of the module around it, since it first was there. */
  readonly elements: { readonly [network: string]: { readonly uid: string; readonly id: number } };
  /** On all servers, or on all but the one that tries the next. */
  readonly running: FunctionForm;
  readonly rollout?: { readonly canary: string };
  /** The version that was tried last and did not stand. */
  readonly refused?: { readonly module: string; readonly why: string };
}
/** Of a gateway: who gives out which ports of its addresses; and of its servers those that have not been heard for long, whose work the others do. */
interface GatewayGiven { readonly blocks: readonly PortBlock[]; readonly away?: readonly string[] }
export interface PortBlock { readonly server: string; readonly first: number; readonly count: number }
/** An endpoint that is not there yet, with all that it will be; or one that is over. */
export interface Seat { readonly uid: string; readonly id: number; readonly port: number; readonly mac: string; readonly addresses: readonly string[] }
/** Of a network on a server: what the server may give to workloads while the Director is away. */
export interface LeaseGiven { readonly seats: readonly Seat[] }
/** Of a network on a server: the port that leads to that server, on all others. */
export interface TunnelGiven { readonly port: number }

export interface World {
  readonly resources: Table<Resource>;
  /** By key of the resource; tunnels as `Tunnel/domain/network/server`. */
  readonly given: Table<Json>;
  /** What nobody else may be given: leases as `Lease/domain/network/server`; as `Ended/domain/network/server/uid`, what is over (ended.ts). */
  readonly held: Table<Json>;
  readonly counters: ReadonlyMap<string, number>;
}

export const EMPTY_WORLD: World = { resources: Table.empty, given: Table.empty, held: Table.empty, counters: new Map() };

export function worldOf(snapshot: Snapshot): World {
  return changed(EMPTY_WORLD, snapshot.values, []);
}

export function applyChangeSet(world: World, changeSet: ChangeSet, revision: number): World {
  return changed(world, changeSet.puts.map(put => ({ ...put, revision })), changeSet.deletes);
}

/** What stays as it is is shared: a zone has many rows, a change few. */
function changed(world: World, puts: Snapshot['values'], deletes: readonly string[]): World {
  const resources: [string, Resource][] = [], given: [string, Json][] = [], held: [string, Json][] = [], counted: [string, number][] = [];
  for (const { key, value, revision } of puts) {
    const [table, name] = split(key);
    if (table === 'resource') {
      const resource = value as unknown as Resource;
      resources.push([name, { ...resource, metadata: { ...resource.metadata, revision } } as Resource]);
    } else if (table === 'given') given.push([name, value]);
    else if (table === 'held') held.push([name, value]);
    else counted.push([name, Number(value)]);
  }
  const gone = deletes.map(split);
  const of = (table: string): string[] => gone.flatMap(([t, name]) => t === table ? name : []);
  const counters = counted.length === 0 && of('counter').length === 0 ? world.counters : new Map([...world.counters, ...counted]);
  for (const name of of('counter')) (counters as Map<string, number>).delete(name);
  return { resources: world.resources.changed(resources, of('resource')), given: world.given.changed(given, of('given')), held: world.held.changed(held, of('held')), counters };
}

function split(key: string): [string, string] {
  const colon = key.indexOf(':');
  return [key.slice(0, colon), key.slice(colon + 1)];
}

/** `path`: the name, or `domain/name`. */
const givenOf = <Given>(kind: string) => (world: World, path: string): Given | undefined => world.given.get(`${kind}/${path}`) as unknown as Given | undefined;

export const domainGiven = givenOf<DomainGiven>('Domain');
export const networkGiven = givenOf<NetworkGiven>('Network');
export const routerGiven = givenOf<RouterGiven>('Router');
export const natGiven = givenOf<NatGiven>('Nat');
export const functionGiven = givenOf<FunctionGiven>('Function');
export const gatewayGiven = givenOf<GatewayGiven>('Gateway');
export const endpointGiven = givenOf<EndpointGiven>('Endpoint');
const tunnelOf = givenOf<TunnelGiven>('Tunnel');

export function tunnelGiven(world: World, network: string, server: string): TunnelGiven | undefined {
  return tunnelOf(world, `${network}/${server}`);
}

export function leaseGiven({ held }: World, network: string, server: string): LeaseGiven | undefined {
  return held.get(`Lease/${network}/${server}`) as unknown as LeaseGiven | undefined;
}

/** Of a domain: a number for each set of labels that its endpoints have had. It travels with packets, also through tunnels: 16 bits. */
interface IdentityGiven { readonly number: number; readonly labels: Labels }
export const MAX_IDENTITY = 0xffff;

export function identityKey(domain: string, labels: Labels): string {
  return `Identity/${domain}/${canonical(labels)}`;
}

export function identityGiven(world: World, domain: string, labels: Labels): IdentityGiven | undefined {
  return world.given.get(identityKey(domain, labels)) as unknown as IdentityGiven | undefined;
}

/** By number. */
export function identitiesOf(world: World, domain: string): readonly IdentityGiven[] {
  return ([...world.given.under('Identity', domain).values()] as unknown as IdentityGiven[]).sort((a, b) => a.number - b.number);
}

/** What endpoints have been given, by key, for rules about duplicates. */
export function givenAddresses(world: World): ReadonlyMap<string, Given> {
  return world.given as unknown as ReadonlyMap<string, Given>;             // asked for keys of endpoints only
}
