// Counters of the data path, with the names that people gave to what they count. It reads nothing itself and keeps nothing.

import type { Datapath, Wire } from '../../datapath/datapath.ts';
import type { ElementSection } from '../../model/plan.ts';
import type { PortStats, RuleStats, Stats } from '../../model/stats.ts';
import type { VisorState } from './state.ts';

type Counted = Pick<Datapath, 'ports' | 'counters' | 'drops' | 'punts'>;
interface Standing { readonly uid: string; readonly owner: string; readonly wires: readonly Wire[]; readonly section: ElementSection | undefined }

/** Of the elements that the data path showed. @throws DatapathError where one went meanwhile. */
export function statsOf(state: VisorState, counted: Counted): Stats {
  const shown = new Set((state.confirmed?.elements ?? []).map(e => e.uid));
  const own = state.durable.plan?.own?.section.wires ?? {};
  const sections = new Map((state.durable.plan?.elements ?? []).map(({ section }) => [section.element.uid, { ...section, wires: [...own[section.owner] ?? [], ...section.wires] }]));
  const standing = state.desired.elements.filter(e => shown.has(e.spec.uid))
    .map(({ owner, spec }): Standing => ({ uid: spec.uid, owner, wires: spec.wires, section: sections.get(spec.uid) }));
  const owners = new Map(state.desired.elements.map(e => [e.spec.uid, e.owner]));
  const endpoints = new Map([...state.desired.endpoints.map(e => [e.spec.uid, e.name] as const), ...state.desired.absent.map(e => [e.uid, e.endpoint] as const)]);
  return {
    server: state.identity.server,
    elements: standing.map(({ uid, owner }) => ({ element: uid, owner })),
    ports: standing.flatMap(element => portsOf(element, counted, { owners, endpoints })),
    rules: [...standing.flatMap(element => rulesOf(element, counted)), ...puntsOf(counted, owners)],
    drops: counted.drops().map(drop => ({ ...drop, owner: owners.get(drop.element ?? '') ?? '' })),
  };
}

interface Names { readonly owners: ReadonlyMap<string, string>; readonly endpoints: ReadonlyMap<string, string> }

function portsOf({ uid, owner, wires, section }: Standing, counted: Counted, names: Names): PortStats[] {
  const byPort = new Map(wires.map(w => [w.port, w]));
  return counted.ports(uid).flatMap((count): PortStats[] => {
    const wire = byPort.get(count.port);
    if (!wire) return [];                                                  // its change is under way
    return [{ element: uid, owner, to: wire.to, peer: peerOf(wire, section, names), ...count }];
  });
}

function peerOf(wire: Wire, section: ElementSection | undefined, { owners, endpoints }: Names): string {
  switch (wire.to) {
    case 'endpoint': return endpoints.get(wire.endpoint) ?? wire.endpoint;
    case 'element': return owners.get(wire.element) ?? wire.element;
    case 'device': return wire.device;
    case 'trunk': return wire.vlan === undefined ? wire.device : `${wire.device}.${wire.vlan}`;
    case 'tunnel': {
      const planned = section?.wires.find(w => w.port === wire.port);
      return planned?.to === 'tunnel' ? planned.server : wire.remote;
    }
  }
}

function rulesOf({ uid, owner, section }: Standing, counted: Counted): RuleStats[] {
  return Object.entries(section?.counters ?? {}).flatMap(([counter, names]) => {
    const counts = counted.counters(uid, counter);
    return names.map(([index, rule]) => ({ element: uid, owner, counter, rule, packets: counts[index] ?? 0 }));
  });
}

/** Packets that modules handed to the visor, by reason: a reason may be said at several lines. */
function puntsOf(counted: Counted, owners: ReadonlyMap<string, string>): RuleStats[] {
  const sums = new Map<string, RuleStats>();
  for (const { element = '', reason, packets } of counted.punts()) {
    const key = `${element} ${reason}`;
    sums.set(key, { element, owner: owners.get(element) ?? '', counter: 'punts', rule: reason, packets: packets + (sums.get(key)?.packets ?? 0) });
  }
  return [...sums.values()];
}
