// What one visor must have: sections that are built once, hashed, and shared by reference between the plans of many servers.
// It names no device and no namespace: those are known only on the server. Applying it is src/visor's.

import type { Ask } from './asks.ts';
import { canonical, isFields, type Json } from './canonical.ts';
import { applyDelta, deltaOf, type Delta } from './delta.ts';
import type { Zone } from './dns/zone.ts';
import { hashOfSection } from './section-hash.ts';

/** Endpoints of a network on a server and other servers of the network, together: what one flood reaches (datapath/joints/flood.ts). */
export const MAX_NETWORK_PORTS = 255;

/** Which state of the world a plan was made from, and by which planner: equal generations are equal plans. */
export interface Generation { readonly epoch: string; readonly revision: number; readonly planner: number }

/** By the module's exported names; entries of maps are pairs. JSON: a u64 is a decimal string, bytes are hexadecimal text. */
export type PlanContents = { readonly [exported: string]: Json };

/** One element, the same on every server that has it. */
export interface ElementSection {
  readonly kind: 'element';
  /** Key of the resource that it serves: `Network/shop/web`, `Router/shop/main`. */
  readonly owner: string;
  readonly element: { readonly uid: string; readonly id: number; readonly imageHash: string };
  /** Exported maps whose contents are entries by key: there the server's own entry replaces the shared one. */
  readonly keyed: readonly string[];
  /** Of a network: all its stations, each at the tunnel port of its server. */
  readonly contents: PlanContents;
  readonly wires: readonly PlannedWire[];
  /** Of modules and of filters: see ElementSpec. */
  readonly filter?: string;
  readonly around?: { readonly element: string; readonly inner: string; readonly outer?: string };
  /** Of a filter that punts questions about names. */
  readonly resolver?: PlannedResolver;
  /** Exported per-CPU arrays of u64 that count, and what is counted at each index: for people, `iov stats rules` and /metrics. */
  readonly counters?: PlannedCounters;
}

/** What a visor's resolver answers for an element: from the zone, and whom it asks for the rest. */
export interface PlannedResolver {
  /** Of the element: it is asked at these, and answers from them. */
  readonly server: { readonly mac: string; readonly addresses: readonly string[] };
  readonly zone: Zone;
  readonly upstreams: readonly string[];
  /** Of the network. */
  readonly mtu: number;
  /** Of the domain: their reverse names are answered here too, and nobody else is asked. */
  readonly subnets: readonly string[];
}

interface PlannedCounters { readonly [exported: string]: readonly (readonly [index: number, name: string])[] }

/** `floods: false`: what is flooded does not go there. A server has no tunnel to itself: it leaves that wire out. `server` of a wire to an element: on that one alone. */
export type PlannedWire =
  | { readonly port: number; readonly to: 'tunnel'; readonly server: string; readonly remote: string; readonly vni: number; readonly mtu: number; readonly floods?: false }
  | { readonly port: number; readonly to: 'element'; readonly element: string; readonly entry: number; readonly server?: string; readonly floods?: false }
  /** On that server alone. */
  | { readonly port: number; readonly to: 'trunk'; readonly server: string; readonly device: string; readonly vlan?: number; readonly domain: number; readonly endpoint: number; readonly group: number }
  | { readonly port: number; readonly to: 'device'; readonly device: string; readonly via: readonly string[] | 'direct'; readonly claims: readonly string[]; readonly announces?: readonly string[] };

export interface PlannedEndpoint {
  /** `domain/name` */
  readonly endpoint: string;
  readonly uid: string;
  readonly id: number;
  /** Number of the domain. */
  readonly domain: number;
  readonly group: number;
  /** `domain/name` */
  readonly network: string;
  /** Uid of the element by which its packets enter: the outermost filter, or the network's. */
  readonly element: string;
  readonly port: number;
  readonly mac: string;
  /** With prefix length. */
  readonly addresses: readonly string[];
  /** Where what is in no subnet goes: routers' addresses. */
  readonly gateways: readonly string[];
  readonly mtu: number;
  readonly ephemeral: boolean;
}

/** Leased: what a workload is given here while the Director is away. It is all that an endpoint of the network takes. */
export interface PlannedSeat extends Omit<PlannedEndpoint, 'endpoint' | 'ephemeral'> {
  /** By owner of the element: entries and fields that come over the server's own with it. */
  readonly contents: { readonly [owner: string]: PlanContents };
}

/** What is only this server's. */
export interface ServerSection {
  readonly kind: 'server';
  readonly server: string;
  readonly tunnel: { readonly local: string; readonly udpPort: number };
  readonly endpoints: readonly PlannedEndpoint[];
  readonly seats?: readonly PlannedSeat[];
  /** By owner of the element, over its shared contents: of a network, the stations that are here, at their local ports. */
  readonly contents: { readonly [owner: string]: PlanContents };
  /** By owner of the element: in place of its shared wires at the same ports, or beside them. */
  readonly wires?: { readonly [owner: string]: readonly PlannedWire[] };
}

export type Section = ElementSection | ServerSection;
export interface Hashed<S> { readonly hash: string; readonly section: S }

export interface Plan {
  readonly generation: Generation;
  /** Absent: the Director knows no such server, so it must have nothing. */
  readonly own?: Hashed<ServerSection> | undefined;
  /** Sorted by owner. */
  readonly elements: readonly Hashed<ElementSection>[];
}

export function sameGeneration(a: Generation | undefined, b: Generation | undefined): boolean {
  return a?.epoch === b?.epoch && a?.revision === b?.revision && a?.planner === b?.planner;
}

/** Equal but for the generation. */
export function samePlan(a: Plan | undefined, b: Plan | undefined): boolean {
  return a?.own?.hash === b?.own?.hash && a?.elements.length === b?.elements.length
    && (a?.elements ?? []).every((e, i) => e.hash === b?.elements[i]?.hash);
}

/** A watch of a plan, one JSON object a line. Sections come before the `plan` that needs them; `plan` makes them valid at once. */
export type PlanMessage =
  | { readonly type: 'section'; readonly hash: string; readonly section: Section }
  /** To a reader that has `base`. */
  | { readonly type: 'delta'; readonly base: string; readonly hash: string; readonly delta: Delta }
  | { readonly type: 'plan'; readonly generation: Generation; readonly own: string | null; readonly elements: readonly string[] }
  /** The reader has now all that was known when it asked. */
  | { readonly type: 'synced' }
  | { readonly type: 'bookmark'; readonly generation: Generation }
  /** Nothing of the plan: a question, to be answered by a request of the reader's. */
  | { readonly type: 'ask'; readonly id: string; readonly ask: Ask };

export function sectionsOf(plan: Plan | undefined): readonly Hashed<Section>[] {
  if (!plan) return [];
  return plan.own ? [...plan.elements, plan.own] : plan.elements;
}

/** Undefined: a section is missing. */
export function planOfSections({ generation, own, elements }: Omit<Extract<PlanMessage, { type: 'plan' }>, 'type'>, sections: ReadonlyMap<string, Section>): Plan | undefined {
  if ([...elements, ...own === null ? [] : [own]].some(hash => !sections.has(hash))) return undefined;
  return {
    generation,
    ...own !== null && { own: { hash: own, section: sections.get(own) as ServerSection } },
    elements: elements.map(hash => ({ hash, section: sections.get(hash) as ElementSection })),
  };
}

/** Of one owner there is one section in a plan, and one is the server's own. */
export function ownerOf({ section }: Hashed<Section>): string {
  return section.kind === 'server' ? '' : section.owner;
}

/** A section for who has an earlier form of it, or none. */
export function messageOf(base: Hashed<Section> | undefined, { hash, section }: Hashed<Section>): Extract<PlanMessage, { type: 'section' | 'delta' }> {
  const delta = base && deltaOf(base.section as unknown as Json, section as unknown as Json);
  return delta ? { type: 'delta', base: base.hash, hash, delta } : { type: 'section', hash, section };
}

/** Undefined: it does not come to the section of that hash. */
export function changedSection(base: Section | undefined, { hash, delta }: Extract<PlanMessage, { type: 'delta' }>): Section | undefined {
  const section = base && applyDelta(base as unknown as Json, delta) as unknown as Section | undefined;
  return section && hashOfSection(section) === hash ? section : undefined;
}

/** The server's own contents over the shared ones: by entry in keyed maps, by field in config and shape, whole otherwise. */
export function mergeContents(shared: PlanContents, own: PlanContents, keyed: readonly string[]): PlanContents {
  const merged: Record<string, Json> = { ...shared };
  for (const [name, value] of Object.entries(own)) {
    const below = shared[name];
    if (keyed.includes(name) && Array.isArray(value) && Array.isArray(below)) merged[name] = mergeEntries(below, value);
    else if (isFields(value) && isFields(below)) merged[name] = { ...below, ...value };
    else merged[name] = value;
  }
  return merged;
}

function mergeEntries(shared: readonly Json[], own: readonly Json[]): Json[] {
  const entries = new Map<string, Json>();
  for (const entry of shared) entries.set(keyOfEntry(entry), entry);
  for (const entry of own) entries.set(keyOfEntry(entry), entry);
  return [...entries.values()];
}

/** Entries that stay are the same objects in the next form of a table. */
const keys = new WeakMap<object, string>();
function keyOfEntry(entry: Json): string {
  if (typeof entry !== 'object' || entry === null) return canonical(entry);
  const key = keys.get(entry) ?? canonical(Array.isArray(entry) ? entry[0] : entry);
  keys.set(entry, key);
  return key;
}
