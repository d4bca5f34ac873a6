// The HTTP API: routes, their schemas, OpenAPI. Every rule is the core's; here requests become events and results become answers.

import swagger from '@fastify/swagger';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, hasZodFastifySchemaValidationErrors, serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { appliedSchema, applySchema, dropsSchema, errorSchema, healthSchema, kindSchema, listedSchema, serverStatusesSchema, type ApiError } from '../../model/api.ts';
import { keyOfRef, resourceSchema, showKey, type Kind } from '../../model/resource.ts';
import { visorStatusSchema } from '../../model/status.ts';
import type { WriteResult } from '../core/events.ts';
import { dropsOf, view } from '../core/view.ts';
import type { DirectorRuntime } from './runtime.ts';
import { MAX_HAVE, watchPlan, watchResources } from './watch.ts';

export const MAX_BODY_BYTES = 32 << 20;
const STATUS_OF: Readonly<Record<ApiError['error'], number>> = {
  invalid: 400, 'bad-request': 400, 'not-found': 404, conflict: 409, exists: 409, busy: 503, unavailable: 503, internal: 500,
};

export interface ApiParts {
  readonly runtime: DirectorRuntime;
  /** Images by hash, as the text that `decodeImage` reads. */
  readonly images: ReadonlyMap<string, string>;
  readonly version: string;
  readonly logger: FastifyBaseLogger;
}

export async function directorApi(parts: ApiParts): Promise<FastifyInstance> {
  const app = Fastify({ loggerInstance: parts.logger, logController: new LogController({ disableRequestLogging: true }), bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'IO Visor Director', version: parts.version, description: 'No authentication yet: it listens on loopback or a unix socket only.' } },
    transform: createJsonSchemaTransform({ skipList: ['/openapi.json'] }),
  });
  app.setErrorHandler((e: Error & { statusCode?: number }, _request, reply) => {
    const bad = hasZodFastifySchemaValidationErrors(e) || (e.statusCode !== undefined && e.statusCode < 500);
    if (!bad) parts.logger.error(e);
    const body: ApiError = bad ? { error: 'bad-request', message: e.message } : { error: 'internal', message: e.message };
    return reply.code(bad ? e.statusCode ?? 400 : 500).send(body);
  });
  app.setNotFoundHandler((request, reply) => reply.code(404).send({ error: 'not-found', message: `there is no ${request.method} ${request.url}`, cure: 'see /openapi.json' } satisfies ApiError));
  resourceRoutes(app, parts);
  serverRoutes(app, parts);
  app.get('/openapi.json', () => app.swagger());
  return app;
}

const errors = { 400: errorSchema, 404: errorSchema, 409: errorSchema, 503: errorSchema } as const;
const oneKey = z.object({ kind: kindSchema, domain: z.string(), name: z.string() });

function resourceRoutes(plain: FastifyInstance, { runtime, version }: ApiParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const shown = (key: string) => { const r = runtime.state.world.resources.get(key); return r && view(runtime.state, r, Date.now()); };
  /** `-` in the place of the domain: a kind that is in none. */
  const keyFrom = (p: z.infer<typeof oneKey>): string => keyOfRef({ kind: p.kind as Kind, name: p.name, ...(p.domain === '-' ? {} : { domain: p.domain }) });

  app.get('/healthz', { schema: { summary: 'Whether the Director answers', response: { 200: healthSchema } } },
    () => ({ ok: true as const, epoch: runtime.state.epoch, revision: runtime.state.revision, version, authentication: 'none' as const }));

  app.get('/v1/resources', { schema: { summary: 'List resources', querystring: z.object({ kind: kindSchema.optional(), domain: z.string().optional() }), response: { 200: listedSchema } } }, request => {
    const { kind, domain } = request.query;
    const items = [...runtime.state.world.resources.keys()].sort().map(k => shown(k)!)
      .filter(r => (kind === undefined || r.kind === kind) && (domain === undefined || ('domain' in r.metadata ? r.metadata.domain === domain : r.kind === 'Domain' && r.metadata.name === domain)));
    return { revision: runtime.state.revision, items };
  });

  app.get('/v1/resources/:kind/:domain/:name', { schema: { summary: "Get a resource ('-' as domain: of the zone)", params: oneKey, response: { 200: resourceSchema, ...errors } } }, async (request, reply) => {
    const found = shown(keyFrom(request.params));
    return found ?? reply.code(404).send({ error: 'not-found', message: `there is no ${showKey(keyFrom(request.params))}` });
  });

  app.post('/v1/resources', { schema: { summary: 'Create a resource', body: z.unknown(), response: { 201: resourceSchema, ...errors } } }, async (request, reply) => {
    const result = await runtime.write({ kind: 'create', resource: request.body });
    if (!result.ok) return reply.code(statusOf(result.error)).send(result.error);
    return reply.code(201).send(shown(result.changes[0]!.key)!);
  });

  app.put('/v1/resources/:kind/:domain/:name', { schema: { summary: 'Replace a resource; metadata.revision guards it', params: oneKey, body: z.unknown(), response: { 200: resourceSchema, ...errors } } }, async (request, reply) => {
    const result = await runtime.write({ kind: 'replace', key: keyFrom(request.params), resource: request.body });
    if (!result.ok) return reply.code(statusOf(result.error)).send(result.error);
    return shown(keyFrom(request.params))!;
  });

  app.delete('/v1/resources/:kind/:domain/:name', { schema: { summary: 'Delete a resource', params: oneKey, querystring: z.object({ revision: z.coerce.number().int().optional() }), response: { 200: appliedSchema, ...errors } } }, async (request, reply) =>
    sendWritten(reply, await runtime.write({ kind: 'delete', key: keyFrom(request.params), revision: request.query.revision })));

  app.post('/v1/apply', { schema: { summary: 'Create or change a set of resources, whole or not at all', body: applySchema, response: { 200: appliedSchema, ...errors } } }, async (request, reply) =>
    sendWritten(reply, await runtime.write({ kind: 'apply', ...request.body })));

  app.get('/v1/watch', { schema: { summary: 'Resources as JSON lines: all, `synced`, then changes', querystring: z.object({ kind: kindSchema.optional(), epoch: z.string().optional(), revision: z.coerce.number().int().optional() }) } }, (request, reply) => {
    reply.hijack();
    watchResources(runtime, reply.raw, request.query, request.query.kind);
  });
}

function serverRoutes(plain: FastifyInstance, { runtime, images }: ApiParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const server = z.object({ server: z.string().max(63) });

  app.get('/v1/plans/:server', { schema: { summary: 'What a server must have, as JSON lines: sections, plan, `synced`, then changes', params: server, querystring: z.object({ have: z.string().optional().meta({ description: `hashes of sections that the reader holds, by comma, at most ${MAX_HAVE}` }) }) } }, (request, reply) => {
    reply.hijack();
    watchPlan(runtime, reply.raw, request.params.server, new Set((request.query.have ?? '').split(',').filter(h => h !== '').slice(0, MAX_HAVE)));
  });

  app.get('/v1/images/:hash', { schema: { summary: 'A compiled module', params: z.object({ hash: z.string() }), response: { 200: z.unknown(), ...errors } } }, async (request, reply) => {
    const image = images.get(request.params.hash);
    if (!image) return reply.code(404).send({ error: 'not-found', message: `there is no image ${request.params.hash}` });
    return reply.type('application/json').serializer((body: unknown) => body as string).send(image);
  });

  app.post('/v1/servers/:server/status', { schema: { summary: 'What a visor has', params: server, body: visorStatusSchema, response: { 204: z.null(), ...errors } } }, async (request, reply) => {
    if (request.body.server !== request.params.server) return reply.code(400).send({ error: 'bad-request', message: 'the status is of another server' });
    runtime.heard(request.body);
    return reply.code(204).send(null);
  });

  app.get('/v1/status', { schema: { summary: 'What the visors say they have', response: { 200: serverStatusesSchema } } }, () =>
    ({ items: [...runtime.state.statuses].sort(([a], [b]) => a < b ? -1 : 1).map(([name, heard]) => ({ server: name, ...heard })) }));

  app.get('/v1/drops', { schema: { summary: 'Packets that were dropped, by site', response: { 200: dropsSchema } } }, () => dropsOf(runtime.state));
}

function statusOf(error: ApiError): 400 | 404 | 409 | 503 {
  return STATUS_OF[error.error] as 400 | 404 | 409 | 503;
}

interface Sender { code(status: number): { send(body: unknown): unknown } }

function sendWritten(reply: Sender, result: WriteResult): never {
  if (!result.ok) return reply.code(statusOf(result.error)).send(result.error) as never;
  return reply.code(200).send({ revision: result.revision, dryRun: result.dryRun, changes: result.changes }) as never;
}
