// The filter around the element of a Network, in domains that have policies: modules/firewall. Its rules are by identity, one for each
// set of labels that endpoints of the domain have. Which rules hold for whom is policy-sets.ts.

import { hash32 } from '../../../model/hash32.ts';
import { labelsOf, type Labels } from '../../../model/labels.ts';
import type { ElementSection, PlanContents } from '../../../model/plan.ts';
import type { Network } from '../../../model/resource.ts';
import { joinedTo, membersOf } from '../topology.ts';
import { endpointGiven, identityGiven, networkGiven } from '../world.ts';
import type { Member } from './member.ts';
import type { Filtering } from './modules.ts';
import { AS_A_WHOLE, type Around, type Filter } from './row.ts';
import { policiesIn, rulesOf, setsOf, tiersOf, WAYS, type PolicySet } from './policy-sets.ts';
import type { Scene } from './scene.ts';
import { domainOf, pathOf } from '../../../model/path.ts';

const ownerOf = (network: string): string => `Policies/${network}`;

export const policiesFilter: Filter = {
  owners: (_, network) => [ownerOf(network)],
  touchedBy: { ...AS_A_WHOLE, Endpoint: 'joined', Policy: 'network', Identity: 'network', Presence: 'nothing' },
  around: (world, topology, network) => {
    const element = networkGiven(world, network)?.firewall;
    if (!element || !topology.policiesOf.has(domainOf(network))) return [];
    return [{ owner: ownerOf(network), element, section: (scene, around) => policiesSection(scene, network, around), contentsOn: (scene, members) => policiesContentsOn(scene, network, members) }];
  },
};

function policiesSection(scene: Scene, network: string, around: Around): ElementSection {
  const { world, modules: { firewall } } = scene;
  const domain = domainOf(network);
  const used = setsIn(scene, network);
  const sets = used.map(({ number, closed, ...set }) => ({ number, closed, rules: rulesOf(scene, domain, set) }));
  const known = used.some(namesFarEnds) ? addressesOf(scene, network) : [];
  const addresses = known.length <= MOST_FOR_MOVES || used.some(set => set.way === 'egress' && namesFarEnds(set)) ? known : [];
  const { spec: { connections } } = world.resources.get(`Network/${network}`) as Network;
  const { members: _, ...contents } = firewall.control({ members: [], addresses, sets, epoch: { rules: hash32(JSON.stringify([sets.map(s => s.number), sets.map(s => s.rules.map(r => r.identities)), addresses])) }, ...settingsOf(connections) });
  const named = new Set(used.flatMap(set => set.policies));
  return {
    kind: 'element', owner: around.owner,
    element: { ...around.element, imageHash: firewall.imageHash },
    keyed: firewall.keyed,
    contents: { ...contents, members: [] },
    wires: [], around: around.place,
    counters: { hits: policiesIn(scene, domain).filter(p => named.has(p.policy)).flatMap(({ policy, hits }) => WAYS.flatMap(way =>
      hits[way].map((hit, i) => [hit, `${policy.metadata.name} ${way}.${i}`] as const))) },
  };
}

/** A server's own: its endpoints, by their ports. */
function policiesContentsOn(scene: Scene, network: string, endpoints: readonly Member[]): PlanContents {
  const { modules: { firewall } } = scene;
  const members = endpoints.map(({ labels, given }): Filtering['members'][number] => {
    const sets = setsOf(scene, domainOf(network), labels);
    return { port: given.port, in: tiersOf(sets.ingress), out: tiersOf(sets.egress) };
  });
  const { members: own, unruled, epoch } = firewall.control({ members, addresses: [], sets: [], epoch: { members: hash32(JSON.stringify(members)) } });
  return { ...own !== undefined && { members: own }, ...unruled !== undefined && { unruled }, ...epoch !== undefined && { epoch } };
}

/** What comes over these with an endpoint that is born on its server: there it is a far end of all that it can reach. */
export function policiesContentsWith({ modules: { firewall } }: Scene, identity: number, addresses: readonly string[]): PlanContents {
  const { addresses: entries } = firewall.control({ members: [], addresses: addresses.map(address => ({ address, identity })), sets: [], epoch: {} });
  return entries === undefined ? {} : { addresses: entries };
}

/** Those that hold for some endpoint of the network, each once; and for those that visors may give birth to. */
function setsIn(scene: Scene, network: string): readonly PolicySet[] {
  const { world, topology } = scene;
  const found = new Map<number, PolicySet>();
  const seen = new Set<string>();
  const domain = domainOf(network);
  const take = (labels: Labels): void => {
    const sets = setsOf(scene, domain, labels);
    for (const way of WAYS) for (const set of Object.values(sets[way])) if (set) found.set(set.number, set);
  };
  take((world.resources.get(`Network/${network}`) as Network).spec.attach?.grant ?? {});
  for (const endpoint of topology.endpointsOf.get(network) ?? []) {
    const own = endpoint.spec.ephemeral === true ? undefined : endpoint.metadata.labels;
    const key = own ? JSON.stringify(own) : '';
    if (seen.has(key)) continue;
    seen.add(key);
    take(labelsOf(world.resources, endpoint));
  }
  return [...found.values()].sort((a, b) => a.number - b.number);
}

/**
 * Who sends says its identity; who is sent to is known by its address: of what an endpoint opens, and of what goes on after it has moved, when it
 * speaks first. For that alone not all addresses of a large domain are put: there the far end must speak first.
 */
function namesFarEnds({ way, policies }: PolicySet): boolean {
  return policies.some(p => way === 'egress' ? p.spec.egress?.some(rule => rule.to !== undefined || rule.cidr !== undefined) : p.spec.ingress?.some(rule => rule.from !== undefined || rule.cidr !== undefined));
}
const MOST_FOR_MOVES = 16_384;

function addressesOf({ world, topology }: Scene, network: string): Filtering['addresses'] {
  return joinedTo(topology, network).flatMap(n => membersOf(topology, n)).flatMap(endpoint => {
    const { number: identity } = identityGiven(world, endpoint.metadata.domain, labelsOf(world.resources, endpoint))!;
    return endpointGiven(world, pathOf(endpoint))!.addresses.map(address => ({ address, identity }));
  });
}

function settingsOf(asked: Network['spec']['connections']): Pick<Filtering, 'connections' | 'lifetimes'> {
  const named = { opening: asked?.openingSeconds, open: asked?.openSeconds, closing: asked?.closingSeconds, closed: asked?.closedSeconds, datagrams: asked?.datagramSeconds, dialogue: asked?.dialogueSeconds };
  const lifetimes = Object.fromEntries(Object.entries(named).flatMap(([name, seconds]) => seconds === undefined ? [] : [[name, seconds]]));
  return { ...asked?.most !== undefined && { connections: asked.most }, ...Object.keys(lifetimes).length > 0 && { lifetimes } };
}
