// The resources people write: kinds, schemas and names. The schemas are the single source of validation, OpenAPI and types.
// What a resource means on a server is plan.ts; rules between resources are validate.ts.

import { z } from 'zod';
import { isV6 } from './address.ts';
import { DEFAULT_FAILOVER_SECONDS, MAX_ADDRESSES, MAX_DHCP_DNS, MAX_DHCP_ROUTES, MAX_DNS_ADDRESSES, MAX_DNS_RECORDS, MAX_DNS_SERVICES, MAX_DNS_UPSTREAMS, MAX_FORWARDS, MAX_GATEWAY_SERVERS, MAX_LEASES, MAX_ONE_TO_ONE, MAX_ROUTER_NETWORKS, MAX_ROUTES, MAX_RULE_PORTS, MAX_SUBNETS, MAX_VIA, MIN_FAILOVER_SECONDS, MAX_VLAN, address, address4, addressOrPrefix, addressWithLength, device, domainName, hostNames, labels, mac, mtu, name, prefix, prefix4, serviceName, subnet, upstream, vni } from './fields.ts';
import { functionSchema, moduleSchema } from './functions.ts';
import { apiVersion, domainMetadata, status, zoneMetadata } from './metadata.ts';
import { connectionsSchema, policySchema } from './policy.ts';
import { FORWARD_HINT, parseForward } from './ports.ts';
import { joinTokenSchema, roleBindingSchema, sha256, userSchema } from './trust.ts';

const domainSchema = z.strictObject({
  apiVersion, kind: z.literal('Domain'), metadata: zoneMetadata,
  spec: z.strictObject({
    servers: z.array(name).min(1).optional().meta({ description: 'whose visors may make endpoints here; absent: all' }),
  }).optional(),
  status,
}).meta({ id: 'Domain', description: "One tenant's network. Addresses of two domains may overlap; nothing passes between them." });

const networkSchema = z.strictObject({
  apiVersion, kind: z.literal('Network'), metadata: domainMetadata,
  spec: z.strictObject({
    subnets: z.array(subnet).max(MAX_SUBNETS).default([]),
    vni: vni.optional(),
    mtu: mtu.optional(),
    antiSpoof: z.boolean().optional().meta({ description: 'false: endpoints may speak from any address, as routers, VPNs and balancers do; absent: from their own alone' }),
    dhcp: z.strictObject({
      dns: z.array(address).refine(all => [true, false].every(six => all.filter(a => isV6(a) === six).length <= MAX_DHCP_DNS), `has more than ${MAX_DHCP_DNS} addresses of a family`).optional()
        .meta({ description: 'resolvers, of each family three at most' }),
      domain: domainName.optional(),
      leaseSeconds: z.int().min(60).max(0xffff_ffff).optional().meta({ description: '86400 if absent' }),
      routes: z.array(z.strictObject({ to: prefix4, via: address4 })).max(MAX_DHCP_ROUTES).optional()
        .meta({ description: 'IPv4 routes that endpoints are told of beside the one by the router (RFC 3442)' }),
    }).optional().meta({ description: 'present: endpoints get their first address of each family by DHCP, IPv4 with router, MTU and their own name' }),
    connections: connectionsSchema,
    attach: z.strictObject({
      grant: labels.default({}).meta({ description: 'labels that every endpoint of the network carries' }),
      leases: z.int().min(0).max(MAX_LEASES).optional().meta({ description: 'so many workloads may come on each of its servers while the Director is away, with addresses that are leased to the server: a quarter of a subnet at most, for all servers together; 8 if absent' }),
    }).optional(),
  }),
  status,
}).meta({ id: 'Network', description: 'One Ethernet segment, on as many servers as have endpoints in it.' });

export const endpointSchema = z.strictObject({
  apiVersion, kind: z.literal('Endpoint'), metadata: domainMetadata,
  spec: z.strictObject({
    network: name,
    server: name,
    mac: mac.optional(),
    addresses: z.array(address).max(MAX_ADDRESSES).optional().meta({ description: 'absent: one is allocated of every subnet' }),
    ephemeral: z.literal(true).optional().meta({ description: 'made for a workload: its visor deletes it with the workload' }),
    lease: z.string().max(64).optional().meta({ description: 'uid of what was leased to its server, and it was born as while the Director was away: its visor says so' }),
    device: device.optional().meta({ description: 'unmanaged: the machines behind a device of the server, which are learned; without it, a workload attaches' }),
    vlan: z.int().min(1).max(MAX_VLAN).optional().meta({ description: 'their 802.1Q network at that device; absent: what has no tag' }),
  }).superRefine(({ device, vlan, mac, addresses, ephemeral, lease }, ctx) => {
    if (lease !== undefined && ephemeral === undefined) ctx.addIssue({ code: 'custom', path: ['lease'], message: "is said by visors, of what they give birth to: leave it out" });
    if (device === undefined && vlan !== undefined) ctx.addIssue({ code: 'custom', path: ['vlan'], message: "is a network of a device: name that in 'device'" });
    if (device !== undefined && (mac ?? addresses ?? ephemeral) !== undefined) ctx.addIssue({ code: 'custom', path: ['device'], message: "is not there together with 'mac', 'addresses' or 'ephemeral': machines behind a device have their own" });
  }),
  status,
}).meta({ id: 'Endpoint', description: 'Where a workload is attached, mostly made by `iov endpoint attach` on its server; or, with `device`, an unmanaged segment that the network goes on into.' });

const routerSchema = z.strictObject({
  apiVersion, kind: z.literal('Router'), metadata: domainMetadata,
  spec: z.strictObject({
    networks: z.array(name).min(1).max(MAX_ROUTER_NETWORKS).meta({ description: 'networks that it joins' }),
    addresses: z.record(name, z.array(address).min(1).max(MAX_ADDRESSES)).optional().meta({ description: 'by network, what the router has there; absent: the first address of every subnet' }),
    routes: z.array(z.strictObject({
      to: prefix,
      via: z.array(address).min(1).max(MAX_VIA).optional().meta({ description: 'addresses of endpoints in its networks, or of machines beside its gateway, which share the flows' }),
      blackhole: z.literal(true).optional().meta({ description: 'packets are dropped, and nobody is told' }),
    }).refine(r => (r.via === undefined) !== (r.blackhole === undefined), "needs 'via', or 'blackhole: true', and not both")).max(MAX_ROUTES).optional()
      .meta({ description: 'by the longest prefix; endpoints of its networks come first' }),
    uplink: z.strictObject({
      gateway: name,
      addresses: z.array(address).min(1).max(MAX_ADDRESSES).optional().meta({ description: 'which of the gateway it has; absent: all' }),
    }).optional().meta({ description: 'the way out of the zone' }),
  }),
  status,
}).meta({ id: 'Router', description: 'Joins networks of a domain: their endpoints reach each other by IP. It is on every server that has one of them.' });

const serverSchema = z.strictObject({
  apiVersion, kind: z.literal('Server'), metadata: zoneMetadata,
  spec: z.strictObject({
    underlay: address.meta({ description: 'address of this server that the other servers send tunnelled packets to' }),
    mtu: mtu.optional().meta({ description: 'of the underlay; 1500 if absent' }),
    keys: z.array(sha256).max(4).optional().meta({ description: 'hashes of the public keys of its visor, which joining sets; left out of a write, they stay; []: revoked, it is cut off' }),
  }),
  status,
}).meta({ id: 'Server', description: 'A machine that runs a visor.' });

const gatewaySchema = z.strictObject({
  apiVersion, kind: z.literal('Gateway'), metadata: zoneMetadata,
  spec: z.strictObject({
    servers: z.array(name).min(1).max(MAX_GATEWAY_SERVERS).refine(all => new Set(all).size === all.length, 'names a server twice').meta({ description: 'by which packets leave and enter the zone, each by its own device of that name; several share the addresses' }),
    device,
    addresses: z.array(addressWithLength).min(1).max(MAX_ADDRESSES).meta({ description: 'the gateway has them alone: they are answered for at the device, and must not be on it' }),
    failoverSeconds: z.int().min(MIN_FAILOVER_SECONDS).max(3600).optional().meta({ description: `a server whose visor was not heard for so long is replaced by another of them; ${DEFAULT_FAILOVER_SECONDS} if absent` }),
    mtu: mtu.optional().meta({ description: 'of the device; 1500 if absent' }),
    nextHop: z.array(address).min(1).max(2).meta({ description: 'where what leaves goes, one of each family (IPv6: also fe80::…); the servers need addresses of their own in its subnet. What is in the subnet itself is sent there directly' }),
  }),
  status,
}).meta({ id: 'Gateway', description: 'A way out of the zone, by a device that servers have anyway. Routers use it.' });

const natSchema = z.strictObject({
  apiVersion, kind: z.literal('Nat'), metadata: domainMetadata,
  spec: z.strictObject({
    router: name.meta({ description: 'a router with an uplink' }),
    address: address.optional().meta({ description: 'of the router at its gateway; absent: its first IPv4 address' }),
    oneToOne: z.array(z.strictObject({
      endpoint: name.optional(), inside: addressOrPrefix.optional(), outside: addressOrPrefix,
    }).refine(one => (one.endpoint === undefined) !== (one.inside === undefined), "needs 'endpoint', or 'inside', and not both")).max(MAX_ONE_TO_ONE).optional()
      .meta({ description: 'an endpoint, or a prefix of its networks, that has an address or prefix of its own outside, IPv4 or IPv6, all ports and both ways' }),
    masquerade: z.array(z.strictObject({ from: z.strictObject({ network: name }) })).max(MAX_ROUTER_NETWORKS).optional()
      .meta({ description: 'IPv4 networks that go out by that address; others are routed as they are' }),
    forward: z.array(z.strictObject({
      to: z.strictObject({ endpoint: name.optional(), address: address.optional() })
        .refine(to => (to.endpoint === undefined) !== (to.address === undefined), "is either {endpoint: NAME} or {address: IPv4}")
        .refine(to => to.address === undefined || !isV6(to.address), 'is an IPv6 address, and translation is of IPv4'),
      ports: z.array(z.string().refine(t => parseForward(t) !== undefined, FORWARD_HINT)).min(1).max(MAX_RULE_PORTS),
    })).max(MAX_FORWARDS).optional().meta({ description: 'ports of that address that lead to endpoints: tcp/8080:80' }),
  }),
  status,
}).meta({ id: 'Nat', description: "Translates between a router's networks and its address at a gateway." });

const dnsSchema = z.strictObject({
  apiVersion, kind: z.literal('Dns'), metadata: domainMetadata,
  spec: z.strictObject({
    zone: domainName.meta({ description: 'the names below it are those of the domain: ENDPOINT.NETWORK.ZONE, 7 labels at most' }),
    networks: z.array(name).min(1).optional().meta({ description: 'whose endpoints may ask; absent: all of the domain that have subnets' }),
    ttlSeconds: z.int().min(1).max(86_400).default(60).meta({ description: 'for how long an answer may be kept' }),
    records: z.array(z.strictObject({ name: hostNames, addresses: z.array(address).min(1).max(MAX_DNS_ADDRESSES) })).max(MAX_DNS_RECORDS).optional()
      .meta({ description: 'names besides those of endpoints' }),
    services: z.array(z.strictObject({
      name: serviceName,
      of: labels.meta({ description: 'the endpoints that offer it: those with all of these labels' }),
      port: z.int().min(1).max(65_535),
      priority: z.int().min(0).max(65_535).default(0), weight: z.int().min(0).max(65_535).default(0),
    })).max(MAX_DNS_SERVICES).optional().meta({ description: 'SRV records: where a service is offered' }),
    upstreams: z.array(upstream).min(1).max(MAX_DNS_UPSTREAMS).optional()
      .meta({ description: "resolvers for all other names, which the endpoint's server asks from its own network, in this order; absent: such questions are refused" }),
  }),
  status,
}).meta({ id: 'Dns', description: 'Names of a domain: endpoints ask the first address of their network, or that of its router there.' });

export const resourceSchema = z.discriminatedUnion('kind', [domainSchema, networkSchema, routerSchema, policySchema, endpointSchema, serverSchema, gatewaySchema, natSchema, dnsSchema, functionSchema, moduleSchema, userSchema, roleBindingSchema, joinTokenSchema]).meta({ id: 'Resource' });

export type Domain = z.infer<typeof domainSchema>;
export type Network = z.infer<typeof networkSchema>;
export type Router = z.infer<typeof routerSchema>;
export type Policy = z.infer<typeof policySchema>;
export type Endpoint = z.infer<typeof endpointSchema>;
export type Server = z.infer<typeof serverSchema>;
export type Gateway = z.infer<typeof gatewaySchema>;
export type Nat = z.infer<typeof natSchema>;
export type Dns = z.infer<typeof dnsSchema>;
export type NetworkFunction = z.infer<typeof functionSchema>;
export type Module = z.infer<typeof moduleSchema>;
export type User = z.infer<typeof userSchema>;
export type RoleBinding = z.infer<typeof roleBindingSchema>;
export type JoinToken = z.infer<typeof joinTokenSchema>;
export type Resource = Domain | Network | Router | Policy | Endpoint | Server | Gateway | Nat | Dns | NetworkFunction | Module | User | RoleBinding | JoinToken;
export type Kind = Resource['kind'];

interface KindInfo { readonly scope: 'zone' | 'domain'; readonly schema: z.ZodType; readonly plural: string }

export const KINDS: Readonly<Record<Kind, KindInfo>> = {
  Dns: { scope: 'domain', schema: dnsSchema, plural: 'dnses' },
  Domain: { scope: 'zone', schema: domainSchema, plural: 'domains' },
  Endpoint: { scope: 'domain', schema: endpointSchema, plural: 'endpoints' },
  Function: { scope: 'domain', schema: functionSchema, plural: 'functions' },
  Gateway: { scope: 'zone', schema: gatewaySchema, plural: 'gateways' },
  JoinToken: { scope: 'zone', schema: joinTokenSchema, plural: 'jointokens' },
  Module: { scope: 'zone', schema: moduleSchema, plural: 'modules' },
  Nat: { scope: 'domain', schema: natSchema, plural: 'nats' },
  Network: { scope: 'domain', schema: networkSchema, plural: 'networks' },
  Policy: { scope: 'domain', schema: policySchema, plural: 'policies' },
  Router: { scope: 'domain', schema: routerSchema, plural: 'routers' },
  RoleBinding: { scope: 'zone', schema: roleBindingSchema, plural: 'rolebindings' },
  Server: { scope: 'zone', schema: serverSchema, plural: 'servers' },
  User: { scope: 'zone', schema: userSchema, plural: 'users' },
};
export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

const SERVED = `this version has: ${KIND_NAMES.join(', ')}`;
/** Kinds that the language of resources has, and this version does not serve; and what is there for them. */
export const RESERVED_KINDS: Readonly<Record<string, string>> = {
  BaselinePolicy: 'use a Policy with tier: baseline', Secret: SERVED, LoadBalancer: SERVED, Peering: SERVED, Mirror: SERVED,
};

/** `network`, `networks` and `Network` name the same kind on a command line. */
export function kindNamed(text: string): Kind | undefined {
  const lower = text.toLowerCase();
  return KIND_NAMES.find(k => k.toLowerCase() === lower || KINDS[k].plural === lower);
}

/** Behind a device of the server, with machines that the Director does not know. */
export function isUnmanaged(endpoint: Endpoint): boolean {
  return endpoint.spec.device !== undefined;
}

export interface Ref { readonly kind: Kind; readonly domain?: string | undefined; readonly name: string }

/** `Network/shop/web`, `Domain/shop`: unique in a zone. */
export function keyOfRef(ref: Ref): string {
  return ref.domain === undefined ? `${ref.kind}/${ref.name}` : `${ref.kind}/${ref.domain}/${ref.name}`;
}

export function refOf(resource: Resource): Ref {
  const { metadata } = resource;
  return { kind: resource.kind, name: metadata.name, ...('domain' in metadata ? { domain: metadata.domain } : {}) };
}

export function keyOf(resource: Resource): string {
  return keyOfRef(refOf(resource));
}

/** `Network shop/web` */
export function showKey(key: string): string {
  const [kind = '', ...rest] = key.split('/');
  return `${kind} ${rest.join('/')}`;
}

/** What a person set: without revision and status, so that two can be compared. */
export function desiredOf(resource: Resource): unknown {
  const { status: _, ...rest } = resource;
  const { revision: __, ...metadata } = rest.metadata;
  return { ...rest, metadata, spec: rest.spec ?? {} };
}
