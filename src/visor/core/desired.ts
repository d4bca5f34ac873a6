// Plan and local endpoints → what the data path of this server must have, in the words of the data path.

import type { Contents, ElementSpec, EndpointSpec, TunnelSpec, Wire } from '../../datapath/datapath.ts';
import { specHash } from '../../datapath/spec-hash.ts';
import { sameValue } from '../../model/canonical.ts';
import { mergeContents, type ElementSection, type Plan, type PlanContents, type PlannedEndpoint, type PlannedSeat, type PlannedWire, type ServerSection } from '../../model/plan.ts';
import type { Document, LocalEndpoint } from './document.ts';
import { desiredByName, localByName } from './lookup.ts';

export interface Desired {
  readonly images: readonly string[];
  readonly tunnel?: TunnelSpec | undefined;
  readonly elements: readonly { readonly owner: string; readonly spec: ElementSpec; readonly hash: string }[];
  /** `network`: owner of the element that delivers to it. */
  readonly endpoints: readonly { readonly name: string; readonly network: string; readonly spec: EndpointSpec; readonly hash: string }[];
  /** Planned here, and no workload has asked for it on this server (or its record was lost): what stands of it stays. */
  readonly absent: readonly PlannedEndpoint[];
}

/** What was made of the very objects of a plan, by server: a plan stays while workloads come and go. */
const ELEMENTS = new WeakMap<ElementSection, Map<string, { readonly contents: unknown; readonly wires: unknown; readonly stations: readonly PlannedEndpoint[]; readonly born: readonly PlannedSeat[]; readonly made: Desired['elements'][number] }>>();
const ENDPOINTS = new WeakMap<PlannedEndpoint, { readonly workload: LocalEndpoint; readonly made: Desired['endpoints'][number] }>();

/** Of the key of a network. */
const NETWORK = 'Network/';

const BORN = new WeakMap<PlannedSeat, PlannedEndpoint>();

export const NOTHING_DESIRED: Desired = { images: [], elements: [], endpoints: [], absent: [] };

/** `before`: what was desired until now, of which what has not changed is kept as it is, with its hash; all of it, where nothing has. */
export function desiredOf(document: Document, before: Desired = NOTHING_DESIRED): Desired {
  const { plan } = document;
  const own = plan?.own?.section;
  if (!plan || !own) return NOTHING_DESIRED;
  const local = localByName(document.endpoints);
  const left = new Set([...document.gone, ...document.idle]);
  const told = new Set(document.told);
  const born = bornHere(document, plan);
  const here = [...own.endpoints.filter(e => !told.has(e.uid) && plannedFor(local.get(e.endpoint), e, plan)), ...born.map(({ endpoint }) => endpoint)];
  const absent = own.endpoints.filter(e => !left.has(e.endpoint) && !told.has(e.uid) && !local.has(e.endpoint));
  const elementsBefore = new Map(before.elements.map(e => [e.spec.uid, e]));
  const stations = Map.groupBy([...here, ...absent], e => e.network);
  const elements = plan.elements.map(({ section }) => {
    const stood = section.owner.startsWith(NETWORK) ? stations.get(section.owner.slice(NETWORK.length)) ?? [] : [], contents = own.contents[section.owner], wires = own.wires?.[section.owner];
    const added = born.flatMap(({ seat }) => seat.contents[section.owner] ? [seat] : []);
    const known = ELEMENTS.get(section)?.get(own.server);
    if (known && known.contents === contents && known.wires === wires && sameList(known.stations, stood) && sameList(known.born, added)) return known.made;
    const made = elementOf(section, stood, added);
    ELEMENTS.set(section, (ELEMENTS.get(section) ?? new Map()).set(own.server, { contents, wires, stations: stood, born: added, made }));
    return made;
  });
  function elementOf(section: ElementSection, stood: readonly PlannedEndpoint[], added: readonly PlannedSeat[]): Desired['elements'][number] {
    const spec = elementSpec(section, own!, stood, added);
    return kept(elementsBefore.get(spec.uid), spec, section.owner) ?? { owner: section.owner, spec, hash: specHash(spec) };
  }
  const endpointsBefore = desiredByName(before);
  const endpoints = here.map(e => {
    const workload = local.get(e.endpoint)!, known = ENDPOINTS.get(e);
    if (known?.workload === workload) return known.made;
    const spec = endpointSpec(e, workload);
    const made = kept(endpointsBefore.get(e.endpoint), spec, e.endpoint) ?? { name: e.endpoint, network: `${NETWORK}${e.network}`, spec, hash: specHash(spec) };
    ENDPOINTS.set(e, { workload, made });
    return made;
  });
  const desired: Desired = { images: [...new Set(elements.map(e => e.spec.imageHash))].sort(), tunnel: own.tunnel, elements, endpoints, absent };
  const isSame = sameList(desired.elements, before.elements) && sameList(desired.endpoints, before.endpoints) && sameList(desired.absent, before.absent) && sameValue(desired.tunnel, before.tunnel) && sameValue(desired.images, before.images);
  return isSame ? before : desired;
}

function sameList<Row>(a: readonly Row[], b: readonly Row[]): boolean {
  return a.length === b.length && a.every((row, i) => row === b[i]);
}

function kept<Made extends { readonly spec: ElementSpec | EndpointSpec } & ({ readonly owner: string } | { readonly name: string })>(before: Made | undefined, spec: Made['spec'], of: string): Made | undefined {
  return before && ('owner' in before ? before.owner : before.name) === of && sameValue(before.spec, spec) ? before : undefined;
}

/**
 * Born from a lease, and not in the plan yet: as the plan leases it now, or, where it does so no more, as it did. Without its elements it cannot be:
 * its network is gone.
 */
function bornHere({ endpoints }: Document, plan: Plan): readonly { readonly endpoint: PlannedEndpoint; readonly seat: PlannedSeat }[] {
  if (!endpoints.some(e => e.leased)) return [];
  const { endpoints: planned = [], seats = [] } = plan.own?.section ?? {};
  const elements = new Set(plan.elements.flatMap(({ section: { owner, element: { uid } } }) => [owner, uid]));
  return endpoints.flatMap(local => {
    const had = local.leased?.seat;
    if (!had || local.refused !== undefined || planned.some(e => plannedFor(local, e, plan) && e.endpoint === local.endpoint)) return [];
    const seat = seats.find(s => s.uid === had.uid) ?? had;
    if (!elements.has(`Network/${seat.network}`) || !elements.has(seat.element)) return [];
    const known = BORN.get(seat);
    if (known?.endpoint === local.endpoint) return [{ seat, endpoint: known }];
    const { contents: _, ...rest } = seat;
    const endpoint: PlannedEndpoint = { ...rest, endpoint: local.endpoint, ephemeral: true };
    BORN.set(seat, endpoint);
    return [{ seat, endpoint }];
  });
}

/** A plan that is older than the birth may still have an earlier endpoint of that name. */
function plannedFor(local: LocalEndpoint | undefined, planned: PlannedEndpoint, plan: Plan): boolean {
  if (local?.leased?.seat.uid === planned.uid) return true;
  return local?.known?.epoch === plan.generation.epoch && plan.generation.revision >= local.known.revision;
}

function elementSpec(section: ElementSection, own: ServerSection, here: readonly PlannedEndpoint[], added: readonly PlannedSeat[]): ElementSpec {
  const contents = added.reduce<PlanContents>((below, seat) => mergeContents(below, seat.contents[section.owner]!, section.keyed), own.contents[section.owner] ?? {});
  const wires: Wire[] = [
    ...wiresOn(section, own).flatMap((wire): Wire[] => {
      if (wire.to === 'device') return [wire];
      if (wire.to === 'element' || wire.to === 'trunk') {
        const { server, ...rest } = wire;
        return server === undefined || server === own.server ? [rest] : [];
      }
      const { server, ...tunnel } = wire;
      return server === own.server ? [] : [tunnel];
    }),
    ...here.map(e => ({ port: e.port, to: 'endpoint' as const, endpoint: e.uid })),
  ];
  return {
    ...section.element,
    ...section.filter !== undefined && { filter: section.filter }, ...section.around && { around: section.around },
    contents: mergeContents(section.contents, contents, section.keyed) as Contents,
    wires: wires.sort((a, b) => a.port - b.port),
  };
}

/** The server's own take the places of shared ones. */
function wiresOn({ owner, wires }: ElementSection, own: ServerSection): readonly PlannedWire[] {
  const mine = own.wires?.[owner] ?? [];
  return [...wires.filter(w => !mine.some(m => m.port === w.port)), ...mine];
}

function endpointSpec(planned: PlannedEndpoint, local: LocalEndpoint): EndpointSpec {
  const { uid, id, domain, group, element, port, mac, addresses, gateways, mtu } = planned;
  return { uid, id, domain, group, element, port, netns: local.netns, device: local.device, mac, addresses, gateways, mtu };
}
