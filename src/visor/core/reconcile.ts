// Desired and observed → operations of the data path, in the order load, add, switch, remove, each with what it waits for.
// It is a pure comparison: called again with what came of it, it ends in no operations.

import type { ElementSpec, EndpointSpec, Observed, TunnelSpec, Uids } from '../../datapath/datapath.ts';
import { specHash } from '../../datapath/spec-hash.ts';
import { canonical } from '../../model/canonical.ts';
import { contested } from './contested.ts';
import type { Desired } from './desired.ts';
import { seenByUid, stayingUids } from './lookup.ts';

export type Operation =
  | { readonly kind: 'put-image'; readonly hash: string }
  | { readonly kind: 'put-tunnel'; readonly spec: TunnelSpec }
  | { readonly kind: 'put-element'; readonly spec: ElementSpec }
  | { readonly kind: 'put-endpoint'; readonly spec: EndpointSpec }
  | { readonly kind: 'remove-endpoint'; readonly uid: string }
  | { readonly kind: 'remove-element'; readonly uid: string }
  | { readonly kind: 'remove-image'; readonly hash: string };

interface Step {
  /** `element n1-c0ffee`: what it changes; one operation an object at a time. */
  readonly object: string;
  readonly operation: Operation;
  /** Tells this change of the object from others: after a refusal only another change is tried at once. */
  readonly change: string;
  /** False: something before it is not there yet. */
  readonly may: boolean;
  /** Objects whose changes come before, but for those that are refused: what they still have may lead there, or be in their way. */
  readonly behind?: readonly string[];
}

/** The last answer about the very same: most events change neither. */
const LAST = new WeakMap<Desired, { readonly observed: Observed; readonly steps: readonly Step[] }>();

export function reconcile(desired: Desired, observed: Observed): readonly Step[] {
  const last = LAST.get(desired);
  if (last?.observed === observed) return last.steps;
  const steps = compare(desired, observed);
  LAST.set(desired, { observed, steps });
  return steps;
}

function compare(desired: Desired, observed: Observed): Step[] {
  const images = new Set(observed.images);
  const elements = new Map(observed.elements.map(e => [e.uid, e]));
  const endpoints = seenByUid(observed);
  const tunnelStands = desired.tunnel === undefined || (observed.tunnel !== undefined && canonical(observed.tunnel) === canonical(desired.tunnel));
  const steps: Step[] = [];
  const add = (object: string, operation: Operation, change: string, may: boolean): void => { steps.push({ object, operation, change, may }); };

  for (const hash of desired.images) if (!images.has(hash)) add(`image ${hash}`, { kind: 'put-image', hash }, 'put', true);
  if (desired.tunnel && !tunnelStands) add('tunnel', { kind: 'put-tunnel', spec: desired.tunnel }, canonical(desired.tunnel), true);
  const others = desired.elements.filter(e => elements.get(e.spec.uid)?.specHash !== e.hash);
  const forNow = contested(others, desired, elements);
  const may = (spec: ElementSpec): boolean => images.has(spec.imageHash) && tunnelStands;
  // What is new, by what is asked for next to have it; and again, by the element that they are around, or are.
  const awaited = new Map<string, string>();
  const coming = new Map<string, string[]>();
  for (const { spec, hash } of others) {
    if (elements.has(spec.uid)) continue;
    const object = `element ${spec.uid}`, heart = heartOf(spec), waits = forNow.has(spec.uid);
    add(object, { kind: 'put-element', spec }, hash, !waits && may(spec));
    // It waits for what stands, perhaps for the very one that is to lead to it.
    if (waits) continue;
    const next = images.has(spec.imageHash) ? object : `image ${spec.imageHash}`;
    awaited.set(spec.uid, next);
    coming.set(heart, [...coming.get(heart) ?? [], next]);
  }
  // What stands has packets on their way: it leads to what is new when that is there. While that is refused, packets go as before.
  // And it may still lead to what goes, which may be in the way of what is new.
  const changing: string[] = [];
  for (const { spec, hash } of others) {
    if (!elements.has(spec.uid)) continue;
    const object = `element ${spec.uid}`, less = forNow.get(spec.uid);
    const now = less === undefined || less === 'wait' ? { spec, hash } : { spec: less, hash: specHash(less) };
    // It has what it can have for now, and leads nowhere else.
    const waits = less === 'wait' || elements.get(spec.uid)?.specHash === now.hash;
    const put = waits ? { spec, hash } : now, toCome = leadsTo(put.spec).flatMap(uid => awaited.get(uid) ?? []);
    if (!waits) changing.push(...toCome.length > 0 ? toCome : [object]);
    steps.push({ object, operation: { kind: 'put-element', spec: put.spec }, change: put.hash, may: !waits && toCome.length === 0 && may(spec), behind: coming.get(heartOf(spec)) ?? [] });
  }
  const elementHash = new Map(desired.elements.map(e => [e.spec.uid, e.hash]));
  // What an endpoint sends goes on from the element that it enters by, a filter perhaps, to all that this leads to.
  const inner = new Map(desired.elements.flatMap(e => e.spec.around ? [[e.spec.uid, e.spec.around.inner] as const] : []));
  const stands = (uid: string | undefined): boolean => uid === undefined || (elements.get(uid)?.specHash === elementHash.get(uid) && stands(inner.get(uid)));
  for (const { spec, hash } of desired.endpoints) {
    const found = endpoints.get(spec.uid);
    if (found?.alive && found.specHash === hash) continue;
    if (found?.alive && (forNow.size === 0 || stands(spec.element))) changing.push(`endpoint ${spec.uid}`);
    add(`endpoint ${spec.uid}`, { kind: 'put-endpoint', spec }, `${hash} ${found?.alive ?? false}`, stands(spec.element));
  }

  const stay = stayingUids(desired);
  const leaving = observed.endpoints.filter(e => !stay.has(e.uid));
  for (const { uid } of leaving) add(`endpoint ${uid}`, { kind: 'remove-endpoint', uid }, 'remove', true);
  const idle = observed.elements.filter(e => !elementHash.has(e.uid));
  for (const { uid } of idle) steps.push({ object: `element ${uid}`, operation: { kind: 'remove-element', uid }, change: 'remove', may: leaving.length === 0, behind: changing });
  const settled = idle.length === 0 && desired.elements.every(e => elements.get(e.spec.uid)?.specHash === e.hash);
  for (const hash of observed.images) if (!desired.images.includes(hash)) add(`image ${hash}`, { kind: 'remove-image', hash }, 'remove', settled);
  return steps;
}

/** The element that a filter stands around; of others, itself. */
function heartOf({ uid, around }: ElementSpec): string {
  return around?.element ?? uid;
}

function leadsTo({ filter, around, wires }: ElementSpec): string[] {
  return [filter, around?.inner, around?.outer, ...wires.map(wire => wire.to === 'element' ? wire.element : undefined)].filter(uid => uid !== undefined);
}

/** A look at some of it, over what was seen before. */
export function seenAgain(before: Observed, seen: Observed, { elements, endpoints }: Uids): Observed {
  const over = <T extends { readonly uid: string }>(old: readonly T[], now: readonly T[], looked: readonly string[]): T[] => {
    const again = new Set([...looked, ...now.map(e => e.uid)]);
    return [...old.filter(e => !again.has(e.uid)), ...now];
  };
  return { ...seen, elements: over(before.elements, seen.elements, elements), endpoints: over(before.endpoints, seen.endpoints, endpoints) };
}

/** What will be observed if the operation was done. */
export function assume(observed: Observed, operation: Operation, hash: string): Observed {
  switch (operation.kind) {
    case 'put-image': return { ...observed, images: [...observed.images.filter(h => h !== operation.hash), operation.hash] };
    case 'remove-image': return { ...observed, images: observed.images.filter(h => h !== operation.hash) };
    case 'put-tunnel': return { ...observed, tunnel: operation.spec };
    case 'put-element': return { ...observed, elements: [...observed.elements.filter(e => e.uid !== operation.spec.uid), { uid: operation.spec.uid, id: operation.spec.id, specHash: hash, wires: operation.spec.wires }] };
    case 'remove-element': return { ...observed, elements: observed.elements.filter(e => e.uid !== operation.uid) };
    case 'put-endpoint': return { ...observed, endpoints: [...observed.endpoints.filter(e => e.uid !== operation.spec.uid), { uid: operation.spec.uid, specHash: hash, alive: true }] };
    case 'remove-endpoint': return { ...observed, endpoints: observed.endpoints.filter(e => e.uid !== operation.uid) };
  }
}
