// The filter around the element of a Network, in domains that have policies: modules/firewall. Its rules are by identity, one for each
// set of labels that endpoints of the domain have; what a policy says of a group becomes rules for the identities in it.

import { contains, parseAddress, parsePrefix } from '../../../model/address.ts';
import { isIn, labelsOf, type Labels } from '../../../model/labels.ts';
import type { ElementSection, PlanContents } from '../../../model/plan.ts';
import { parsePorts } from '../../../model/ports.ts';
import type { Endpoint, Policy } from '../../../model/resource.ts';
import { joinedTo, membersOf, pathOf } from '../topology.ts';
import { endpointGiven, identitiesOf, identityGiven } from '../world.ts';
import type { Around } from './filters.ts';
import type { Filtering } from './modules.ts';
import type { Scene } from './scene.ts';

/** Numbers of networks outside; identities are below. */
const FIRST_OUTSIDE = 0x8000_0000;
const PROTOCOLS = { tcp: ['tcp'], udp: ['udp'], icmp: ['icmp', 'icmpv6'] } as const;
type Way = 'in' | 'out';
interface Allowed { readonly group?: Labels | undefined; readonly cidr?: readonly string[] | undefined; readonly ports?: readonly string[] | undefined }

export function policiesSection(scene: Scene, network: string, around: Around): ElementSection {
  const { modules: { firewall } } = scene;
  return {
    kind: 'element', owner: `Policies/${network}`,
    element: { ...around.element, imageHash: firewall.imageHash },
    keyed: firewall.keyed,
    contents: firewall.control({ members: [], ...tables(scene, network) }),
    wires: [], around: around.place,
  };
}

/** A server's own: its endpoints, by their ports. */
export function policiesContentsOn(scene: Scene, endpoints: readonly Endpoint[]): PlanContents {
  const { world, modules: { firewall } } = scene;
  const members = endpoints.map(endpoint => {
    const labels = labelsOf(world.resources, endpoint);
    const selected = policiesAt(scene, endpoint.metadata.domain).filter(p => isIn(p.spec.group, labels));
    const closed = [...selected.some(p => p.spec.ingress) ? ['in' as const] : [], ...selected.some(p => p.spec.egress) ? ['out' as const] : []];
    return { port: endpointGiven(world, pathOf(endpoint))!.port, set: identityGiven(world, endpoint.metadata.domain, labels)!.number, closed };
  });
  const { members: own } = firewall.control({ members, groups: [], rules: [] });
  return own === undefined ? {} : { members: own };
}

function tables(scene: Scene, network: string): Pick<Filtering, 'groups' | 'rules'> {
  const { world, topology } = scene;
  const domain = network.slice(0, network.indexOf('/'));
  const policies = policiesAt(scene, domain);
  const outside = outsideOf(policies);
  const identities = identitiesOf(world, domain);
  const rules = identities.flatMap(({ labels, number }) => policies.filter(p => isIn(p.spec.group, labels)).flatMap(policy => [
    ...(policy.spec.ingress ?? []).flatMap(({ from, cidr, ports }) => rulesOf(number, 'in', { group: from, cidr, ports }, identities, outside)),
    ...(policy.spec.egress ?? []).flatMap(({ to, cidr, ports }) => rulesOf(number, 'out', { group: to, cidr, ports }, identities, outside)),
  ]));
  // Who sends says its group; who is sent to is known by its address.
  const needed = policies.some(p => p.spec.egress?.some(rule => rule.to !== undefined));
  const members = needed ? joinedTo(topology, network).flatMap(n => membersOf(topology, n)) : [];
  const byNumber = new Map<number, string[]>([...outside].map(([prefix, number]) => [number, [prefix]]));
  for (const endpoint of members) {
    const { number } = identityGiven(world, domain, labelsOf(world.resources, endpoint))!;
    const own = endpointGiven(world, pathOf(endpoint))!.addresses.map(a => `${a}/${a.includes(':') ? 128 : 32}`);
    byNumber.set(number, [...byNumber.get(number) ?? [], ...own]);
  }
  return { groups: [...byNumber].map(([number, prefixes]) => ({ number, prefixes })), rules };
}

function policiesAt({ topology }: Scene, domain: string): readonly Policy[] {
  return [...topology.policiesOf.get(domain) ?? []].sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1);
}

function rulesOf(set: number, way: Way, { group, cidr, ports }: Allowed, identities: ReturnType<typeof identitiesOf>, outside: ReadonlyMap<string, number>): Filtering['rules'][number][] {
  const groups: (number | 'anyone')[] = [
    ...group === undefined ? [] : identities.filter(i => isIn(group, i.labels)).map(i => i.number),
    // An address is of the longest prefix that has it, so a prefix means those within it too.
    ...(cidr ?? []).flatMap(prefix => [...outside].filter(([other]) => isWithin(other, prefix)).map(([, number]) => number)),
  ];
  if (group === undefined && cidr === undefined) groups.push('anyone');
  const ranges = ports?.map(text => parsePorts(text)!) ?? [undefined];
  return [...new Set(groups)].flatMap(to => ranges.flatMap(range => range === undefined
    ? [{ set, way, group: to }]
    : PROTOCOLS[range.protocol].map(protocol => ({ set, way, group: to, protocol, ...range.ports && { ports: range.ports } }))));
}

/** A number for each prefix that policies name, from its text, so that it stays when others come and go. */
function outsideOf(policies: readonly Policy[]): ReadonlyMap<string, number> {
  const prefixes = [...new Set(policies.flatMap(p => [...p.spec.ingress ?? [], ...p.spec.egress ?? []].flatMap(rule => rule.cidr ?? [])))].sort();
  const taken = new Set<number>();
  return new Map(prefixes.map(prefix => {
    let hash = 0x811c_9dc5;                                                // FNV-1a
    for (const c of prefix) hash = Math.imul(hash ^ c.charCodeAt(0), 0x0100_0193) >>> 0;
    let number = FIRST_OUTSIDE + hash % (FIRST_OUTSIDE - 1);
    while (taken.has(number)) number = number === 0xffff_fffe ? FIRST_OUTSIDE : number + 1;
    taken.add(number);
    return [prefix, number];
  }));
}

function isWithin(inner: string, outer: string): boolean {
  const [a, b] = [parsePrefix(inner)!, parsePrefix(outer)!];
  return a.bits >= b.bits && contains(b, parseAddress(inner.slice(0, inner.indexOf('/')))!);
}
