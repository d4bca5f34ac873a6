// What a resource names that has to be there, and the groups that it means: read by the rules (validate.ts), and by who deletes many at once.

import type { Labels } from './labels.ts';
import { keyOf, keyOfRef, type Ref, type Resource } from './resource.ts';

/** `path`: where it says so. */
export interface Reference extends Ref { readonly path: readonly (string | number)[] }

export function referencesOf(resource: Resource): readonly Reference[] {
  const domain = 'domain' in resource.metadata ? resource.metadata.domain : undefined;
  return domain === undefined ? named(resource) : [{ kind: 'Domain', name: domain, path: ['metadata', 'domain'] }, ...named(resource, domain)];
}

function named(resource: Resource, domain?: string): readonly Reference[] {
  const all = (kind: Ref['kind'], names: readonly string[] | undefined, path: readonly string[], within?: string): Reference[] => (names ?? []).map((name, i) => ({ kind, domain: within, name, path: [...path, i] }));
  switch (resource.kind) {
    case 'Domain': return all('Server', resource.spec?.servers, ['spec', 'servers']);
    case 'Endpoint': return [{ kind: 'Network', domain, name: resource.spec.network, path: ['spec', 'network'] }, { kind: 'Server', name: resource.spec.server, path: ['spec', 'server'] }];
    case 'Router': {
      const { networks, uplink } = resource.spec;
      return [...all('Network', networks, ['spec', 'networks'], domain), ...uplink ? [{ kind: 'Gateway' as const, name: uplink.gateway, path: ['spec', 'uplink', 'gateway'] }] : []];
    }
    case 'Gateway': return all('Server', resource.spec.servers, ['spec', 'servers']);
    case 'Nat': {
      const { router, masquerade = [], forward = [], oneToOne = [] } = resource.spec;
      const endpoint = (name: string | undefined, path: Reference['path']): Reference[] => name === undefined ? [] : [{ kind: 'Endpoint', domain, name, path }];
      return [
        { kind: 'Router', domain, name: router, path: ['spec', 'router'] },
        ...masquerade.map(({ from }, i): Reference => ({ kind: 'Network', domain, name: from.network, path: ['spec', 'masquerade', i, 'from', 'network'] })),
        ...forward.flatMap(({ to }, i) => endpoint(to.endpoint, ['spec', 'forward', i, 'to', 'endpoint'])),
        ...oneToOne.flatMap((one, i) => endpoint(one.endpoint, ['spec', 'oneToOne', i, 'endpoint'])),
      ];
    }
    case 'Dns': return all('Network', resource.spec.networks, ['spec', 'networks'], domain);
    case 'Function': {
      const { module, on } = resource.spec;
      return [{ kind: 'Module', name: module, path: ['spec', 'module'] }, ...on.network === undefined ? [] : [{ kind: 'Network' as const, domain, name: on.network, path: ['spec', 'on', 'network'] }]];
    }
    case 'RoleBinding': return [...all('User', resource.spec.users, ['spec', 'users']), ...all('Domain', resource.spec.domains, ['spec', 'domains'])];
    case 'Network': case 'Policy': case 'Server': case 'Module': case 'User': case 'JoinToken': return [];
  }
}

export interface Group { readonly group: Labels; readonly path: readonly (string | number)[] }

/** Of endpoints in its domain, by labels that networks grant, and people. */
export function groupsOf(resource: Resource): readonly Group[] {
  if (resource.kind !== 'Policy' && resource.kind !== 'Dns') return [];
  const group = (labels: Labels | undefined, ...path: readonly (string | number)[]): Group[] => labels === undefined ? [] : [{ group: labels, path: ['spec', ...path] }];
  if (resource.kind === 'Dns') return (resource.spec.services ?? []).flatMap(({ of }, i) => group(of, 'services', i, 'of'));
  const { group: own, ingress = [], egress = [] } = resource.spec;
  return [...group(own, 'group'), ...ingress.flatMap((rule, i) => group(rule.from, 'ingress', i, 'from')), ...egress.flatMap((rule, i) => group(rule.to, 'egress', i, 'to'))];
}

/** Each may be deleted in its turn: who uses another comes before it. Of kinds, none uses itself by way of others, so this ends. */
export function usersFirst(resources: readonly Resource[]): readonly Resource[] {
  const byKey = new Map(resources.map(r => [keyOf(r), r]));
  const labelled = Map.groupBy(resources.filter(r => r.kind === 'Network' || r.kind === 'Endpoint'), r => r.metadata.domain);
  const depths = new Map<Resource, number>();
  const depthOf = (resource: Resource): number => {
    const known = depths.get(resource);
    if (known !== undefined) return known;
    const labels = groupsOf(resource).length > 0 && 'domain' in resource.metadata ? labelled.get(resource.metadata.domain) ?? [] : [];
    const used = [...referencesOf(resource).flatMap(ref => byKey.get(keyOfRef(ref)) ?? []), ...labels];
    const depth = used.reduce((most, other) => Math.max(most, 1 + depthOf(other)), 0);
    depths.set(resource, depth);
    return depth;
  };
  return [...resources].sort((a, b) => depthOf(b) - depthOf(a));
}
