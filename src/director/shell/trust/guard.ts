// The door of the API: finds out who asks, before a body is read; turns away who is nobody, and who asks too often. Its rules about resources are core/rights.ts.

import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiError } from '../../../model/api.ts';
import { forbidden, rightsOf, showCaller, type Caller, type Rights } from '../../core/rights.ts';
import type { DirectorRuntime } from '../runtime.ts';
import { callerOf } from './caller.ts';

declare module 'fastify' {
  interface FastifyRequest { caller: Caller }
}

/** Requests of one caller in a second. A visor that starts a thousand workloads stays below. */
export const MAX_REQUESTS_PER_SECOND = 1000;
/** Of all who show nothing, or something wrong, from one address. */
const MAX_UNKNOWN_PER_SECOND = 20;
/** Which routes anybody may ask, they say themselves, as the OpenAPI document shows it: `security: []`. */
const isOpen = ({ routeOptions: { schema } }: FastifyRequest): boolean => schema?.security?.length === 0;

export async function guard(app: FastifyInstance, runtime: DirectorRuntime): Promise<void> {
  app.decorateRequest('caller');
  app.addHook('onRequest', (request, _, done) => {
    request.caller = callerOf(request, runtime.state.world, Date.now());
    done();
  });
  await app.register(rateLimit, {
    timeWindow: 1000,
    max: request => request.caller.kind === 'nobody' ? MAX_UNKNOWN_PER_SECOND : MAX_REQUESTS_PER_SECOND,
    keyGenerator: request => request.caller.kind === 'nobody' ? `nobody ${request.ip}` : showCaller(request.caller),
    allowList: request => request.caller.kind === 'operator',
    errorResponseBuilder: (_, { max }) => ({ statusCode: 429, message: `more than ${max} requests in a second` }),
  });
  // What is no route has no limit of its own.
  const limited = app.rateLimit();
  app.addHook('onRequest', async (request, reply) => { if (request.is404) await limited.call(app, request, reply); });
  // Behind the limit, before the body.
  app.addHook('preParsing', (request, reply, _, done) => {
    if (request.caller.kind !== 'nobody' || isOpen(request)) return done();
    void refuse(request, reply, forbidden(request.caller, ''));
  });
}

/** Of a request that goes on, such as a watch: whether who made it may still ask anything. */
export function isStill(runtime: DirectorRuntime, request: FastifyRequest): boolean {
  const now = callerOf(request, runtime.state.world, Date.now());
  return now.kind !== 'nobody' && showCaller(now) === showCaller(request.caller);
}

export function rightsIn(runtime: DirectorRuntime, request: FastifyRequest): Rights {
  return rightsOf(runtime.state.world.resources, request.caller);
}

/** Refusals are in the log of the process; what was done is in the audit log. */
export function refuse(request: FastifyRequest, reply: FastifyReply, error: ApiError): FastifyReply {
  request.log.warn({ caller: showCaller(request.caller), method: request.method, url: request.url }, error.message);
  return reply.code(error.error === 'unauthenticated' ? 401 : 403).send(error);
}

type Who = 'admins' | 'readers of the zone' | 'the visor';

/** Whether who made the request is one of these now. */
export function isOne(runtime: DirectorRuntime, request: FastifyRequest, who: Who): boolean {
  const rights = rightsIn(runtime, request);
  const { server } = request.params as { server?: string };
  const isIt = request.caller.kind === 'visor' && request.caller.server === server;
  return who === 'the visor' ? isIt || rights.isAdmin : who === 'admins' ? rights.isAdmin : rights.readsZone || isIt;
}

/** For routes that are about the zone: admins alone, or all who read it. */
export function only(runtime: DirectorRuntime, who: Who, what: string) {
  return (request: FastifyRequest, reply: FastifyReply, _: unknown, done: () => void): void => {
    if (isOne(runtime, request, who)) done();
    else void refuse(request, reply, forbidden(request.caller, what));
  };
}
