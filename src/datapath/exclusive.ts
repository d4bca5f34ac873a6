// What of a server one element alone can have, by its wires: tunnels, segments at devices, addresses at devices. Pure, so that whoever plans a change can
// look for what would be refused; who refuses it is compose/.

import { contains, parseAddress, parsePrefix } from '../model/address.ts';
import type { ElementSpec, Wire } from './datapath.ts';

type Claims = ReadonlySet<string>;

const EXCLUSIVE = new WeakMap<readonly Wire[], Claims>(), PLACES = new WeakMap<readonly Wire[], Claims>();

/** Names for people, and equal where they are the same. */
export function exclusive(wires: readonly Wire[]): Claims {
  return kept(EXCLUSIVE, wires, claimsOf);
}

/** Where these are: two elements that want the same have one of these in common. They are few, and tunnels many. */
export function places(wires: readonly Wire[]): Claims {
  return kept(PLACES, wires, wire => wire.to === 'tunnel' ? [`VNI ${wire.vni}`] : wire.to === 'trunk' || wire.to === 'device' ? [`device ${wire.device}`] : []);
}

/** The element with less: without what is `taken`. */
export function without(spec: ElementSpec, taken: Claims): ElementSpec {
  return {
    ...spec,
    wires: spec.wires.flatMap((wire): Wire[] => {
      if (!claimsOf(wire).some(claim => taken.has(claim))) return [wire];
      if (wire.to !== 'device') return [];
      const claims = wire.claims.filter(claim => !taken.has(claimAt(wire.device, claim)));
      // It is told there when it is claimed.
      const announces = wire.announces?.filter(a => claims.some(claim => contains(parsePrefix(claim)!, parseAddress(a)!)));
      return [{ ...wire, claims, ...announces && { announces } }];
    }),
  };
}

function claimsOf(wire: Wire): readonly string[] {
  switch (wire.to) {
    case 'tunnel': return [`the tunnel ${wire.vni} to ${wire.remote}`];
    case 'trunk': return [`the segment ${wire.vlan ?? 'without a tag'} at ${wire.device}`];
    case 'device': return wire.claims.map(claim => claimAt(wire.device, claim));
    case 'element': case 'endpoint': return [];
  }
}

function claimAt(device: string, claim: string): string {
  return `${claim} at ${device}`;
}

function kept(known: WeakMap<readonly Wire[], Claims>, wires: readonly Wire[], of: (wire: Wire) => readonly string[]): Claims {
  const found = known.get(wires) ?? new Set(wires.flatMap(of));
  known.set(wires, found);
  return found;
}
