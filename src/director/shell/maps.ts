// Routes about the maps of users' modules: what they are, what is in them on the servers, and changes while they run. What the config says is the Function's.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorSchema, type ApiError } from '../../model/api.ts';
import { DEFAULT_ROWS, MAX_ASKED, MAX_ROWS, changeMapSchema, changedMapSchema, functionMapsSchema, readMapSchema, type Ask, type ExportedMap, type MapRow } from '../../model/asks.ts';
import type { Json } from '../../model/canonical.ts';
import { showProblem } from '../../model/problem.ts';
import type { NetworkFunction } from '../../model/resource.ts';
import { changeProblems, exportsOf, placesOf, type Place } from '../core/function-maps.ts';
import type { Act } from '../core/log.ts';
import { forbidden, showCaller } from '../core/rights.ts';
import type { DirectorRuntime } from './runtime.ts';
import { refuse, rightsIn } from './trust/guard.ts';
import { pathOf } from '../../model/path.ts';

const errors = { 400: errorSchema, 401: errorSchema, 403: errorSchema, 404: errorSchema, 409: errorSchema, 503: errorSchema } as const;
const oneFunction = z.object({ domain: z.string().max(63).meta({ description: 'of the Function' }), name: z.string().max(63).meta({ description: 'of the Function' }) });
const oneMap = oneFunction.extend({ map: z.string().max(256).meta({ description: 'as the module exports it' }) });
const readQuery = z.object({
  server: z.string().optional().meta({ description: 'that one alone' }), network: z.string().optional().meta({ description: 'around that one alone' }),
  key: z.string().max(4096).optional().meta({ description: 'that entry alone: JSON, or text as it is' }),
  limit: z.coerce.number().int().min(1).max(MAX_ROWS).default(DEFAULT_ROWS).meta({ description: 'entries of each server and network' }),
  after: z.string().max(4096).optional().meta({ description: '`next` of an item: goes on behind it; with its server and network' }),
  continue: z.string().max(256).optional().meta({ description: '`continue` of the page before' }),
});

/** What a visor said of a place, or why nothing was heard. */
interface Heard<A> { readonly place: Place; readonly answer?: A; readonly refused?: string; readonly silent?: string }

export function mapRoutes(plain: FastifyInstance, runtime: DirectorRuntime): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const places = (f: NetworkFunction): readonly Place[] => placesOf(runtime.state, f);

  /** Undefined: it was answered already. */
  function found(request: FastifyRequest, reply: FastifyReply, way: 'reads' | 'writes'): NetworkFunction | undefined {
    const { domain, name } = request.params as z.infer<typeof oneFunction>;
    const key = `Function/${domain}/${name}`;
    const resource = runtime.state.world.resources.get(key);
    if (!rightsIn(runtime, request)[way](key)) void refuse(request, reply, forbidden(request.caller, `${way === 'reads' ? 'read' : 'change'} maps of Function ${domain}/${name}`));
    else if (resource?.kind !== 'Function') void reply.code(404).send({ error: 'not-found', message: `there is no Function ${domain}/${name}` } satisfies ApiError);
    else return resource;
    return undefined;
  }

  function mapOf(reply: FastifyReply, f: NetworkFunction, name: string): ExportedMap | undefined {
    const all = exportsOf(runtime.state.world.resources, f);
    const map = all.find(m => m.name === name);
    if (!map) void reply.code(404).send({ error: 'not-found', message: `Module ${f.spec.module} exports no map ${name}`, cure: all.length === 0 ? 'it exports none' : `it exports ${all.map(m => m.name).join(', ')}` } satisfies ApiError);
    return map;
  }

  async function askAll<K extends Ask['kind']>(all: readonly Place[], ask: (place: Place) => Extract<Ask, { kind: K }>) {
    type A = Extract<Parameters<typeof runtime.asks.answered>[2], { kind: K }>;
    const heard: Heard<A>[] = [];
    for (let from = 0; from < all.length; from += MAX_ASKED) {
      heard.push(...await Promise.all(all.slice(from, from + MAX_ASKED).map(async (place): Promise<Heard<A>> => {
        const question = ask(place);
        const told = await runtime.asks.ask(place.server, question);
        if ('silent' in told) return { place, silent: told.silent };
        const { answer } = told;
        if (answer.kind === 'refused') return { place, refused: answer.error.message };
        return answer.kind === question.kind ? { place, answer: answer as A } : { place, refused: 'its visor answered something else' };
      })));
    }
    return heard;
  }

  app.get('/v1/functions/:domain/:name/maps', { schema: { operationId: 'listMaps', tags: ['modules'], summary: 'The maps that the module of a Function exports, with their types, and where it runs', params: oneFunction, response: { 200: functionMapsSchema, ...errors } } }, async (request, reply) => {
    const f = found(request, reply, 'reads');
    if (!f) return reply as never;
    const { domain, name } = f.metadata;
    return { function: `${domain}/${name}`, module: f.spec.module, maps: [...exportsOf(runtime.state.world.resources, f)], places: places(f).map(shown) };
  });

  app.get('/v1/functions/:domain/:name/maps/:map', { schema: { operationId: 'readMap', tags: ['modules'], summary: `What servers have in an exported map now, in the order of keys; at most ${MAX_ASKED} servers at once`, params: oneMap, querystring: readQuery, response: { 200: readMapSchema, ...errors } } }, async (request, reply) => {
    const { query, params } = request;
    const f = found(request, reply, 'reads');
    const map = f && mapOf(reply, f, params.map);
    if (!map) return reply as never;
    const all = places(f).filter(p => isMeant(p, query) && (query.continue === undefined || p.server > query.continue));
    const servers = new Set([...new Set(all.map(p => p.server))].slice(0, MAX_ASKED));
    const heard = await askAll(all.filter(p => servers.has(p.server)), ({ uid }) => ({ kind: 'read-map', element: uid, map: map.name, most: query.limit, after: query.after, ...query.key !== undefined && { key: keyFrom(query.key) } }));
    const more = all.some(p => !servers.has(p.server));
    return {
      map, silent: silentOf(heard), ...more && { continue: [...servers].at(-1)! },
      items: heard.filter(h => h.silent === undefined).map(({ place, answer, refused }) => ({ ...shown(place), ...answer && { rows: answer.rows, ...answer.next !== undefined && { next: answer.next } }, ...refused !== undefined && { refused } })),
    };
  });

  app.patch('/v1/functions/:domain/:name/maps/:map', { schema: { operationId: 'changeMap', tags: ['modules'], summary: 'Set and delete entries of an exported map where it runs now, beside those of the config; not stored, but for the audit log: as if packets had', params: oneMap, body: changeMapSchema, response: { 200: changedMapSchema, ...errors } } }, async (request, reply) => {
    const { body, params } = request;
    const f = found(request, reply, 'writes');
    const map = f && mapOf(reply, f, params.map);
    if (!map) return reply as never;
    const meant = places(f).filter(p => isMeant(p, body));
    const path = pathOf(f);
    const [problem] = changeProblems(runtime.state.world.resources, f, map.name, body as never, meant);
    if (problem) return reply.code(400).send({ error: 'invalid', message: showProblem(problem), problems: [{ ...problem, path: [...problem.path] }] });
    if (meant.length === 0) return reply.code(409).send({ error: 'conflict', message: `Function ${path} runs nowhere${body.server === undefined && body.network === undefined ? '' : ' there'}`, cure: 'what it shall always have belongs into its config' });
    const { set, delete: gone, seconds } = body;
    const checked = await askAll(meant, ({ uid }) => ({ kind: 'check-map', element: uid, map: map.name, set, delete: gone, seconds }));
    const willing = checked.filter(h => h.answer);
    // In the audit log before it is done: what the store refuses does not happen.
    const ordered = willing.length === 0 ? undefined : await runtime.write({ kind: 'act', acts: actsOf(`Function/${path}`, map.name, body, willing) }, request.caller);
    if (ordered?.ok === false) return reply.code(ordered.error.error === 'forbidden' ? 403 : 503).send(ordered.error);
    const heard: Heard<{ readonly changed: number }>[] = [...checked.flatMap(({ answer, ...rest }) => answer ? [] : [rest]), ...await askAll(willing.map(h => h.place), ({ uid }) => ({ kind: 'change-map', element: uid, map: map.name, set, delete: gone, seconds }))];
    const done = heard.filter(h => h.answer), refusals = heard.filter(h => h.refused !== undefined), silent = silentOf(heard);
    if (done.length > 0) {
      const by = showCaller(request.caller);
      request.log.info({ caller: by, function: path, map: map.name, set: body.set.length, deleted: body.delete.length, servers: done.length }, 'entries of a map were changed');
      runtime.happened([{ wallMs: Date.now(), key: `Function/${path}`, what: 'changed', message: `${map.name}: ${body.set.length} set, ${body.delete.length} deleted on ${[...new Set(done.map(d => d.place.server))].slice(0, 8).join(', ')}${done.length > 8 ? ' …' : ''}${done.length < heard.length ? `, not on ${heard.length - done.length} more` : ''}, by ${by}` }]);
    } else if (refusals.length > 0) return reply.code(409).send({ error: 'conflict', message: refusals[0]!.refused!, cure: `refused by ${refusals.map(r => r.place.server).join(', ')}; nothing was changed` });
    else return reply.code(503).send({ error: 'unavailable', message: silent.map(s => `${s.server}: ${s.why}`).join('; '), cure: 'ask again when the servers are there' });
    return { silent, items: heard.filter(h => h.silent === undefined).map(({ place, answer, refused }) => ({ ...shown(place), ...answer && { changed: answer.changed }, ...refused !== undefined && { refused } })) };
  });
}

/** One for all places where the same was there before. */
function actsOf(key: string, map: string, { set, delete: gone, seconds }: z.infer<typeof changeMapSchema>, willing: readonly Heard<{ readonly before: readonly MapRow[] }>[]): Act[] {
  const after = set.map(entry => { const [at, value] = entry as [unknown, unknown]; return { key: at, value, ...seconds !== undefined && { expiresSeconds: seconds } }; });
  const same = Map.groupBy(willing, ({ answer }) => JSON.stringify(answer!.before));
  return [...same.values()].map(places => ({
    key, on: places.map(({ place: { server, network } }) => `${server}/${network}`),
    before: { map, entries: places[0]!.answer!.before } as unknown as Json, after: { map, entries: after, ...gone.length > 0 && { deleted: gone } } as unknown as Json,
  }));
}

function shown({ server, network, module }: Place): { server: string; network: string; module: string } {
  return { server, network, module };
}

function isMeant(place: Place, { server, network }: { readonly server?: string | undefined; readonly network?: string | undefined }): boolean {
  return (server === undefined || place.server === server) && (network === undefined || place.network === network);
}

function silentOf(heard: readonly Heard<unknown>[]): { server: string; why: string }[] {
  return [...new Map(heard.flatMap(h => h.silent === undefined ? [] : [[h.place.server, h.silent] as const]))].map(([server, why]) => ({ server, why }));
}

/** `10.0.0.1` needs no quotes, nor does a number. */
function keyFrom(text: string): unknown {
  try { return JSON.parse(text); } catch { return text; }
}
