// The kinds of resources about modules of the users' own: what was admitted, and where it is placed.

import { z } from 'zod';
import { isIn, labelsOf } from './labels.ts';
import { labels, name } from './fields.ts';
import { apiVersion, domainMetadata, status, zoneMetadata } from './metadata.ts';
import { sha256 } from './trust.ts';
import type { NetworkFunction, Resource } from './resource.ts';
import { resourcesOf } from './resources-of.ts';

export const MAX_SOURCES = 64;
/** A source, and an image as text: together they stay within what one change of a store may be. */
export const MAX_SOURCE_BYTES = 256 << 10;
export const MAX_IMAGE_BYTES = 640 << 10;
const MAX_ORDER = 1000;

const moduleName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?@[1-9]\d{0,8}$/, 'is not a module: name@version, such as knock@1').meta({ description: 'name@version' });

export const moduleSchema = z.strictObject({
  apiVersion, kind: z.literal('Module'), metadata: zoneMetadata.extend({ name: moduleName }),
  spec: z.strictObject({
    entry: z.string().max(256),
    sources: z.record(z.string().max(256), z.string().max(MAX_SOURCE_BYTES)).meta({ description: 'by path' }),
    imageHash: sha256,
    image: z.string().max(MAX_IMAGE_BYTES).meta({ description: 'what was compiled of them at admission' }),
    type: z.enum(['module', 'filter', 'xdp']),
    placement: z.enum(['endpoint', 'origin', 'gateway']).optional(),
    keyed: z.array(z.string()).meta({ description: 'exported maps whose contents are entries by key' }),
    exports: z.array(z.strictObject({ name: z.string(), kind: z.string() })),
    signature: z.string().max(1024).optional().meta({ description: "of the image's hash, by the zone's authority" }),
  }),
  status,
}).meta({ id: 'Module', description: 'A module that `iov module push` brought, as it was admitted: it never changes. A Function places it.' });

export const functionSchema = z.strictObject({
  apiVersion, kind: z.literal('Function'), metadata: domainMetadata,
  spec: z.strictObject({
    module: moduleName,
    on: z.strictObject({
      network: name.optional().meta({ description: 'all of its endpoints' }),
      group: labels.optional().meta({ description: 'endpoints with all of these labels: a network has all of its endpoints in the group, or none' }),
    }).refine(on => (on.network === undefined) !== (on.group === undefined), 'is either {network: NAME} or {group: {label: value}}'),
    order: z.int().min(0).max(MAX_ORDER).default(0).meta({ description: 'among functions of one network: the lowest is nearest to the endpoint' }),
    config: z.record(z.string(), z.unknown()).optional().meta({ description: 'by exported name: fields of config, entries [key, value] of maps; absent ones are as the module has them' }),
    canarySeconds: z.int().min(0).max(86_400).optional().meta({ description: 'for how long another version of the module stands on one server before it goes to the others; it goes back if it does not load, or drops much more than before. 30 if absent; 0: to all at once' }),
  }),
  status,
}).meta({ id: 'Function', description: "Places a module around a network's endpoints: before policies, behind DHCP and DNS." });

/** By network, `domain/name`: the nearest to the endpoints first. */
export function functionsOf(resources: ReadonlyMap<string, Resource>, domain?: string): ReadonlyMap<string, readonly NetworkFunction[]> {
  const found = new Map<string, NetworkFunction[]>();
  for (const r of resourcesOf(resources, 'Function', domain)) {
    for (const network of networksOf(resources, r)) found.set(network, [...found.get(network) ?? [], r]);
  }
  for (const functions of found.values()) functions.sort((a, b) => a.spec.order - b.spec.order || (a.metadata.name < b.metadata.name ? -1 : 1));
  return found;
}

function networksOf(resources: ReadonlyMap<string, Resource>, { metadata: { domain }, spec: { on } }: NetworkFunction): readonly string[] {
  if (on.network !== undefined) return [`${domain}/${on.network}`];
  return [...new Set(resourcesOf(resources, 'Endpoint', domain).filter(e => isIn(on.group!, labelsOf(resources, e))).map(e => `${domain}/${e.spec.network}`))].sort();
}

/** Of one network, some in the group and some not: where the function would meet those it is not for. */
export function mixedIn(resources: ReadonlyMap<string, Resource>, { metadata: { domain }, spec: { on } }: NetworkFunction): { readonly network: string; readonly inside: string; readonly outside: string } | undefined {
  if (on.group === undefined) return undefined;
  const inside = new Map<string, string>(), outside = new Map<string, string>();
  for (const e of resourcesOf(resources, 'Endpoint', domain)) (isIn(on.group, labelsOf(resources, e)) ? inside : outside).set(e.spec.network, e.metadata.name);
  for (const [network, name] of inside) if (outside.has(network)) return { network, inside: name, outside: outside.get(network)! };
  return undefined;
}
