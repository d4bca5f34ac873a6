// When a plan is not taken over: it would take away what nobody here gave up. It is the whole plan that waits, for a station is cut off by its
// network's tables as surely as by the end of its device. Nothing of it is on disk: after a crash the same plan is offered, and held, again.

import type { Generation, Plan } from '../../model/plan.ts';
import type { Document } from './document.ts';
import { plannedByName } from './lookup.ts';

/** A plan that takes away more than this part of the endpoints here, … */
const MOST_TAKEN_PART = 1 / 5;
/** … and at least so many, is held: of a few, one is more than a fifth every day. */
const LEAST_HELD = 4;

/** Why the plan waits, for people; undefined: it need not. */
export function heldBecause(plan: Plan, document: Document, reborn: ReadonlyMap<string, Generation>): string | undefined {
  const lacked = lackedBy(plan, document, reborn);
  if (lacked.length > 0) {
    return `the Director has another store, which lacks ${lacked.length} of the endpoints here, such as ${lacked[0]}: all stays as it is until it has them; apply their networks there again, detach them here, or let them go with iov server resume`;
  }
  const { taken, standing } = takenBy(plan, document);
  if (taken.length < LEAST_HELD || taken.length <= standing * MOST_TAKEN_PART) return undefined;
  return `the newest plan takes away ${taken.length} of the ${standing} endpoints here, such as ${taken[0]}: all stays as it is until they are in a plan again; if they shall go, say so with iov server resume`;
}

/**
 * Workloads of this server that a plan of another store does not have. A Director that lost its store, or was started on an empty one, knows
 * nothing of them, and nobody said that they shall go. `reborn`: what that store answered to their births; a plan from there on decides.
 */
export function lackedBy(plan: Plan, document: Document, reborn: ReadonlyMap<string, Generation>): readonly string[] {
  const before = document.plan?.generation.epoch;
  if (before === undefined || before === plan.generation.epoch) return [];
  const planned = plannedByName(plan);
  const epochOf = ({ known, leased, refused }: Document['endpoints'][number]): string | undefined => known ? known.epoch : refused === undefined ? leased?.epoch : undefined;
  return document.endpoints.filter(e => epochOf(e) === before && !planned.has(e.endpoint) && !(plan.generation.revision >= (reborn.get(e.endpoint)?.revision ?? Number.POSITIVE_INFINITY))).map(e => e.endpoint);
}

/** What another store answered counts from now on. */
export function withReborn(document: Document, reborn: ReadonlyMap<string, Generation>): Document {
  return reborn.size === 0 ? document : { ...document, endpoints: document.endpoints.map(e => ({ ...e, known: reborn.get(e.endpoint) ?? e.known })) };
}

/** Workloads that are here by the last plan, and in a newer one of the same store no more. Those that were detached here are not among them. */
function takenBy(plan: Plan, document: Document): { readonly taken: readonly string[]; readonly standing: number } {
  const before = document.plan;
  if (before?.own === undefined || before.generation.epoch !== plan.generation.epoch || before.own.hash === plan.own?.hash) return { taken: [], standing: 0 };
  const planned = plannedByName(plan);
  // Most plans take nobody away, and then it is not asked who stands.
  if (before.own.section.endpoints.every(e => planned.has(e.endpoint))) return { taken: [], standing: 0 };
  const here = new Set(document.endpoints.filter(e => e.known !== undefined && e.known.epoch === plan.generation.epoch && e.known.revision <= plan.generation.revision).map(e => e.endpoint));
  const standing = before.own.section.endpoints.filter(e => here.has(e.endpoint));
  return { taken: standing.filter(e => !planned.has(e.endpoint)).map(e => e.endpoint), standing: standing.length };
}
