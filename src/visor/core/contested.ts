// Elements that shall have what another element of the server still has: a segment, addresses at a device, a tunnel. They wait until it has let go, in their
// last good form. Where they wait for each other, for they swap, one lets go first, and for that moment has less than before and after.

import type { ElementSpec, Observed } from '../../datapath/datapath.ts';
import { exclusive, places, without } from '../../datapath/exclusive.ts';
import type { Desired } from './desired.ts';

type Wanted = Desired['elements'][number];
type Seen = Observed['elements'][number];

/** By uid; those that are not in it may be put as they shall be. An `ElementSpec`: what it shall be for now. */
export type ForNow = ReadonlyMap<string, 'wait' | ElementSpec>;

const NOTHING: ForNow = new Map();

/** Of one element: what others have of that which it shall have. `goes`: of those that are taken away whole, behind all that may lead to them. */
interface Lack { readonly wanted: Wanted; readonly from: Map<string, ReadonlySet<string>>; readonly goes: Set<string> }

/** `changing`: of the desired, those that are not as they shall be. */
export function contested(changing: readonly Wanted[], desired: Desired, seen: ReadonlyMap<string, Seen>): ForNow {
  const asking = changing.flatMap(wanted => {
    const has = exclusive(seen.get(wanted.spec.uid)?.wires ?? []);
    const claims = [...exclusive(wanted.spec.wires)].filter(claim => !has.has(claim));
    return claims.length === 0 ? [] : [{ wanted, claims }];
  });
  if (asking.length === 0) return NOTHING;
  const at = Map.groupBy([...seen.values()].flatMap(e => [...places(e.wires)].map(place => ({ place, e }))), ({ place }) => place);
  const shall = new Map(desired.elements.map(e => [e.spec.uid, e]));
  const lacks = new Map(asking.flatMap(({ wanted, claims }) => {
    const lack: Lack = { wanted, from: new Map(), goes: new Set() };
    for (const place of places(wanted.spec.wires)) for (const { e } of at.get(place) ?? []) if (e.uid !== wanted.spec.uid) lacking(lack, claims, e, shall.get(e.uid));
    return lack.from.size + lack.goes.size === 0 ? [] : [[wanted.spec.uid, lack] as const];
  }));
  return lacks.size === 0 ? NOTHING : forNow(lacks, seen);
}

/** What the other shall keep is no matter of order: the data path refuses that. */
function lacking({ from, goes }: Lack, claims: readonly string[], other: Seen, shall: Wanted | undefined): void {
  const has = exclusive(other.wires);
  const keeps = shall && exclusive(shall.spec.wires);
  const released = claims.filter(claim => has.has(claim) && !keeps?.has(claim));
  if (released.length === 0) return;
  if (shall) from.set(other.uid, new Set(released));
  else for (const claim of released) goes.add(claim);
}

function forNow(lacks: ReadonlyMap<string, Lack>, seen: ReadonlyMap<string, Seen>): ForNow {
  const yielding = new Set<string>();
  const waitsFor = (uid: string, target: string, met: Set<string>): boolean => [...lacks.get(uid)?.from.keys() ?? []].some(next =>
    next === target || (!yielding.has(next) && !met.has(next) && waitsFor(next, target, met.add(next))));
  for (const uid of [...lacks.keys()].sort()) if (waitsFor(uid, uid, new Set())) yielding.add(uid);
  return new Map([...lacks].map(([uid, { wanted, from, goes }]): [string, 'wait' | ElementSpec] => {
    if (from.size > 0 && !yielding.has(uid)) return [uid, 'wait'];
    // What is new leads nowhere yet, so what goes does not wait for it.
    if (!seen.has(uid)) return [uid, 'wait'];
    return [uid, without(wanted.spec, new Set([...goes, ...[...from.values()].flatMap(claims => [...claims])]))];
  }));
}
