// What a visor says that it has. Never what it was asked for: an object is `ready` only when the data path itself showed it.

import { z } from 'zod';

const generationSchema = z.strictObject({ epoch: z.string(), revision: z.int().min(0), planner: z.int().min(0) });

/** pending: on the way · ready: as planned · degraded: refused, the last good form stays · absent: planned, but no workload is here. */
const stateSchema = z.enum(['pending', 'ready', 'degraded', 'absent']);

export const dropCountSchema = z.strictObject({
  element: z.string().optional(), module: z.string(), file: z.string(), line: z.int().min(0), reason: z.string(), packets: z.number().min(0),
});

const objectStatusSchema = z.strictObject({
  uid: z.string(),
  /** Of an element, the key of the resource that it serves, `Network/shop/web`; of an endpoint, `domain/name`. */
  name: z.string(),
  state: stateSchema,
  message: z.string().optional().meta({ description: 'why it is not ready, and what to do' }),
});
export type ObjectStatus = z.infer<typeof objectStatusSchema>;

export const MAX_REPORTED = 16_384;

export const visorStatusSchema = z.strictObject({
  server: z.string(),
  engine: z.enum(['kernel', 'vm', 'none']),
  /** Counts up with each start of the visor's process; tells a restart. */
  started: z.string(),
  received: generationSchema.nullable().meta({ description: 'the newest plan it knows' }),
  applied: generationSchema.nullable().meta({ description: 'the newest plan of which everything is in the data path' }),
  left: generationSchema.optional().meta({ description: 'the newest plan of which is known that no endpoint stands here any more that it does not have' }),
  born: z.array(z.string()).max(MAX_REPORTED).optional().meta({ description: 'uids of leased endpoints that workloads were given here, and the Director has yet to hear of' }),
  spent: z.array(z.string()).max(MAX_REPORTED).optional().meta({ description: 'uids of leased endpoints that workloads had here, and that are over' }),
  elements: z.array(objectStatusSchema).max(MAX_REPORTED),
  endpoints: z.array(objectStatusSchema).max(MAX_REPORTED),
  degraded: z.array(z.strictObject({ object: z.string(), message: z.string(), attempts: z.int().min(0) })).max(MAX_REPORTED),
  changes: z.int().min(0).meta({ description: 'changes made to the data path since this start; 0 after a restart that found all in place (Datapath.changes)' }),
  drops: z.array(dropCountSchema).max(MAX_REPORTED).default([]),
}).meta({ id: 'VisorStatus', description: 'what a visor has' });

export type VisorStatus = z.infer<typeof visorStatusSchema>;
export type DropRow = z.infer<typeof dropCountSchema>;
