// A visor's status as it goes to the Director: what is as in its last report is left out. Who does not have that one says so, and is told all.

import { z } from 'zod';
import { sameValue } from './canonical.ts';
import { visorStatusSchema, type VisorStatus } from './status.ts';

/** They are as long as a server has workloads. */
const LISTS = ['elements', 'endpoints', 'degraded', 'drops'] as const;
const { elements, endpoints, degraded, drops } = visorStatusSchema.shape;

export const reportSchema = visorStatusSchema.extend({
  elements: elements.optional(), endpoints: endpoints.optional(), degraded: degraded.optional(), drops: drops.unwrap().optional(),
  number: z.int().min(0).optional().meta({ description: 'counts this process’s reports' }),
  behind: z.int().min(0).optional().meta({ description: 'number of the report before: a list that is left out is as it was there. Refused with 409 where that one is not the last that was heard: then all is to be said' }),
}).meta({ id: 'StatusReport', description: 'what a visor has, or what of it is other than in its last report' });

export type StatusReport = z.infer<typeof reportSchema>;
/** `number`: of a report that was taken. */
export interface Reported { readonly number: number; readonly status: VisorStatus }

export function reportOf(status: VisorStatus, number: number, last: Reported | undefined): StatusReport {
  if (last?.status.started !== status.started) return { ...status, number };
  const stays = new Set<string>(LISTS.filter(list => sameValue(status[list], last.status[list])));
  return { ...Object.fromEntries(Object.entries(status).filter(([field]) => !stays.has(field))) as StatusReport, number, behind: last.number };
}

/** Undefined: it says less than all, behind a report that is not the last. Lists that stay are the same objects. */
export function statusOf({ number = 0, behind, ...said }: StatusReport, last: Reported | undefined): Reported | undefined {
  const base = behind !== undefined && last?.number === behind && last.status.started === said.started ? last.status : undefined;
  const { elements, endpoints, degraded, drops = behind === undefined ? [] : undefined } = { ...base, ...said };
  return elements && endpoints && degraded && drops ? { number, status: { ...said, elements, endpoints, degraded, drops } } : undefined;
}
