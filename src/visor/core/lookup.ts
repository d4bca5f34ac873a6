// Endpoints by name and by uid, of what stays while many events come: made once for each state of it.

import type { Observed } from '../../datapath/datapath.ts';
import type { Plan, PlannedEndpoint } from '../../model/plan.ts';
import type { Desired } from './desired.ts';
import type { LocalEndpoint } from './document.ts';
import { indexBy, type Index } from '../../model/index-by.ts';

export const localByName = indexBy<LocalEndpoint>(e => e.endpoint);

const byName = indexBy<Desired['endpoints'][number]>(e => e.name);
export function desiredByName(desired: Desired): Index<Desired['endpoints'][number]> {
  return byName(desired.endpoints);
}

const plannedHere = indexBy<PlannedEndpoint>(e => e.endpoint);
const NOBODY: readonly PlannedEndpoint[] = [];
export function plannedByName(plan: Plan | undefined): Index<PlannedEndpoint> {
  return plannedHere(plan?.own?.section.endpoints ?? NOBODY);
}

const uids = new WeakMap<Desired, ReadonlySet<string>>();
/** Of endpoints that shall be, and of those that may stay. */
export function stayingUids(desired: Desired): ReadonlySet<string> {
  const staying = uids.get(desired) ?? new Set([...desired.endpoints.map(e => e.spec.uid), ...desired.absent.map(e => e.uid)]);
  uids.set(desired, staying);
  return staying;
}

const byUid = indexBy<Observed['endpoints'][number]>(e => e.uid);
const NONE: Observed['endpoints'] = [];
export function seenByUid(observed: Observed | undefined): Index<Observed['endpoints'][number]> {
  return byUid(observed?.endpoints ?? NONE);
}
