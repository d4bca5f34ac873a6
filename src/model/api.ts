// Bodies of the Director's API that are not resources: one schema each, for server, client and OpenAPI.

import { z } from 'zod';
import { address, name } from './fields.ts';
import { MAX_SOURCES, MAX_SOURCE_BYTES } from './functions.ts';
import { KIND_NAMES, resourceSchema } from './resource.ts';
import { dropCountSchema, visorStatusSchema } from './status.ts';

export const MAX_APPLY = 4096;

const problemSchema = z.object({
  key: z.string().optional(),
  path: z.array(z.union([z.string(), z.number()])),
  message: z.string(),
});

export const errorSchema = z.object({
  error: z.enum(['invalid', 'not-found', 'conflict', 'exists', 'busy', 'unavailable', 'unauthenticated', 'forbidden', 'gone', 'bad-request', 'too-large', 'internal']),
  message: z.string(),
  cure: z.string().optional(),
  problems: z.array(problemSchema).optional(),
  diagnostics: z.array(z.string()).optional().meta({ description: 'of a module: place, what is wrong, why, and the cure' }),
}).meta({ id: 'Error' });
export type ApiError = z.infer<typeof errorSchema>;

export const applySchema = z.strictObject({
  /** Checked one by one by the same code that checks files, so that the messages are the same. */
  resources: z.array(z.unknown().meta({ $ref: '#/components/schemas/ResourceInput' })).max(MAX_APPLY),
  dryRun: z.boolean().default(false),
}).meta({ examples: [{ resources: [{ apiVersion: 'iovisor/v1', kind: 'Domain', metadata: { name: 'shop' } }, { apiVersion: 'iovisor/v1', kind: 'Network', metadata: { domain: 'shop', name: 'web' }, spec: { subnets: ['10.1.1.0/24'] } }] }] });

const changeSchema = z.object({
  action: z.enum(['created', 'changed', 'deleted', 'unchanged']),
  key: z.string(),
  fields: z.array(z.object({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })),
});

const planRow = z.object({ name: z.string(), action: z.enum(['created', 'changed', 'deleted']) });
const planChangeSchema = z.object({
  server: z.string(),
  elements: z.array(planRow.extend({
    loses: z.array(z.string()).optional().meta({ description: 'what packets wrote that the new version of the module has no place for' }),
  })).meta({ description: 'by owner: Network/shop/web' }),
  endpoints: z.array(planRow).meta({ description: 'domain/name' }),
});
export type PlanChange = z.infer<typeof planChangeSchema>;

export const appliedSchema = z.object({
  revision: z.number(), dryRun: z.boolean(), changes: z.array(changeSchema),
  warnings: z.array(z.string()).optional(),
  plans: z.array(planChangeSchema).optional().meta({ description: 'of a dry run: servers whose plan would be another, and what of it' }),
}).meta({ id: 'Applied' });
export type Applied = z.infer<typeof appliedSchema>;

export const kindSchema = z.enum(KIND_NAMES as readonly [string, ...string[]]).meta({ description: 'of resources' });
export const domainFilter = z.string().meta({ description: 'what is in it, and itself' });
export const MAX_PAGE = 10_000;
export const listedSchema = z.object({
  epoch: z.string(), revision: z.number().meta({ description: 'a watch from here misses nothing of what was listed, on whichever page' }), items: z.array(resourceSchema),
  continue: z.string().optional().meta({ description: 'there is more: ask again with this' }),
}).meta({ id: 'Listed' });
export type Listed = z.infer<typeof listedSchema>;

/** A module as its author wrote it. */
export const pushSchema = z.strictObject({
  name, entry: z.string().max(256), sources: z.record(z.string().max(256), z.string().max(MAX_SOURCE_BYTES)).refine(s => Object.keys(s).length <= MAX_SOURCES, `at most ${MAX_SOURCES} files`),
});
export type Push = z.infer<typeof pushSchema>;

/** A visor's word when it joins, or asks for the next certificate. */
export const certificateRequestSchema = z.strictObject({
  server: name, csr: z.string().max(8192).meta({ description: 'PKCS #10, PEM' }),
  token: z.string().max(256).optional().meta({ description: 'for a key that the Director does not know yet' }),
  underlay: address.optional(),
});
export type CertificateRequest = z.infer<typeof certificateRequestSchema>;
export const certificateSchema = z.object({
  certificate: z.string().meta({ description: 'PEM' }),
  authorities: z.string().meta({ description: 'PEM of all that sign for this zone: to trust from now on' }),
}).meta({ id: 'Certificate' });
export type Certificate = z.infer<typeof certificateSchema>;

export const healthSchema = z.object({
  ok: z.literal(true), epoch: z.string(), revision: z.number(), version: z.string(), you: z.string().meta({ description: 'who asks, as the Director sees it' }),
}).meta({ id: 'Health' });
export type Health = z.infer<typeof healthSchema>;

const serverStatusSchema = z.object({
  server: z.string(), heardMs: z.number().meta({ description: 'wall clock of the Director, ms' }), status: visorStatusSchema,
});
export const serverStatusesSchema = z.object({ items: z.array(serverStatusSchema) });
export type ServerStatus = z.infer<typeof serverStatusSchema>;

export const dropsSchema = z.object({ items: z.array(dropCountSchema.extend({ server: z.string(), owner: z.string().optional() })) });
export type ZoneDrops = z.infer<typeof dropsSchema>;

const happeningSchema = z.object({
  wallMs: z.number(), key: z.string(), server: z.string().optional(),
  what: z.enum(['created', 'changed', 'deleted', 'heard', 'applied', 'pending', 'ready', 'degraded', 'absent']), message: z.string(),
});
export type Happening = z.infer<typeof happeningSchema>;
export const eventsSchema = z.object({ items: z.array(happeningSchema) });

export const MAX_AUDIT_REVISIONS = 1000;
const auditRowSchema = z.object({
  revision: z.number(), wallMs: z.number(), by: z.string().meta({ description: "'user NAME', 'visor SERVER', or 'uid N' over the unix socket" }),
  action: z.enum(['created', 'changed', 'deleted']), key: z.string().meta({ description: "of a resource, or 'Director/authority', 'Director/store'" }),
  on: z.array(z.string()).optional().meta({ description: 'of entries of maps, which no resource has: where they were set, as server/network' }),
  before: z.unknown().optional(), after: z.unknown().optional(),
});
export type AuditRow = z.infer<typeof auditRowSchema>;
export const auditSchema = z.object({ revision: z.number().meta({ description: 'ask again after this one' }), items: z.array(auditRowSchema) });

const saidAt = z.number().meta({ description: 'of the store when this was said: earlier changes of others may follow' });
const goOnFrom = z.number().meta({ description: 'all up to here was said: a watch goes on from it' });

/** A watch of resources, one JSON object a line. One that begins at a revision hears what changed since: the newest form of each, once. */
export const resourceMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('put'), revision: saidAt, resource: resourceSchema }),
  z.object({ type: z.literal('deleted'), revision: saidAt, key: z.string() }),
  z.object({ type: z.literal('synced'), epoch: z.string(), revision: goOnFrom }),
  z.object({ type: z.literal('bookmark'), epoch: z.string(), revision: goOnFrom }),
]);
export type ResourceMessage = z.infer<typeof resourceMessageSchema>;
