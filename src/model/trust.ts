// The kinds of resources about who may do what: people, their roles, and the tokens by which visors join. Secrets are not in them: hashes are.

import { sha256 as digest } from '@noble/hashes/sha2.js';
import { z } from 'zod';
import { MAX_ROUTER_NETWORKS, name } from './fields.ts';
import type { JoinToken, Resource, RoleBinding, Server, User } from './resource.ts';
import { apiVersion, status, zoneMetadata } from './metadata.ts';

export const ROLES = ['admin', 'editor', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

const MAX_TOKENS = 16;
const MAX_BOUND = 256;

/** SHA-256, as 64 hexadecimal digits. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256: 64 hexadecimal digits');
const expires = z.iso.datetime({ error: 'is not a time, such as 2027-01-31T12:00:00Z' });

export const userSchema = z.strictObject({
  apiVersion, kind: z.literal('User'), metadata: zoneMetadata,
  spec: z.strictObject({
    tokens: z.array(z.strictObject({ sha256, expires: expires.optional() })).max(MAX_TOKENS).optional().meta({ description: 'hashes of the tokens of this user; `iov token create` adds one; left out of a write, they stay' }),
  }).optional(),
  status,
}).meta({ id: 'User', description: 'A person or a program that uses the API. What it may do, role bindings say.' });

export const roleBindingSchema = z.strictObject({
  apiVersion, kind: z.literal('RoleBinding'), metadata: zoneMetadata,
  spec: z.strictObject({
    role: z.enum(ROLES).meta({ description: 'viewer: reads; editor: changes what is in domains; admin: everything, of the zone too' }),
    users: z.array(name).min(1).max(MAX_BOUND),
    domains: z.array(name).min(1).max(MAX_ROUTER_NETWORKS).optional().meta({ description: 'absent: all domains, and for viewers the zone' }),
  }).refine(s => s.role !== 'admin' || s.domains === undefined, "an admin is one of the whole zone: remove 'domains', or make it an editor"),
  status,
}).meta({ id: 'RoleBinding', description: 'Gives users a role, in some domains or in all.' });

export const joinTokenSchema = z.strictObject({
  apiVersion, kind: z.literal('JoinToken'), metadata: zoneMetadata,
  spec: z.strictObject({
    sha256: sha256.meta({ description: 'of the token' }),
    server: name.optional().meta({ description: 'the only one that may join by it; absent: any that is not yet known' }),
    expires,
  }),
  status,
}).meta({ id: 'JoinToken', description: 'Lets one visor join, once. `iov server token` makes one; joining deletes it.' });

export function isOfTrust(resource: Resource): resource is User | RoleBinding | JoinToken {
  return isKindOfTrust(resource.kind);
}

export function isKindOfTrust(kind: string): boolean {
  return kind === 'User' || kind === 'RoleBinding' || kind === 'JoinToken';
}

/** It was known, and is not any more; a server that never joined has no keys at all. */
export function isRevoked(server: Server): boolean {
  return server.spec.keys?.length === 0;
}

/** SHA-256 as hexadecimal digits: of a token's text, or of a public key (SubjectPublicKeyInfo, DER). */
export function hashOf(what: string | Uint8Array): string {
  return Array.from(digest(typeof what === 'string' ? new TextEncoder().encode(what) : what), b => b.toString(16).padStart(2, '0')).join('');
}

/** Of a server by its name; one that there is not is not cut off. */
export function isCutOff(resources: ReadonlyMap<string, Resource>, server: string): boolean {
  const found = resources.get(`Server/${server}`);
  return found?.kind === 'Server' && isRevoked(found);
}

/** What is signed when an image is let in. */
export function signedText(imageHash: string): string {
  return `iovisor image ${imageHash}`;
}

/** Headers of an image: the signature, and the certificate of its key; both base64, of the PEM's text. */
export const SIGNATURE_HEADER = 'iovisor-signature';
export const SIGNER_HEADER = 'iovisor-signer';
