// State → what the visor says that it has. It claims only what the data path showed (`confirmed`), never what was merely done.

import { MAX_REPORTED, type ObjectStatus, type VisorStatus } from '../../model/status.ts';
import type { Generation } from '../../model/plan.ts';
import type { Desired } from './desired.ts';
import type { LocalEndpoint } from './document.ts';
import { seenByUid, stayingUids } from './lookup.ts';
import { reconcile } from './reconcile.ts';
import type { Trouble, VisorState } from './state.ts';

/** Counters are the shell's to fill in. */
export function statusOf(state: VisorState): VisorStatus {
  const { desired, confirmed, identity } = state;
  const elements = new Map((confirmed?.elements ?? []).map(e => [e.uid, e.specHash]));
  const endpoints = seenByUid(confirmed);
  const bornUids = new Set(untoldSeats(state.wanted.endpoints));
  const sure = (object: string): boolean => !state.unsure.has(object);
  const elementReady = new Map(desired.elements.map(e => [e.spec.uid, elements.get(e.spec.uid) === e.hash && sure(`element ${e.spec.uid}`)]));
  const owned = new Map(desired.elements.map(e => [e.owner, e.spec.uid]));
  const { born, spent, refused } = bornOf(state);
  const left = leftOf(state);
  return {
    ...identity,
    received: state.received ?? state.durable.plan?.generation ?? null,
    applied: state.applied ?? null,
    ...left && { left }, ...born.length > 0 && { born }, ...spent.length > 0 && { spent },
    elements: desired.elements.slice(0, MAX_REPORTED).map(e => object(e.spec.uid, e.owner, elementReady.get(e.spec.uid) === true, state.troubles.get(`element ${e.spec.uid}`))),
    endpoints: [
      ...desired.endpoints.map(made => {
        const { name, network, spec, hash } = made, found = endpoints.get(spec.uid);
        // The element that it enters by, which may be a filter, and that which delivers to it.
        const needs = [spec.element, owned.get(network) ?? ''];
        const ready = found?.alive === true && found.specHash === hash && sure(`endpoint ${spec.uid}`) && needs.every(uid => elementReady.get(uid) === true);
        const untold = bornUids.has(spec.uid) ? state.troubles.get(`director ${name}`) : undefined;
        if (ready && !untold) return readyOf(made);
        const trouble = [`endpoint ${spec.uid}`, ...needs.map(uid => `element ${uid}`)].map(o => state.troubles.get(o)).find(t => t !== undefined);
        return object(spec.uid, name, false, untold ?? trouble);
      }),
      ...refused,
      ...desired.absent.map(e => ({ uid: e.uid, name: e.endpoint, state: 'absent' as const, message: 'no workload on this server has asked for it: iov endpoint attach' })),
    ].slice(0, MAX_REPORTED),
    degraded: [...state.troubles].sort(([a], [b]) => a < b ? -1 : 1).slice(0, MAX_REPORTED).map(([name, t]) => ({ object: name, message: t.message, attempts: t.attempts })),
    changes: 0,
    drops: [],
  };
}

/** `refused`: the Director will not have them, or their network is gone: they are off the data path. */
function bornOf({ wanted, durable, desired }: VisorState): { readonly born: string[]; readonly spent: string[]; readonly refused: readonly ObjectStatus[] } {
  const untold = [...untoldSeats(wanted.endpoints), ...untoldSeats(durable.endpoints)];
  const here = new Set(untold.length === 0 ? [] : desired.endpoints.map(e => e.spec.uid));
  return {
    born: [...new Set(untold)].sort(), spent: [...wanted.spent],
    refused: durable.endpoints.filter(isUntoldSeat).flatMap(({ endpoint: name, leased, known, refused }) => !leased || known || here.has(leased.seat.uid) ? [] : [{
      uid: leased.seat.uid, name, state: 'degraded' as const,
      message: `born while the Director was away, and ${refused === undefined ? `the plan has Network ${leased.seat.network} here no more` : `refused by it since: ${refused}`}; detach it and attach it again`,
    }]),
  };
}

/** The plan on disk, if it is the newest that is known and none stands, or is about to, that it does not have. */
function leftOf({ wanted, durable, desired, confirmed, unsure, flights, received }: VisorState): Generation | undefined {
  if (wanted.plan === undefined || wanted.plan !== durable.plan || !confirmed) return undefined;
  const stay = stayingUids(desired);
  const isStray = (uid: string): boolean => !stay.has(uid);
  if (confirmed.endpoints.some(e => isStray(e.uid))) return undefined;
  if ([...unsure.keys()].some(object => object.startsWith('endpoint ') && isStray(object.slice('endpoint '.length)))) return undefined;
  if ([...flights.values()].some(({ work }) => work.kind === 'datapath' && work.operation.kind === 'put-endpoint' && isStray(work.operation.spec.uid))) return undefined;
  return received ?? durable.plan.generation;
}

/** Born from a lease, and the Director has yet to hear of it. */
function isUntoldSeat({ leased, known }: LocalEndpoint): boolean {
  return leased !== undefined && known === undefined;
}

function untoldSeats(endpoints: readonly LocalEndpoint[]): string[] {
  return endpoints.filter(isUntoldSeat).flatMap(({ leased }) => leased?.seat.uid ?? []);
}

/** Most are, in all reports. */
const READY = new WeakMap<Desired['endpoints'][number], ObjectStatus>();
function readyOf(made: Desired['endpoints'][number]): ObjectStatus {
  const known = READY.get(made) ?? object(made.spec.uid, made.name, true, undefined);
  READY.set(made, known);
  return known;
}

function object(uid: string, name: string, ready: boolean, trouble: Trouble | undefined): ObjectStatus {
  if (ready) return { uid, name, state: 'ready' };
  return trouble ? { uid, name, state: 'degraded', message: trouble.message } : { uid, name, state: 'pending' };
}

/** Everything of the durable plan was seen in the data path. */
export function isApplied(state: VisorState): boolean {
  return state.planned && state.durable.plan !== undefined && state.wanted.plan === state.durable.plan && state.confirmed !== undefined && state.unsure.size === 0 && reconcile(state.desired, state.confirmed).length === 0;
}
