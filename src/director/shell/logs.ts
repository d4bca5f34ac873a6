// The route by which people read logs: of modules where they run, of visors, of this Director. All of it is kept where it was said, in memory, for a while.

import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorSchema, type ApiError } from '../../model/api.ts';
import { LOG_RUN_CHARACTERS, MAX_ASKED, readLogsSchema, type LogPlace } from '../../model/asks.ts';
import { resourcesOf } from '../../model/resources-of.ts';
import { DEFAULT_LINES, MAX_LINES, type LogLine } from '../../model/log-lines.ts';
import { forbidden } from '../core/rights.ts';
import { placesOf } from '../core/function-maps.ts';
import type { ApiParts } from './api.ts';
import { refuse, rightsIn } from './trust/guard.ts';

const errors = { 400: errorSchema, 401: errorSchema, 403: errorSchema, 404: errorSchema } as const;
const wanted = z.object({
  of: z.string().max(256).meta({ description: 'Function/shop/guard; Domain/shop: all functions of it; Server/s1: its visor, and modules there; Director' }),
  server: z.string().max(63).optional().meta({ description: 'that one alone' }),
  network: z.string().max(63).optional().meta({ description: 'of a Function: around that one alone' }),
  limit: z.coerce.number().int().min(1).max(MAX_LINES).default(DEFAULT_LINES).meta({ description: 'the newest, of each server' }),
  after: z.string().max(12_000).optional().meta({ description: '`after` of an answer before: what was said since' }),
});

/** Where a reader has come to, by server; '' is the Director. */
type Places = Readonly<Record<string, LogPlace>>;

export function logRoutes(plain: FastifyInstance, { runtime, recent }: Pick<ApiParts, 'runtime' | 'recent'>): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const started = randomUUID().slice(0, LOG_RUN_CHARACTERS);

  /** Servers that are to be asked, and whose lines; undefined: there is no such thing. */
  function meant(of: string, network: string | undefined): { readonly servers: readonly string[]; readonly owner?: string } | undefined {
    const { world } = runtime.state;
    const [kind, first = '', second] = of.split('/');
    if (kind === 'Server' && second === undefined) return world.resources.has(of) ? { servers: [first] } : undefined;
    const functions = resourcesOf(world.resources, 'Function', first).filter(f => kind === 'Domain' || f.metadata.name === second);
    if (kind === 'Domain' ? !world.resources.has(`Domain/${first}`) : kind !== 'Function' || functions.length === 0) return undefined;
    const servers = [...new Set(functions.flatMap(f => placesOf(runtime.state, f)).filter(p => network === undefined || p.network === network).map(p => p.server))].sort();
    return { servers, owner: kind === 'Domain' ? `Function/${first}/` : `${of}/${network ?? ''}` };
  }

  app.get('/v1/logs', { schema: { operationId: 'readLogs', tags: ['history'], summary: 'What modules, visors and the Director said lately, oldest first; kept in the memory of each', querystring: wanted, response: { 200: readLogsSchema, ...errors } } }, async (request, reply) => {
    const { of, server, network, limit, after } = request.query;
    const rights = rightsIn(runtime, request);
    if (!(/^(Server|Director)(\/|$)/.test(of) ? rights.readsZone : rights.reads(of))) return refuse(request, reply, forbidden(request.caller, `read the logs of ${of.replace('/', ' ')}`)) as never;
    const places = after === undefined ? {} : readPlaces(after);
    if (!places) return reply.code(400).send({ error: 'bad-request', message: "'after' is not what an answer ended with" } satisfies ApiError);
    if (of === 'Director') {
      const from = places['']?.started === started ? places[''].last : 0;
      const { lines, last } = recent?.read({ after: from, most: limit }) ?? { lines: [], last: 0 };
      return { items: [...lines], silent: [], after: writePlaces({ '': { started, last } }) };
    }
    const found = meant(of, network);
    if (!found) return reply.code(404).send({ error: 'not-found', message: `there is no ${of.replace('/', ' ')}`, cure: 'name a Function, a Domain, a Server, or Director' } satisfies ApiError);
    const servers = found.servers.filter(s => server === undefined || s === server);
    const heard = await Promise.all(servers.slice(0, MAX_ASKED).map(async name => ({ name, told: await runtime.asks.ask(name, { kind: 'read-logs', most: limit, owner: found.owner, after: places[name] }) })));
    const items: LogLine[] = [], now: Record<string, LogPlace> = { ...places };
    const silent = servers.slice(MAX_ASKED).map(name => ({ server: name, why: `not asked: ${MAX_ASKED} at once; name it` }));
    for (const { name, told } of heard) {
      if ('silent' in told) silent.push({ server: name, why: told.silent });
      else if (told.answer.kind !== 'read-logs') silent.push({ server: name, why: told.answer.kind === 'refused' ? told.answer.error.message : 'its visor answered something else' });
      else {
        items.push(...told.answer.lines);
        now[name] = { started: told.answer.started, last: told.answer.last };
      }
    }
    return { items: items.sort((a, b) => a.wallMs - b.wallMs), silent, after: writePlaces(now) };
  });
}

function writePlaces(places: Places): string {
  return Buffer.from(JSON.stringify(Object.entries(places).map(([server, { started, last }]) => [server, started, last]))).toString('base64url');
}

const writtenPlaces = z.array(z.tuple([z.string().max(63), z.string().max(LOG_RUN_CHARACTERS), z.int().min(0)])).max(MAX_ASKED + 1);

function readPlaces(text: string): Places | undefined {
  try {
    return Object.fromEntries(writtenPlaces.parse(JSON.parse(Buffer.from(text, 'base64url').toString())).map(([server, started, last]) => [server, { started, last }]));
  } catch {
    return undefined;
  }
}
