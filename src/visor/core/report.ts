// State → what the visor says that it has. It claims only what the data path showed (`confirmed`), never what was merely done.

import { MAX_REPORTED, type ObjectStatus, type VisorStatus } from '../../model/status.ts';
import { reconcile } from './reconcile.ts';
import type { Trouble, VisorState } from './state.ts';

/** Counters are the shell's to fill in. */
export function statusOf(state: VisorState): VisorStatus {
  const { desired, confirmed, identity } = state;
  const elements = new Map((confirmed?.elements ?? []).map(e => [e.uid, e.specHash]));
  const endpoints = new Map((confirmed?.endpoints ?? []).map(e => [e.uid, e]));
  const sure = (object: string): boolean => !state.unsure.has(object);
  const elementReady = new Map(desired.elements.map(e => [e.spec.uid, elements.get(e.spec.uid) === e.hash && sure(`element ${e.spec.uid}`)]));
  // The element that it enters by, which may be a filter, and that which delivers to it.
  const delivers = new Map(desired.elements.flatMap(e => e.spec.wires.flatMap(w => w.to === 'endpoint' ? [[w.endpoint, e.spec.uid] as const] : [])));
  return {
    ...identity,
    received: state.received ?? state.durable.plan?.generation ?? null,
    applied: state.applied ?? null,
    elements: desired.elements.slice(0, MAX_REPORTED).map(e => object(e.spec.uid, e.owner, elementReady.get(e.spec.uid) === true, state.troubles.get(`element ${e.spec.uid}`))),
    endpoints: [
      ...desired.endpoints.map(({ name, spec, hash }) => {
        const found = endpoints.get(spec.uid);
        const needs = [...new Set([spec.element, delivers.get(spec.uid) ?? ''])];
        const ready = found?.alive === true && found.specHash === hash && sure(`endpoint ${spec.uid}`) && needs.every(uid => elementReady.get(uid) === true);
        const trouble = [`endpoint ${spec.uid}`, ...needs.map(uid => `element ${uid}`)].map(o => state.troubles.get(o)).find(t => t !== undefined);
        return object(spec.uid, name, ready, trouble);
      }),
      ...desired.absent.map(e => ({ uid: e.uid, name: e.endpoint, state: 'absent' as const, message: 'no workload on this server has asked for it: iov endpoint attach' })),
    ].slice(0, MAX_REPORTED),
    degraded: [...state.troubles].sort(([a], [b]) => a < b ? -1 : 1).slice(0, MAX_REPORTED).map(([name, t]) => ({ object: name, message: t.message, attempts: t.attempts })),
    changes: 0,
    drops: [],
  };
}

function object(uid: string, name: string, ready: boolean, trouble: Trouble | undefined): ObjectStatus {
  if (ready) return { uid, name, state: 'ready' };
  return trouble ? { uid, name, state: 'degraded', message: trouble.message } : { uid, name, state: 'pending' };
}

/** Everything of the durable plan was seen in the data path. */
export function isApplied(state: VisorState): boolean {
  return state.planned && state.durable.plan !== undefined && state.wanted.plan === state.durable.plan && state.confirmed !== undefined && state.unsure.size === 0 && reconcile(state.desired, state.confirmed).length === 0;
}
