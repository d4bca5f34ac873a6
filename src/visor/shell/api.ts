// The visor's local API on a unix socket: workloads are attached and detached here, and people look at what the visor has.

import { chmodSync } from 'node:fs';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { hasZodFastifySchemaValidationErrors, serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorSchema, type ApiError } from '../../model/api.ts';
import { DEFAULT_LINES, MAX_LINES, logLineSchema } from '../../model/log-lines.ts';
import { statsSchema } from '../../model/stats.ts';
import { dropCountSchema, visorStatusSchema } from '../../model/status.ts';
import { attachSchema, attachedSchema, detachSchema, detachedSchema, resumedSchema, type Attached, type Detached, type Resumed } from '../../model/visor-api.ts';
import { MOST_SOCKET_PATH_BYTES, freeSocket } from '../../sys/unix-socket.ts';
import { METRICS_TYPE } from './metrics-listen.ts';
import { VisorRefused } from './refused.ts';
import type { VisorRuntime } from './runtime.ts';

const errors = { 400: errorSchema, 404: errorSchema, 409: errorSchema, 503: errorSchema } as const;

export function visorApi(runtime: VisorRuntime, logger: FastifyBaseLogger): FastifyInstance {
  const plain = Fastify({ loggerInstance: logger, logController: new LogController({ disableRequestLogging: true }), forceCloseConnections: true });
  plain.setValidatorCompiler(validatorCompiler);
  plain.setSerializerCompiler(serializerCompiler);
  plain.setErrorHandler((e: Error & { statusCode?: number }, _request, reply) => {
    const bad = hasZodFastifySchemaValidationErrors(e) || (e.statusCode !== undefined && e.statusCode < 500);
    if (!bad) logger.error(e);
    return reply.code(bad ? 400 : 500).send({ error: bad ? 'bad-request' : 'internal', message: bad ? e.message.replace(/^body\//, '') : e.message } satisfies ApiError);
  });
  const app = plain.withTypeProvider<ZodTypeProvider>();
  app.post('/v1/attach', { schema: { body: attachSchema, response: { 200: attachedSchema, ...errors } } }, async (request, reply) => {
    const result = await runtime.attach(request.body);
    return result.ok ? result.body as Attached : reply.code(statusOf(result.error)).send(result.error);
  });
  app.post('/v1/detach', { schema: { body: detachSchema, response: { 200: detachedSchema, ...errors } } }, async (request, reply) => {
    const result = await runtime.detach(request.body);
    return result.ok ? result.body as Detached : reply.code(statusOf(result.error)).send(result.error);
  });
  app.post('/v1/resume', { schema: { response: { 200: resumedSchema, ...errors } } }, async (_request, reply) => {
    const result = await runtime.resume();
    if (result.ok && (result.body as Resumed).held) logger.warn({ plan: runtime.status().received }, 'the plan that was held is taken over: iov server resume');
    return result.ok ? result.body as Resumed : reply.code(statusOf(result.error)).send(result.error);
  });
  app.get('/v1/status', { schema: { response: { 200: visorStatusSchema } } }, () => runtime.status());
  app.get('/v1/drops', { schema: { response: { 200: z.object({ items: z.array(dropCountSchema) }) } } }, () => ({ items: runtime.drops().map(d => ({ ...d })) }));
  app.get('/v1/stats', { schema: { response: { 200: statsSchema } } }, () => runtime.stats());
  app.get('/v1/logs', { schema: { querystring: z.object({ after: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(MAX_LINES).default(DEFAULT_LINES) }), response: { 200: z.object({ lines: z.array(logLineSchema), last: z.number() }) } } }, request => {
    const { lines, last } = runtime.lines({ after: request.query.after, most: request.query.limit });
    return { lines: [...lines], last };
  });
  app.get('/metrics', (_request, reply) => reply.type(METRICS_TYPE).send(runtime.metrics()));
  app.get('/healthz', () => ({ ok: true }));
  return plain;
}

function statusOf(error: ApiError): 400 | 404 | 409 | 503 {
  switch (error.error) {
    case 'invalid': case 'bad-request': return 400;
    case 'not-found': return 404;
    case 'conflict': case 'exists': return 409;
    default: return 503;
  }
}

/** Returns the address as clients write it. Only this user may use the socket. */
export async function listenLocal(app: FastifyInstance, address: string): Promise<string> {
  if (!address.startsWith('unix:/')) throw new VisorRefused(`a visor listens on a unix socket only, not on '${address}'`, 'write unix:/PATH');
  const path = address.slice('unix:'.length);
  if (Buffer.byteLength(path) > MOST_SOCKET_PATH_BYTES) throw new VisorRefused(`the path of the socket is longer than ${MOST_SOCKET_PATH_BYTES} bytes: ${path}`, 'give a shorter one with --listen');
  try {
    if (!await freeSocket(path)) throw new VisorRefused(`another process listens on ${path}`, 'stop it, or give another --listen');
    await app.listen({ path });
    chmodSync(path, 0o600);
  } catch (e) {
    if (e instanceof VisorRefused) throw e;
    throw new VisorRefused(`cannot listen on ${path}: ${(e as Error).message}`, 'give another --listen');
  }
  return `unix:${path}`;
}
