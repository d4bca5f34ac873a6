// What a visor keeps on disk: the last plan, and what only this server knows of its endpoints. Nothing is applied before it is there,
// so a visor that returns without its Director goes on from exactly what it had.

import { sameValue } from '../../model/canonical.ts';
import { domainOf } from '../../model/path.ts';
import type { Plan, PlannedEndpoint, PlannedSeat } from '../../model/plan.ts';
import { plannedByName } from './lookup.ts';

/** A workload that asked to be attached here. */
export interface LocalEndpoint {
  /** `domain/name` */
  readonly endpoint: string;
  /** Name in the domain. */
  readonly network: string;
  readonly netns: string;
  readonly device: string;
  readonly mac?: string | undefined;
  readonly addresses?: readonly string[] | undefined;
  /** Made by this visor, so it is deleted at the Director with its workload. */
  readonly born: boolean;
  /** The Director's answer to its birth: a plan of this epoch from this revision on has it, or it was deleted there. */
  readonly known?: { readonly epoch: string; readonly revision: number } | undefined;
  /** What it was born as while the Director was away, of that store: until a plan has it. */
  readonly leased?: { readonly epoch: string; readonly seat: PlannedSeat } | undefined;
  /** Why the Director will not have what was born without it: until it does, it is off the data path. */
  readonly refused?: string | undefined;
}

export interface Document {
  readonly plan?: Plan | undefined;
  readonly endpoints: readonly LocalEndpoint[];
  /** `domain/name` of endpoints that were detached, and that the Director has yet to forget. */
  readonly gone: readonly string[];
  /** Uids of those that it has forgotten, while the last plan still has them. */
  readonly told: readonly string[];
  /** `domain/name` of endpoints that were detached here and that stay planned, for a person wrote them. */
  readonly idle: readonly string[];
  /** Uids of leased endpoints that workloads had, and that are over: nobody has them again, while the plan still leases them. */
  readonly spent: readonly string[];
}

export const EMPTY_DOCUMENT: Document = { endpoints: [], gone: [], told: [], idle: [], spent: [] };
export const MAX_LOCAL_ENDPOINTS = 8192;

export function sameDocument(a: Document, b: Document): boolean {
  return a === b || (a.plan === b.plan && sameValue(a, b));
}

export function withEndpoint(document: Document, endpoint: LocalEndpoint): Document {
  const { endpoints } = document;
  // They are sorted by name.
  const behind = endpoints.findIndex(e => e.endpoint >= endpoint.endpoint), at = behind < 0 ? endpoints.length : behind;
  return { ...document, idle: document.idle.filter(n => n !== endpoint.endpoint), endpoints: endpoints.toSpliced(at, endpoints[at]?.endpoint === endpoint.endpoint ? 1 : 0, endpoint) };
}

/** Forgets a workload; what this visor gave birth to, the Director must forget too. */
export function withoutEndpoint(document: Document, name: string): Document {
  const found = document.endpoints.find(e => e.endpoint === name);
  if (!found) return document;
  // A person may have written it since.
  const isTheirs = plannedByName(document.plan).get(name)?.ephemeral === false;
  const list = found.born && !isTheirs ? 'gone' : 'idle';
  const isLeased = document.plan?.own?.section.seats?.some(seat => seat.uid === found.leased?.seat.uid) === true;
  const spent = found.leased && isLeased ? { spent: [...new Set([...document.spent, found.leased.seat.uid])].sort() } : {};
  return { ...document, ...spent, endpoints: document.endpoints.filter(e => e !== found), [list]: [...new Set([...document[list], name])].sort() };
}

export function plannedUid({ plan }: Document, name: string): string | undefined {
  return plannedByName(plan).get(name)?.uid;
}

/** Leased to this server in a network, `domain/name`, and given to no workload yet. */
export function freeSeats(document: Document, network: string): readonly PlannedSeat[] {
  const seats = document.plan?.own?.section.seats ?? [];
  const used = new Set([...document.spent, ...document.endpoints.flatMap(e => e.leased?.seat.uid ?? [])]);
  return seats.filter(seat => seat.network === network && !used.has(seat.uid));
}

/** The Director has forgotten the endpoint. */
export function forgotten(document: Document, name: string): Document {
  // A person's stays.
  const there = plannedByName(document.plan).get(name), uid = there?.ephemeral ? there.uid : undefined;
  return { ...document, gone: document.gone.filter(n => n !== name), told: uid === undefined ? document.told : [...new Set([...document.told, uid])].sort() };
}

/**
 * What the Director says about endpoints, taken over: those that it deleted are forgotten; those of another epoch (its store was
 * lost or restored) are to be born again, for their workloads are still here. One whose birth it has yet to answer, and that is planned here, is born: the plan mostly comes before the answer.
 */
export function afterPlan(document: Document, plan: Plan): Document {
  const planned = plannedByName(plan);
  const uids = new Set(document.told.length === 0 ? [] : (plan.own?.section.endpoints ?? []).map(e => e.uid));
  const leased = new Set((plan.own?.section.seats ?? []).map(seat => seat.uid));
  const { epoch, revision } = plan.generation;
  /** Undefined: the Director deleted it. */
  const now = (e: LocalEndpoint): LocalEndpoint | undefined => {
    const there = planned.get(e.endpoint);
    if (e.known === undefined) {
      const isIt = there !== undefined && isOf(e, there) && !document.told.includes(there.uid) && !document.gone.includes(e.endpoint);
      return isIt ? { ...e, born: there.ephemeral, known: { epoch, revision } } : e;
    }
    if (e.known.epoch !== epoch) return { ...e, known: there ? { epoch, revision } : undefined };
    if (revision < e.known.revision) return e;
    const { leased: _, ...settled } = e;
    return !there ? undefined : e.leased ? settled : e;
  };
  const endpoints = document.endpoints.map(now).filter(e => e !== undefined);
  return { ...document, plan, endpoints, told: document.told.filter(uid => uids.has(uid)), idle: document.idle.filter(n => planned.has(n)), spent: document.spent.filter(uid => leased.has(uid)) };
}

/** The Director keeps an endpoint of ours whose workload is over. Who has asked for its name since then goes on as it is, its address and its uid. */
export function takenUp(document: Document, name: string): Document {
  const next = document.plan && afterPlan({ ...document, gone: document.gone.filter(n => n !== name) }, document.plan);
  return next?.endpoints.some(e => e.endpoint === name && e.known !== undefined) ? next : document;
}

/** What was born from a lease may be another than the one of its name. */
function isOf(local: LocalEndpoint, planned: PlannedEndpoint): boolean {
  return local.leased === undefined && local.refused === undefined && planned.network === networkOf(local);
}

/** `domain/name` */
export function networkOf({ endpoint, network }: LocalEndpoint): string {
  return `${domainOf(endpoint)}/${network}`;
}
