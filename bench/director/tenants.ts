// The zone of the group `director`: tenants on twenty servers each, and one domain that is on all servers.

import { MAX_APPLY } from '../../src/model/api.ts';

export const ENDPOINTS_OF_A_SERVER = 50;
/** Of a tenant, and of a network of the domain that is everywhere: one flood reaches 255 others at most. */
const SERVERS_OF_A_TENANT = 20, SERVERS_OF_A_WIDE_NETWORK = 200;
const WIDE = 'wide';

interface Tenants { readonly resources: readonly (readonly unknown[])[]; readonly visors: readonly { readonly server: string; readonly endpoints: readonly string[] }[] }

/** In portions that one apply takes. */
export function tenants(servers: number): Tenants {
  const resources: unknown[] = [resource('Domain', WIDE), policy(22)];
  const endpoints: unknown[] = [];
  const visors = Array.from({ length: servers }, (_, n) => {
    const server = `s${n}`, tenant = `t${Math.floor(n / SERVERS_OF_A_TENANT)}`, wide = `w${Math.floor(n / SERVERS_OF_A_WIDE_NETWORK)}`;
    resources.push(resource('Server', server, { underlay: `10.255.${n >> 8}.${n & 255}` }));
    if (n % SERVERS_OF_A_TENANT === 0) resources.push(resource('Domain', tenant), resource('Network', 'lan', { subnets: ['10.0.0.0/21'] }, tenant), resource('Policy', 'p', { group: {}, ingress: [{ ports: ['tcp/22'] }] }, tenant));
    if (n % SERVERS_OF_A_WIDE_NETWORK === 0) resources.push(resource('Network', wide, { subnets: [`10.${Math.floor(n / SERVERS_OF_A_WIDE_NETWORK)}.0.0/24`] }, WIDE));
    const names = [`${WIDE}/${server}`, ...Array.from({ length: ENDPOINTS_OF_A_SERVER - 1 }, (_, i) => `${tenant}/${server}-${i}`)];
    for (const name of names) endpoints.push(endpoint(name, server, name.startsWith(`${WIDE}/`) ? wide : 'lan'));
    return { server, endpoints: names };
  });
  const all = [...resources, ...endpoints];
  return { visors, resources: Array.from({ length: Math.ceil(all.length / MAX_APPLY) }, (_, i) => all.slice(i * MAX_APPLY, (i + 1) * MAX_APPLY)) };
}

/** Of the domain that is everywhere: every server's plan has it. */
export function policy(port: number): unknown {
  return resource('Policy', 'p', { group: {}, ingress: [{ ports: [`tcp/${port}`] }] }, WIDE);
}

export function endpoint(path: string, server: string, network: string): unknown {
  const [domain, name] = path.split('/') as [string, string];
  return resource('Endpoint', name, { network, server }, domain);
}

function resource(kind: string, name: string, spec?: object, domain?: string): unknown {
  return { apiVersion: 'iovisor/v1', kind, metadata: { name, ...domain !== undefined && { domain } }, ...spec && { spec } };
}
