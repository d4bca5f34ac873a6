// Resources with their status, as people see them: what was allocated, and what visors say they have. Nothing here decides.

import type { ZoneDrops } from '../../model/api.ts';
import { indexBy } from '../../model/index-by.ts';
import type { ObjectStatus, VisorStatus } from '../../model/status.ts';
import { isIn, labelsOf } from '../../model/labels.ts';
import { isUnmanaged, keyOf, type NetworkFunction, type Resource } from '../../model/resource.ts';
import { uplinkOf } from '../../model/uplinks.ts';
import { isRevoked } from '../../model/trust.ts';
import { rolesOf } from './rights.ts';
import { AWAY_AFTER_MS } from './ended.ts';
import { heldIn } from './held.ts';
import { appliedOf, type DirectorState } from './step.ts';
import { standingOf, stateOf } from './standing.ts';
import { reachOf } from './topology.ts';
import { interfacesOf } from '../../model/interfaces.ts';
import { domainGiven, endpointGiven, functionGiven, gatewayGiven, natGiven, networkGiven, routerGiven } from './world.ts';
import { resourcesOf } from '../../model/resources-of.ts';
import { nameOf, networkPath, pathOf } from '../../model/path.ts';

/** A list of endpoints asks for each of them. */
const NONE: VisorStatus['endpoints'] = [];
const byUid = indexBy<ObjectStatus>(e => e.uid), byName = indexBy<ObjectStatus>(e => e.name);

export function view(state: DirectorState, resource: Resource, wallMs: number): Resource {
  return { ...resource, status: statusOf(state, resource, wallMs) };
}

function statusOf(state: DirectorState, resource: Resource, wallMs: number): Record<string, unknown> {
  const { world } = state;
  switch (resource.kind) {
    case 'Domain': {
      const { name } = resource.metadata;
      return { number: domainGiven(world, name)?.number, networks: world.resources.under('Network', name).size, endpoints: world.resources.under('Endpoint', name).size };
    }
    case 'Network': {
      const path = pathOf(resource);
      const given = networkGiven(world, path);
      const endpoints = resourcesOf(world.resources, 'Endpoint', resource.metadata.domain).filter(r => r.spec.network === resource.metadata.name);
      return { number: given?.number, uid: given?.uid, vni: given?.vni, endpoints: endpoints.length, servers: reachOf(state.built.topology, path), router: state.built.topology.routerOf.get(path), leases: leasesOf(state, path) };
    }
    case 'Module': return { functions: resourcesOf(world.resources, 'Function').filter(r => r.spec.module === resource.metadata.name).map(r => keyOf(r).slice('Function/'.length)).sort() };
    case 'Function': return functionStatus(state, resource, wallMs);
    case 'User': return { roles: rolesOf(world.resources, resource.metadata.name) };
    case 'RoleBinding': return {};
    case 'JoinToken': return { state: Date.parse(resource.spec.expires) > wallMs ? 'ready' : 'expired' };
    case 'Policy': {
      const group = resourcesOf(world.resources, 'Endpoint', resource.metadata.domain).filter(r => isIn(resource.spec.group, labelsOf(world.resources, r)));
      return { endpoints: group.length };
    }
    case 'Gateway': {
      const given = gatewayGiven(world, resource.metadata.name);
      const servers = resource.spec.servers.map(server => {
        const heard = state.statuses.get(server);
        const block = given?.blocks.find(b => b.server === server);
        const isOut = given?.away?.includes(server) === true;
        return { server, state: heard === undefined ? 'never heard' : wallMs - heard.heardMs > AWAY_AFTER_MS ? 'away' : 'ready', ...block && { ports: `${block.first}-${block.first + block.count - 1}` }, ...isOut && { replaced: true } };
      });
      const one = servers.find(s => s.state === 'ready') ?? servers[0]!;
      const routers = resourcesOf(world.resources, 'Router').filter(r => r.spec.uplink?.gateway === resource.metadata.name);
      return { routers: routers.map(r => keyOf(r).slice('Router/'.length)).sort(), state: one.state, servers };
    }
    case 'Nat': {
      const router = world.resources.get(`Router/${resource.metadata.domain}/${resource.spec.router}`);
      const uplink = router?.kind === 'Router' ? uplinkOf(world.resources, router) : undefined;
      const given = natGiven(world, pathOf(resource));
      const standing = standingOf(state, new Set(given && [given.uid]), uplink?.servers ?? [], wallMs);
      return { ...given, address: uplink?.natAddress, servers: uplink?.servers, ...stateOf(standing) };
    }
    case 'Dns': {
      const networks = [...state.built.topology.dnsOf].filter(([, dns]) => keyOf(dns) === keyOf(resource)).map(([network]) => network).sort();
      const elements = networks.flatMap(network => state.built.elements.get(`Dns/${network}`)?.section ?? []);
      const sections = elements.flatMap(e => e.resolver ?? []);
      const standing = standingOf(state, new Set(elements.map(e => e.element.uid)), [...new Set(networks.flatMap(n => reachOf(state.built.topology, n)))].sort(), wallMs);
      return { ...stateOf(standing), networks: networks.map(n => nameOf(n)), servers: [...new Set(sections.flatMap(s => s.server.addresses))].sort(), names: sections[0]?.zone.hosts.length ?? 0 };
    }
    case 'Router': {
      const given = routerGiven(world, pathOf(resource));
      return { number: given?.number, uid: given?.uid, mac: given?.mac, interfaces: interfacesOf(world.resources, resource), servers: reachOf(state.built.topology, `${resource.metadata.domain}/${resource.spec.networks[0]}`) };
    }
    case 'Endpoint': {
      const path = pathOf(resource);
      const given = endpointGiven(world, path);
      const heard = state.statuses.get(resource.spec.server);
      // What is behind a device is wired with the network's element.
      const said = isUnmanaged(resource) ? byName(heard?.status.elements ?? NONE).get(`Network/${networkPath(resource)}`) : byUid(heard?.status.endpoints ?? NONE).get(given?.uid ?? '');
      const own = isUnmanaged(resource) ? given && { id: given.id, uid: given.uid, port: given.port } : given;
      const away = heard === undefined || wallMs - heard.heardMs > AWAY_AFTER_MS;
      return {
        ...own, labels: labelsOf(world.resources, resource),
        state: said?.state ?? 'pending',
        ...(away ? { message: `visor ${resource.spec.server} is not heard` } : said?.message === undefined ? {} : { message: said.message }),
      };
    }
    case 'Server': {
      const heard = state.statuses.get(resource.metadata.name);
      if (isRevoked(resource)) return { state: 'revoked' };
      if (!heard) return { state: 'never heard' };
      const { status } = heard;
      const applied = appliedOf(state, status);
      const synced = applied?.epoch === state.epoch && applied.revision === state.revision;
      return {
        state: wallMs - heard.heardMs > AWAY_AFTER_MS ? 'away' : status.degraded.length > 0 ? 'degraded' : synced ? 'ready' : 'applying',
        heardMs: heard.heardMs, engine: status.engine, applied, endpoints: status.endpoints.filter(e => e.state === 'ready').length, degraded: status.degraded,
      };
    }
  }
}

/** By server: what workloads may be given there while no Director is. */
function leasesOf({ world }: DirectorState, network: string): Record<string, number> {
  return Object.fromEntries(heldIn(world, network).flatMap(({ kind, server, seats }) => kind === 'Lease' ? [[server, seats.length]] : []));
}

/** Drop counters of the zone, busiest first. */
export function dropsOf(state: DirectorState): ZoneDrops {
  const owners = new Map([...state.built.elements].map(([owner, { section }]) => [section.element.uid, owner]));
  const items = [...state.statuses].flatMap(([, { status }]) => status.drops.map(d => {
    const owner = d.element === undefined ? undefined : owners.get(d.element);
    return { ...d, server: status.server, ...(owner === undefined ? {} : { owner }) };
  }));
  return { items: items.sort((a, b) => b.packets - a.packets || (a.server < b.server ? -1 : 1)) };
}

/** Ready when every server that has its networks says that nothing of it is other than planned. */
function functionStatus(state: DirectorState, f: NetworkFunction, wallMs: number): Record<string, unknown> {
  const path = pathOf(f);
  const networks = state.built.topology.networksAround.get(path) ?? [];
  const servers = [...new Set(networks.flatMap(n => reachOf(state.built.topology, n)))].sort();
  const uids = new Set(Object.values(functionGiven(state.world, path)?.elements ?? {}).map(e => e.uid));
  const said = servers.map(server => ({ server, status: state.statuses.get(server)?.status }));
  const { rollout, running, refused } = functionGiven(state.world, path) ?? {};
  const bad = said.flatMap(({ server, status }) => (status?.elements ?? []).filter(e => uids.has(e.uid) && e.state === 'degraded').map(e => `${server}: ${e.message ?? 'refused'}`));
  const behind = said.filter(({ status }) => status === undefined || appliedOf(state, status)?.revision !== state.revision || status.elements.some(e => uids.has(e.uid) && e.state !== 'ready'));
  return {
    networks, servers, standing: standingOf(state, uids, servers, wallMs), state: bad.length > 0 ? 'degraded' : rollout || behind.length > 0 ? 'pending' : 'ready',
    ...rollout && { tries: { module: f.spec.module, server: rollout.canary, others: running!.module } }, ...refused && { refused },
    ...bad.length > 0 ? { message: bad.join('; ') } : rollout ? { message: `${rollout.canary} tries ${f.spec.module}; the others have ${running!.module}` } : refused ? { message: `${refused.module} was taken back: ${refused.why}` } : {},
  };
}
