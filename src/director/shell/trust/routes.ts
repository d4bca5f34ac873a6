// Routes by which visors come to certificates: the first for a token, the next for a key that is known. A request proves that its maker holds the key.

import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { certificateRequestSchema, certificateSchema, errorSchema, type ApiError } from '../../../model/api.ts';
import { hashOf } from '../../../model/trust.ts';
import { trustIn } from '../../core/trust-index.ts';
import type { DirectorRuntime } from '../runtime.ts';
import { readRequest, type Authority } from './authority.ts';
import { only } from './guard.ts';

const MAX_REQUEST_BYTES = 16 << 10;

export function trustRoutes(plain: FastifyInstance, runtime: DirectorRuntime, authority: Authority, onRotated: () => Promise<void>): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const errors = { 400: errorSchema, 401: errorSchema, 503: errorSchema } as const;

  app.get('/v1/authorities', { schema: { operationId: 'listAuthorities', tags: ['trust'], security: [], summary: 'Certificates of the authorities of this zone; who does not know them yet compares the fingerprint with a join token', response: { 200: z.object({ pem: z.string(), fingerprints: z.array(z.string()) }) } } },
    () => ({ pem: authority.bundle, fingerprints: [...authority.fingerprints] }));

  app.post('/v1/authorities', { preParsing: only(runtime, 'admins', 'make an authority'), schema: { operationId: 'makeAuthority', tags: ['trust'], summary: 'Make the next certificate authority; the one before stays trusted until the one after', response: { 200: z.object({ fingerprints: z.array(z.string()) }), 409: errorSchema, 503: errorSchema } } }, async (request, reply) => {
    const not = await authority.rotate(async ({ newest, next }) => {
      const ordered = await runtime.write({ kind: 'act', acts: [{ key: 'Director/authority', before: { newest }, after: { newest: next } }] }, request.caller);
      return ordered.ok ? undefined : ordered.error;
    });
    if (not && 'refused' in not) return reply.code(503).send(not.refused);
    if (not) return reply.code(409).send({ error: 'conflict', message: 'not every visor has heard of the newest authority yet', cure: `make another after ${new Date(not.notBeforeMs).toISOString()}` } satisfies ApiError);
    await onRotated();
    return { fingerprints: [...authority.fingerprints] };
  });

  app.post('/v1/certificates', { bodyLimit: MAX_REQUEST_BYTES, schema: { operationId: 'signCertificate', tags: ['trust'], security: [], summary: 'A certificate for the visor of a server: for a token, or for a key that is known', body: certificateRequestSchema, response: { 200: certificateSchema, ...errors } } }, async (request, reply) => {
    const { server, csr, token, underlay } = request.body;
    const asked = await readRequest(csr);
    if (!asked) return reply.code(400).send({ error: 'bad-request', message: 'csr is not a certificate request that is signed with its key' } satisfies ApiError);
    const key = hashOf(new Uint8Array(asked.publicKey.rawData));
    if (trustIn(runtime.state.world.resources).servers.get(key)?.metadata.name !== server) {
      if (token === undefined) return reply.code(401).send({ error: 'unauthenticated', message: `this key is not known as that of Server ${server}`, cure: 'join again: iov server token NAME, then iov visor --join TOKEN' } satisfies ApiError);
      const joined = await runtime.write({ kind: 'join', server, token: hashOf(token), key, underlay }, { kind: 'nobody', name: `visor ${server}, joining` });
      if (!joined.ok) return reply.code(joined.error.error === 'unauthenticated' ? 401 : joined.error.error === 'unavailable' ? 503 : 400).send(joined.error);
    }
    const { certificate } = (await authority.sign(csr, server))!;
    return { certificate, authorities: authority.bundle };
  });
}
