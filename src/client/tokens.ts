// Tokens as they are made: shown once to whoever asked, and stored as hashes. Who may make them is the Director's matter.

import { randomBytes } from 'node:crypto';
import { hashOf } from '../model/trust.ts';
import type { DirectorClient } from './director.ts';

const SECRET_BYTES = 32;

/** Of a person or a program. */
export function newUserToken(): string {
  return `iovt-${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** By which one visor joins: `server`, or any that is not known. It names the authority that the visor is to trust. `expires`: ISO 8601. @throws Refused, Unreachable */
export async function createJoinToken(director: DirectorClient, { server, expires }: { readonly server?: string | undefined; readonly expires: string }): Promise<string> {
  const { fingerprints: [fingerprint] } = await director.authorities();
  const token = `iovj-${randomBytes(SECRET_BYTES).toString('base64url')}.${fingerprint}`;
  const sha256 = hashOf(token);
  await director.create({ apiVersion: 'iovisor/v1', kind: 'JoinToken', metadata: { name: `join-${sha256.slice(0, 12)}` }, spec: { sha256, expires, ...server === undefined ? {} : { server } } });
  return token;
}
