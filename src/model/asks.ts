// What the Director asks a visor while its plan is watched, and what the visor answers; and the bodies of the API that these questions are for.
// Nothing of it is stored: an answer is what a server has at that moment.

import { z } from 'zod';
import { errorSchema, type ApiError } from './api.ts';
import { logLineSchema, MAX_LINES } from './log-lines.ts';

/** Entries of one element in one answer. */
export const MAX_ROWS = 2000;
export const DEFAULT_ROWS = 500;
/** Entries that one request changes. */
const MAX_CHANGED = 1000;
/** Servers that one request asks. */
export const MAX_ASKED = 64;
export const MAX_ANSWER_BYTES = 8 << 20;

/** JSON. */
const json = z.unknown();

/** `element`: its uid. */
export type Ask =
  | { readonly kind: 'read-map'; readonly element: string; readonly map: string; readonly most: number; readonly after?: string | undefined; readonly key?: unknown }
  | ({ readonly kind: 'change-map' } & MapChange)
  /** Whether that would be done, and what is there before it: nothing is changed. */
  | ({ readonly kind: 'check-map' } & MapChange)
  /** `owner`: of modules whose elements serve this (a beginning of a key); absent: all, and what the visor says itself. `after`: what an answer before ended with. */
  | { readonly kind: 'read-logs'; readonly owner?: string | undefined; readonly after?: LogPlace | undefined; readonly most: number };
interface MapChange { readonly element: string; readonly map: string; readonly set: readonly unknown[]; readonly delete: readonly unknown[]; readonly seconds?: number | undefined }
/** `started` tells one run of a process from the next: serial numbers begin anew with each. */
export interface LogPlace { readonly started: string; readonly last: number }
export const LOG_RUN_CHARACTERS = 8;

const mapRowSchema = z.object({
  key: json.optional().meta({ description: 'as config has it: addresses as text, structs by field, a u64 as a decimal string; absent in config and shape, which have one value' }),
  value: json.meta({ description: 'of per-CPU maps the sum over CPUs, if it is all numbers' }),
  expiresSeconds: z.number().optional().meta({ description: 'of expiring maps; absent: it stays' }),
});
export type MapRow = z.infer<typeof mapRowSchema>;

export const answerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('read-map'), rows: z.array(mapRowSchema).max(MAX_ROWS), next: z.string().max(4096).optional() }),
  z.strictObject({ kind: z.literal('change-map'), changed: z.int().min(0) }),
  z.strictObject({ kind: z.literal('check-map'), before: z.array(mapRowSchema).max(2 * MAX_CHANGED) }),
  z.strictObject({ kind: z.literal('read-logs'), started: z.string().max(LOG_RUN_CHARACTERS), last: z.int().min(0), lines: z.array(logLineSchema).max(MAX_LINES) }),
  z.strictObject({ kind: z.literal('refused'), error: errorSchema }),
]).meta({ id: 'Answer', description: "a visor's answer to what the Director asked" });
export type Answer = z.infer<typeof answerSchema>;

const exportedMapSchema = z.object({
  name: z.string(),
  kind: z.string(),
  key: z.string().meta({ description: 'its type; empty in config and shape' }),
  value: z.string(),
  entries: z.int().meta({ description: 'what there is room for' }),
  set: z.enum(['config', 'both', 'never']).meta({ description: "both: entries by config, and while it runs; config: by config alone; never: packets write it" }),
  inConfig: z.int().optional().meta({ description: 'entries that the config has' }),
});
export type ExportedMap = z.infer<typeof exportedMapSchema>;

const place = { server: z.string(), network: z.string(), module: z.string().meta({ description: 'the version that runs there, knock@1' }) };
const silent = z.array(z.object({ server: z.string(), why: z.string() })).meta({ description: 'servers that run it and did not answer' });

export const functionMapsSchema = z.object({ function: z.string(), module: z.string(), maps: z.array(exportedMapSchema), places: z.array(z.object(place)) }).meta({ id: 'FunctionMaps' });
export type FunctionMaps = z.infer<typeof functionMapsSchema>;

export const readMapSchema = z.object({
  map: exportedMapSchema,
  items: z.array(z.object({ ...place, rows: z.array(mapRowSchema).optional(), next: z.string().optional().meta({ description: 'there is more: ask again with server, network and after' }), refused: z.string().optional() })),
  silent,
  continue: z.string().optional().meta({ description: 'more servers run it: ask again with this' }),
}).meta({ id: 'ReadMap' });
export type ReadMap = z.infer<typeof readMapSchema>;

export const changeMapSchema = z.strictObject({
  set: z.array(json).max(MAX_CHANGED).default([]).meta({ description: 'entries [key, value]' }),
  delete: z.array(json).max(MAX_CHANGED).default([]).meta({ description: 'keys' }),
  seconds: z.number().positive().max(86_400 * 365).optional().meta({ description: 'of expiring maps: what is set stays for so long; absent: until it is deleted' }),
  server: z.string().optional().meta({ description: 'there alone' }),
  network: z.string().optional().meta({ description: 'around that one alone' }),
}).refine(c => c.set.length + c.delete.length > 0, "needs 'set' or 'delete'");
export type ChangeMap = z.input<typeof changeMapSchema>;

export const changedMapSchema = z.object({
  items: z.array(z.object({ ...place, changed: z.int().optional(), refused: z.string().optional() })), silent,
}).meta({ id: 'ChangedMap' });
export type ChangedMap = z.infer<typeof changedMapSchema>;

export const readLogsSchema = z.object({
  items: z.array(logLineSchema).meta({ description: 'oldest first' }), silent,
  after: z.string().meta({ description: 'ask again with this for what follows' }),
}).meta({ id: 'ReadLogs' });
export type ReadLogs = z.infer<typeof readLogsSchema>;

export function refusedAnswer(error: ApiError): Answer {
  return { kind: 'refused', error };
}
