// What nobody else may be given, found by network: seats that are leased to servers, and those that are over and that somebody may still have.

import type { Json } from '../../model/canonical.ts';
import type { Part } from '../../model/table.ts';
import type { LeaseGiven, Seat, World } from './world.ts';
import { domainOf } from '../../model/path.ts';

const VNI = 'Vni';
/** A VNI that somebody's elements may still have: `uid` of the element that had it, `of`: whose that was. */
export interface FormerVni { readonly uid: string; readonly of: string }

interface Held { readonly kind: 'Lease' | 'Ended'; readonly key: string; readonly network: string; readonly server: string; readonly seats: readonly Seat[] }

const NONE: readonly Held[] = [];
/** Found once for each form of a domain's: it changes seldom, and every change of a network asks. */
const known = new WeakMap<Part<Json>, ReadonlyMap<string, readonly Held[]>>();

/** By network, `domain/name`. */
function heldInDomain({ held }: World, domain: string): ReadonlyMap<string, readonly Held[]> {
  const part = held.part(domain);
  const before = known.get(part);
  if (before) return before;
  const found = Map.groupBy([...part].flatMap(([kind, rows]) => kind === VNI ? [] : [...rows].map(([key, value]) => heldOf(key, value))), h => h.network);
  known.set(part, found);
  return found;
}

/** `network`: `domain/name`. */
export function heldIn(world: World, network: string): readonly Held[] {
  return heldInDomain(world, domainOf(network)).get(network) ?? NONE;
}

export function allHeld(world: World): readonly Held[] {
  return world.held.domains().flatMap(domain => [...heldInDomain(world, domain).values()].flat());
}

function heldOf(key: string, value: Json): Held {
  const [kind, domain, network, server = ''] = key.split('/');
  const of = { key, network: `${domain}/${network}`, server };
  return kind === 'Lease' ? { ...of, kind, seats: (value as unknown as LeaseGiven).seats } : { ...of, kind: 'Ended', seats: [value as unknown as Seat] };
}

export function leaseKey(network: string, server: string): string {
  return `Lease/${network}/${server}`;
}

export function endedKey(network: string, server: string, uid: string): string {
  return `Ended/${network}/${server}/${uid}`;
}

export function vniKey(path: string, vni: number): string {
  return `${VNI}/${path}/${vni}`;
}

/** By VNI; few, for people seldom take away networks. */
export function formerVnis({ held }: World): ReadonlyMap<number, FormerVni & { readonly key: string }> {
  return new Map(held.domains().flatMap(domain => [...held.under(VNI, domain)].map(([key, value]) =>
    [Number(key.slice(key.lastIndexOf('/') + 1)), { key, ...value as unknown as FormerVni }] as const)));
}

/** Of what is held, those that are over. */
export function isEnded(key: string): boolean {
  return key.startsWith('Ended/') || key.startsWith(`${VNI}/`);
}
