// The route by which modules come in, and the one by which their images go out to visors.

import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { appliedSchema, errorSchema, pushSchema, type ApiError } from '../../../model/api.ts';
import { z } from 'zod';
import { SIGNATURE_HEADER, SIGNER_HEADER } from '../../../model/trust.ts';
import { forbidden } from '../../core/rights.ts';
import { planOf } from '../../core/step.ts';
import type { ApiParts } from '../api.ts';
import { only, refuse, rightsIn } from '../trust/guard.ts';
import { admit } from './admit.ts';
import { resourcesOf } from '../../../model/resources-of.ts';

/** One is compiled at a time; so many wait. */
const MAX_WAITING = 16;

export function moduleRoutes(plain: FastifyInstance, { runtime, images, authority }: Pick<ApiParts, 'runtime' | 'images' | 'authority'>): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const sign = authority && ((hash: string) => authority.signHash(hash));
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  app.post('/v1/modules', { preParsing: only(runtime, 'admins', 'bring modules'), schema: { operationId: 'pushModule', tags: ['modules'], summary: 'Compile a module and let it in, as the next version of its name; what is wrong with it is said with its lines', body: pushSchema, response: { 200: appliedSchema, 400: errorSchema, 413: errorSchema, 500: errorSchema, 503: errorSchema } } }, async (request, reply) => {
    const { name, ...sent } = request.body;
    if (waiting >= MAX_WAITING) return reply.code(503).send({ error: 'busy', message: `${MAX_WAITING} modules wait to be compiled`, cure: 'try again in some seconds' } satisfies ApiError);
    waiting++;
    const turn = last.then(() => admit(sent, sign)).finally(() => { waiting--; });
    last = turn.catch(() => undefined);
    const admitted = await turn;
    const code = (error: ApiError): 400 | 413 | 500 | 503 => error.error === 'too-large' ? 413 : error.error === 'internal' ? 500 : error.error === 'unavailable' || error.error === 'busy' ? 503 : 400;
    if (!admitted.ok) return reply.code(code(admitted.error)).send(admitted.error);
    const result = await runtime.write({ kind: 'push', name, spec: admitted.spec }, request.caller);
    return result.ok ? reply.code(200).send({ revision: result.revision, dryRun: false, changes: result.changes.map(c => ({ ...c, fields: [] })), ...admitted.warnings.length > 0 && { warnings: [...admitted.warnings] } }) : reply.code(code(result.error)).send(result.error);
  });

  app.get('/v1/images/:hash', { schema: { operationId: 'getImage', tags: ['modules'], summary: 'A compiled module; its signature is in headers', params: z.object({ hash: z.string().meta({ description: 'as plans name it' }) }), response: { 200: z.unknown(), 403: errorSchema, 404: errorSchema } } }, async (request, reply) => {
    const { params: { hash }, caller } = request;
    // A visor reads what its plan names; who reads the zone, all.
    const mine = caller.kind === 'visor' ? planOf(runtime.state, caller.server).elements.some(e => e.section.element.imageHash === hash) : rightsIn(runtime, request).readsZone;
    if (!mine) return refuse(request, reply, forbidden(caller, 'read images that its plan does not name')) as never;
    const admitted = resourcesOf(runtime.state.world.resources, 'Module').find(r => r.spec.imageHash === hash);
    const image = images.get(hash) ?? admitted?.spec.image;
    if (image === undefined) return reply.code(404).send({ error: 'not-found', message: `there is no image ${hash}` } satisfies ApiError);
    if (authority) {
      const signature = images.has(hash) ? await authority.signHash(hash) : admitted?.spec.signature;
      void reply.headers({ [SIGNER_HEADER]: Buffer.from(await authority.imageSigner()).toString('base64'), ...signature !== undefined && { [SIGNATURE_HEADER]: signature } });
    }
    return reply.type('application/json').serializer((body: unknown) => body as string).send(image);
  });
}
