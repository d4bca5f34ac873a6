// Rules about Dns: what it serves, its names, and the address that it needs where no router has one.

import { nameIn } from './dns/zone.ts';
import type { Problem } from './problem.ts';
import { keyOf, showKey, type Dns, type Endpoint, type Resource } from './resource.ts';
import { resourcesOf } from './resources-of.ts';

/** The bits by which modules/dns knows where the zone begins in a name. */
const MAX_ZONE_LABELS = 7;
const MAX_NAME_LETTERS = 253;

export function dnsProblems(resources: ReadonlyMap<string, Resource>, domain?: string): Problem[] {
  const all = [...resourcesOf(resources, 'Dns', domain)].sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
  return [...all.flatMap(dns => zoneProblems(dns, resources)), ...servedTwice(all, resources)];
}

function zoneProblems(dns: Dns, resources: ReadonlyMap<string, Resource>): Problem[] {
  const key = keyOf(dns);
  const { zone, networks = [], records = [], services = [] } = dns.spec;
  const problems: Problem[] = [];
  const labels = zone.split('.').length;
  if (labels > MAX_ZONE_LABELS) problems.push({ key, path: ['spec', 'zone'], message: `${zone} has ${labels} labels, and ${MAX_ZONE_LABELS} are the most of a zone` });
  for (const [i, name] of networks.entries()) {
    const network = resources.get(`Network/${dns.metadata.domain}/${name}`);
    if (network?.kind === 'Network' && network.spec.subnets.length === 0) problems.push({ key, path: ['spec', 'networks', i], message: `${showKey(keyOf(network))} has no subnets, so there is no address for a server` });
  }
  const long = (name: string, path: readonly (string | number)[]): void => {
    const whole = nameIn({ name: zone }, name);
    if (whole.length > MAX_NAME_LETTERS) problems.push({ key, path, message: `${whole.slice(0, 40)}… has ${whole.length} letters, and ${MAX_NAME_LETTERS} are the most of a name` });
  };
  const endpoints = new Map<string, Endpoint>();
  for (const r of resourcesOf(resources, 'Endpoint', dns.metadata.domain)) endpoints.set(`${r.metadata.name}.${r.spec.network}`, r);
  const seen = new Map<string, number>();
  for (const [i, { name }] of records.entries()) {
    const path = ['spec', 'records', i, 'name'];
    const other = seen.get(name), endpoint = endpoints.get(name);
    if (name === 'dns') problems.push({ key, path, message: `dns.${zone} is the name of the server itself` });
    if (endpoint) problems.push({ key, path, message: `${nameIn({ name: zone }, name)} is the name of ${showKey(keyOf(endpoint))}` });
    if (other !== undefined) problems.push({ key, path, message: `${nameIn({ name: zone }, name)} is at spec.records.${other} already; several addresses of one name are a list in 'addresses'` });
    else seen.set(name, i);
    long(name, path);
  }
  for (const [i, { name }] of services.entries()) long(name, ['spec', 'services', i, 'name']);
  return problems;
}

/** One server a network: its address is the one that endpoints ask. */
function servedTwice(all: readonly Dns[], resources: ReadonlyMap<string, Resource>): Problem[] {
  const owners = new Map<string, Dns>();
  return all.flatMap(dns => {
    const { domain } = dns.metadata;
    const names = dns.spec.networks ?? resourcesOf(resources, 'Network', domain).map(n => n.metadata.name);
    return names.flatMap((name, i): Problem[] => {
      const other = owners.get(`${domain}/${name}`);
      owners.set(`${domain}/${name}`, dns);
      if (!other) return [];
      const path = dns.spec.networks ? ['spec', 'networks', i] : ['spec', 'networks'];
      return [{ key: keyOf(dns), path, message: other === dns ? `network ${name} is here twice` : `Network ${domain}/${name} is served by ${showKey(keyOf(other))} already; say by 'networks' which of them serves it` }];
    }).slice(0, 1);
  });
}
