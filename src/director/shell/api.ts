// The HTTP API: routes, their schemas, OpenAPI. Every rule is the core's; here requests become events and results become answers.

import swagger from '@fastify/swagger';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { isAbout } from '../../model/about.ts';
import { MAX_PAGE, appliedSchema, applySchema, dropsSchema, errorSchema, domainFilter, healthSchema, kindSchema, listedSchema, resourceMessageSchema, serverStatusesSchema, type ApiError } from '../../model/api.ts';
import { MAX_ANSWER_BYTES, answerSchema } from '../../model/asks.ts';
import type { RecentLines } from '../../model/log-lines.ts';
import { keyOfRef, resourceSchema, showKey, type Kind } from '../../model/resource.ts';
import { reportSchema, statusOf } from '../../model/report.ts';
import type { WriteResult } from '../core/events.ts';
import { appliedOf } from '../core/step.ts';
import { forbidden, rightsOf, showCaller } from '../core/rights.ts';
import { dropsOf, view } from '../core/view.ts';
import type { DirectorRuntime } from './runtime.ts';
import type { Authority, TlsIdentity } from './trust/authority.ts';
import { openApi, patchBody, resourceBody } from './openapi.ts';
import { guard, isOne, isStill, only, refuse, rightsIn } from './trust/guard.ts';
import { trustRoutes } from './trust/routes.ts';
import { historyRoutes } from './history.ts';
import { moduleRoutes } from './admission/routes.ts';
import { logRoutes } from './logs.ts';
import { mapRoutes } from './maps.ts';
import { TOO_OLD, listResources } from './list.ts';
import { MAX_BODY_BYTES, REQUEST_MS, badAddress, notHttp, refuseUnreadable } from './unreadable.ts';
import { MAX_HAVE, PlanWatches } from './plan-watch.ts';
import { watchFrom, watchResources } from './watch.ts';

const STATUS_OF: Readonly<Record<ApiError['error'], number>> = {
  invalid: 400, 'bad-request': 400, unauthenticated: 401, forbidden: 403, 'not-found': 404, conflict: 409, exists: 409, gone: 410, 'too-large': 413, busy: 503, unavailable: 503, internal: 500,
};

export interface ApiParts {
  readonly runtime: DirectorRuntime;
  /** Images by hash, as the text that `decodeImage` reads. */
  readonly images: ReadonlyMap<string, string>;
  readonly version: string;
  /** Absent: in memory. */
  readonly stateDir?: string | undefined;
  readonly logger: FastifyBaseLogger;
  readonly recent?: RecentLines | undefined;
  /** Absent: no visor joins here, and nothing is encrypted. */
  readonly authority?: Authority | undefined;
  readonly tls?: TlsIdentity | undefined;
  readonly onRotated?: () => Promise<void>;
}

export async function directorApi(parts: ApiParts): Promise<FastifyInstance> {
  const app = Fastify({ loggerInstance: parts.logger, logController: new LogController({ disableRequestLogging: true }), bodyLimit: MAX_BODY_BYTES, requestTimeout: REQUEST_MS, forceCloseConnections: true, frameworkErrors: badAddress as never, clientErrorHandler: notHttp as never,
    // People show tokens, visors certificates: who shows neither is told so by the guard.
    ...parts.tls && { https: { ...parts.tls, requestCert: true, rejectUnauthorized: false } } }) as unknown as FastifyInstance;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, openApi(parts.version));
  refuseUnreadable(app, parts.logger);
  await guard(app, parts.runtime);
  resourceRoutes(app, parts);
  serverRoutes(app, parts);
  historyRoutes(app, parts.runtime, parts.stateDir);
  moduleRoutes(app, parts);
  mapRoutes(app, parts.runtime);
  logRoutes(app, parts);
  if (parts.authority) trustRoutes(app, parts.runtime, parts.authority, parts.onRotated ?? (async () => {}));
  app.get('/openapi.json', { schema: { operationId: 'getDocument', tags: ['service'], security: [], summary: 'This document', response: { 200: z.unknown() } } }, () => app.swagger());
  return app;
}

const errors = { 400: errorSchema, 401: errorSchema, 403: errorSchema, 404: errorSchema, 409: errorSchema, 410: errorSchema, 413: errorSchema, 503: errorSchema } as const;
const oneKey = z.object({ kind: kindSchema, domain: z.string().meta({ description: "'-': it is of the zone" }), name: z.string().meta({ description: 'without the domain' }) });
const written = z.object({
  revision: z.coerce.number().int().optional().meta({ description: 'refused with 409 if the resource has changed since' }),
  dryRun: z.enum(['true', 'false']).optional().meta({ description: 'change nothing; say what would change, in resources and in plans' }),
});
const listQuery = z.object({
  kind: kindSchema.optional(), domain: domainFilter.optional(),
  labels: z.string().max(8192).optional().meta({ description: 'name=value, name!=value, name, !name; with commas between: all must hold. Endpoints also by what their network grants' }),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).optional().meta({ description: 'of a page' }), continue: z.string().max(1024).optional().meta({ description: 'what the page before answered: the next one' }),
});

function resourceRoutes(plain: FastifyInstance, { runtime, version }: ApiParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const shown = (key: string) => { const r = runtime.state.world.resources.get(key); return r && view(runtime.state, r, Date.now()); };
  /** `-` in the place of the domain: a kind that is in none. */
  const keyFrom = (p: z.infer<typeof oneKey>): string => keyOfRef({ kind: p.kind as Kind, name: p.name, ...(p.domain === '-' ? {} : { domain: p.domain }) });

  app.get('/healthz', { schema: { operationId: 'getHealth', tags: ['service'], security: [], summary: 'Whether the Director answers', response: { 200: healthSchema } } },
    request => ({ ok: true as const, epoch: runtime.state.epoch, revision: runtime.state.revision, version, you: showCaller(request.caller) }));

  app.get('/v1/resources', { schema: { operationId: 'listResources', tags: ['resources'], summary: 'List resources, by key; in pages with limit and continue', querystring: listQuery, response: { 200: listedSchema, ...errors } } }, async (request, reply) => {
    const listed = listResources(runtime, request.query, Date.now(), rightsIn(runtime, request));
    return 'error' in listed ? reply.code(codeOf(listed)).send(listed) : listed;
  });

  app.get('/v1/resources/:kind/:domain/:name', { schema: { operationId: 'getResource', tags: ['resources'], summary: "Get a resource ('-' as domain: of the zone)", params: oneKey, response: { 200: resourceSchema, ...errors } } }, async (request, reply) => {
    const key = keyFrom(request.params);
    if (!rightsIn(runtime, request).reads(key)) return refuse(request, reply, forbidden(request.caller, `read ${showKey(key)}`)) as never;
    const found = shown(key);
    return found ?? reply.code(404).send({ error: 'not-found', message: `there is no ${showKey(key)}` });
  });

  app.post('/v1/resources', { schema: { operationId: 'createResource', tags: ['resources'], summary: 'Create a resource', body: resourceBody, response: { 201: resourceSchema, ...errors } } }, async (request, reply) => {
    const result = await runtime.write({ kind: 'create', resource: request.body }, request.caller);
    if (!result.ok) return reply.code(codeOf(result.error)).send(result.error);
    return reply.code(201).send(shown(result.changes[0]!.key)!);
  });

  app.put('/v1/resources/:kind/:domain/:name', { schema: { operationId: 'replaceResource', tags: ['resources'], summary: 'Replace a resource; metadata.revision guards it', params: oneKey, body: resourceBody, response: { 200: resourceSchema, ...errors } } }, async (request, reply) => {
    const result = await runtime.write({ kind: 'replace', key: keyFrom(request.params), resource: request.body }, request.caller);
    if (!result.ok) return reply.code(codeOf(result.error)).send(result.error);
    return shown(keyFrom(request.params))!;
  });

  app.patch('/v1/resources/:kind/:domain/:name', { schema: { operationId: 'patchResource', tags: ['resources'], summary: 'Change fields of a resource', description: 'JSON merge patch (RFC 7396); metadata.revision in it, or the query, guards it.', consumes: ['application/merge-patch+json'], params: oneKey, querystring: written, body: patchBody, response: { 200: appliedSchema, ...errors } } }, async (request, reply) =>
    sendWritten(reply, await runtime.write({ kind: 'patch', key: keyFrom(request.params), patch: request.body, revision: request.query.revision, dryRun: request.query.dryRun === 'true' }, request.caller)));

  app.delete('/v1/resources/:kind/:domain/:name', { schema: { operationId: 'deleteResource', tags: ['resources'], summary: 'Delete a resource; what depends on it is named, and it stays', params: oneKey, querystring: written, response: { 200: appliedSchema, ...errors } } }, async (request, reply) =>
    sendWritten(reply, await runtime.write({ kind: 'delete', key: keyFrom(request.params), revision: request.query.revision, dryRun: request.query.dryRun === 'true' }, request.caller)));

  app.post('/v1/apply', { schema: { operationId: 'applyResources', tags: ['resources'], summary: 'Create or change a set of resources, whole or not at all', body: applySchema, response: { 200: appliedSchema, ...errors } } }, async (request, reply) =>
    sendWritten(reply, await runtime.write({ kind: 'apply', ...request.body }, request.caller)));

  app.get('/v1/watch', { schema: { operationId: 'watchResources', tags: ['resources'], summary: 'Resources as JSON lines', description: 'All, or what changed since a revision, then `synced`, then changes, for as long as it is read. 410: that revision is too old, list again.', querystring: z.object({ kind: kindSchema.optional(), domain: domainFilter.optional(), epoch: z.string().optional().meta({ description: 'of the store, as a list or a watch said it' }), revision: z.coerce.number().int().min(0).optional().meta({ description: 'together with epoch: only what changed since' }) }), response: { 200: { description: 'One message a line.', content: { 'application/x-ndjson': { schema: resourceMessageSchema } } }, 400: errorSchema, 410: errorSchema } } }, (request, reply) => {
    const from = watchFrom(runtime, request.query);
    if (from === undefined) return void reply.code(410).send(TOO_OLD);
    reply.hijack();
    const { caller } = request;
    watchResources(runtime, reply.raw, from, key => isAbout(request.query, key) && rightsOf(runtime.state.world.resources, caller).reads(key), () => isStill(runtime, request));
  });
}

function serverRoutes(plain: FastifyInstance, { runtime }: ApiParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const server = z.object({ server: z.string().max(63).meta({ description: 'its name' }) });
  const watches = new PlanWatches(runtime);
  const { reported } = runtime;
  app.addHook('onClose', () => watches.close());

  app.get('/v1/plans/:server', { preParsing: only(runtime, 'readers of the zone', 'read the plan of another server'), schema: { operationId: 'watchPlan', tags: ['servers'], summary: 'What a server must have, as JSON lines', description: 'Sections, plan, `synced`, then changes: what visors read. Its form goes with the version of both.', params: server, querystring: z.object({ have: z.string().optional().meta({ description: `hashes of sections that the reader holds, by comma, at most ${MAX_HAVE}` }) }), response: { 200: { description: 'One message a line.', content: { 'application/x-ndjson': { schema: z.object({ type: z.string() }) } } }, 400: errorSchema } } }, (request, reply) => {
    reply.hijack();
    watches.watch(reply.raw, request.params.server, { have: new Set((request.query.have ?? '').split(',').filter(h => h !== '').slice(0, MAX_HAVE)), isAsked: isOne(runtime, request, 'the visor') }, () => isStill(runtime, request) && isOne(runtime, request, 'readers of the zone'));
  });

  app.post('/v1/servers/:server/status', { preParsing: only(runtime, 'the visor', 'say what another server has'), schema: { operationId: 'reportStatus', tags: ['servers'], summary: 'What a visor has', description: 'All of it, or what is other than in its last report.', params: server, body: reportSchema, response: { 204: z.null(), ...errors } } }, async (request, reply) => {
    if (request.body.server !== request.params.server) return reply.code(400).send({ error: 'bad-request', message: 'the status is of another server' });
    const last = reported.get(request.params.server);
    const taken = statusOf(request.body, last);
    if (!taken) return reply.code(409).send({ error: 'conflict', message: 'that is not all of a status, and the report before it was not the last', cure: 'say all of it' });
    reported.set(request.params.server, taken);
    runtime.heard(taken.status);
    return reply.code(204).send(null);
  });

  app.post('/v1/servers/:server/answers/:id', { bodyLimit: MAX_ANSWER_BYTES, preParsing: only(runtime, 'the visor', 'answer for another server'), schema: { operationId: 'answer', tags: ['servers'], summary: 'What a visor answers to a question that came with its plan', params: server.extend({ id: z.string().max(64).meta({ description: 'of the question' }) }), body: answerSchema, response: { 204: z.null(), ...errors } } }, async (request, reply) => {
    const { server: name, id } = request.params;
    return runtime.asks.answered(name, id, request.body) ? reply.code(204).send(null) : reply.code(404).send({ error: 'not-found', message: 'nobody waits for this answer any more' });
  });

  app.get('/v1/status', { preParsing: only(runtime, 'readers of the zone', 'read what servers have'), schema: { operationId: 'listStatuses', tags: ['servers'], summary: 'What the visors say they have', response: { 200: serverStatusesSchema } } }, () =>
    ({ items: [...runtime.state.statuses].sort(([a], [b]) => a < b ? -1 : 1).map(([server, { heardMs, status }]) => ({ server, heardMs, status: { ...status, applied: appliedOf(runtime.state, status) } })) }));

  app.get('/v1/drops', { schema: { operationId: 'listDrops', tags: ['servers'], summary: 'Packets that were dropped, by site', response: { 200: dropsSchema } } }, request => {
    const rights = rightsIn(runtime, request);
    const { items } = dropsOf(runtime.state);
    return { items: rights.readsZone ? items : items.filter(d => d.owner !== undefined && rights.reads(d.owner)) };
  });
}

function codeOf(error: ApiError): 400 | 401 | 403 | 404 | 409 | 410 | 503 {
  return STATUS_OF[error.error] as 400 | 401 | 403 | 404 | 409 | 410 | 503;
}

interface Sender { code(status: number): { send(body: unknown): unknown } }

function sendWritten(reply: Sender, result: WriteResult): never {
  if (!result.ok) return reply.code(codeOf(result.error)).send(result.error) as never;
  return reply.code(200).send({ revision: result.revision, dryRun: result.dryRun, changes: result.changes, ...(result.plans ? { plans: result.plans } : {}) }) as never;
}
