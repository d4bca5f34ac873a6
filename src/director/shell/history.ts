// Routes about the past: events, which are kept for a while in memory, the audit log, which is the store's, and the store itself as a backup.

import { randomUUID } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { isAbout, type About } from '../../model/about.ts';
import { MAX_AUDIT_REVISIONS, auditSchema, domainFilter, errorSchema, eventsSchema, kindSchema, type ApiError } from '../../model/api.ts';
import { auditOf } from '../core/audit.ts';
import { only, rightsIn } from './trust/guard.ts';
import type { DirectorRuntime } from './runtime.ts';

export function historyRoutes(plain: FastifyInstance, runtime: DirectorRuntime, stateDir: string | undefined): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const about = z.object({ kind: kindSchema.optional(), domain: domainFilter.optional(), name: z.string().optional().meta({ description: 'without the domain' }) });
  /** Of what was asked for, what may be read. */
  const shown = <Row extends { readonly key: string }>(rows: readonly Row[], request: FastifyRequest, wanted: About): Row[] => {
    const rights = rightsIn(runtime, request);
    return rows.filter(({ key }) => isAbout(wanted, key) && rights.reads(key));
  };

  app.get('/v1/events', { schema: { operationId: 'listEvents', tags: ['history'], summary: 'What happened to resources lately, oldest first; kept in memory, since the Director runs', querystring: about, response: { 200: eventsSchema } } }, request =>
    ({ items: shown(runtime.happenings, request, request.query) }));

  app.get('/v1/audit', { schema: { operationId: 'readAudit', tags: ['history'], summary: `Changes of resources, oldest first: at most ${MAX_AUDIT_REVISIONS} revisions behind \`after\`; without it, the newest`, querystring: about.extend({ after: z.coerce.number().int().min(0).optional().meta({ description: 'a revision' }) }), response: { 200: auditSchema } } }, request => {
    const { after = Math.max(0, runtime.state.revision - MAX_AUDIT_REVISIONS) } = request.query;
    const entries = runtime.log(after, MAX_AUDIT_REVISIONS);
    return { revision: entries.at(-1)?.revision ?? after, items: shown(auditOf(entries), request, request.query) };
  });

  app.get('/v1/backup', { preParsing: only(runtime, 'admins', 'read the store'), schema: { operationId: 'readBackup', tags: ['history'], summary: 'The store as one SQLite file, consistent, while it goes on; for iov restore', response: { 200: { description: 'An SQLite database.', content: { 'application/vnd.sqlite3': { schema: z.unknown() } } }, 503: errorSchema } } }, async (_, reply) => {
    const dir = stateDir ?? tmpdir();
    const file = join(dir, `backup-${randomUUID()}.db`);
    try {
      if (!await runtime.backup(file)) return reply.code(503).send({ error: 'unavailable', message: 'this Director keeps its state in memory: there is nothing to back up' } satisfies ApiError);
      const copy = await open(file, 'r');
      return reply.type('application/vnd.sqlite3').send(createReadStream(file, { fd: copy }));
    } catch (e) {
      return reply.code(503).send({ error: 'unavailable', message: `the copy cannot be made: ${(e as Error).message}`, cure: `see that there is room in ${dir}` } satisfies ApiError);
    } finally {
      // Open, it stays readable; nothing is left if the reader or the Director goes.
      rmSync(file, { force: true });
    }
  });
}
