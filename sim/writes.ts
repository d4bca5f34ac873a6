// What people write in a zone: all kinds that plans are made of, in all their forms, whether the Director takes them or not.

import type { Write } from '../src/director/core/write.ts';
import type { DirectorNode } from './director-node.ts';
import type { Random } from './random.ts';
import type { VisorNode } from './visor-node.ts';

export const DOMAINS = ['red', 'blue', 'green'];
export const NETWORKS = ['web', 'db'];
const SUBNETS = [['10.1.0.0/24'], ['10.1.0.0/24', 'fd00:1::/64'], ['10.1.0.0/28']];
const ROLES = ['front', 'back'];
const POLICIES = ['p', 'admin', 'base'];
/** Of endpoints that people write; workloads ask for them by name, too. */
export const WRITTEN = ['p0', 'p1', 'p2'];
/** Images of versions of a user's module; the world never looks inside. */
const IMAGES = ['4', '5', '6', '7'];
export const NEW_KEY = 'e'.repeat(64);

interface Desk { readonly random: Random; readonly director: DirectorNode; readonly visors: readonly VisorNode[]; readonly domain: string; readonly network: string }

/** Of all that is written; the chances of all add up to one. */
const WRITES: readonly (readonly [chance: number, write: (desk: Desk) => Write | undefined])[] = [
  [0.12, ownModule],
  [0.08, router],
  [0.01, ({ domain }) => deleted(`Nat/${domain}/out`)],
  [0.02, ({ domain }) => deleted(`Router/${domain}/r`)],
  [0.01, gateway],
  [0.08, policy],
  [0.03, ({ random, domain }) => deleted(`Policy/${domain}/${random.pick(POLICIES)!}`)],
  [0.02, ({ random, domain, network }) => applied(resource('Dns', { domain, name: 'names' }, { zone: `${domain}.internal`, ...random.chance(0.5) && { networks: [network] }, ...random.chance(0.5) && { upstreams: ['192.0.2.53'] } }))],
  [0.01, ({ domain }) => deleted(`Dns/${domain}/names`)],
  [0.23, network],
  [0.07, ({ domain, network }) => deleted(`Network/${domain}/${network}`)],
  [0.06, endpoint],
  [0.02, segment],
  [0.01, swap],
  [0.18, ({ random, director }) => deleted(random.pick([...director.state.world.resources.keys()].filter(k => k.startsWith('Endpoint/'))))],
  [0.05, server],
];

export function writeSomething(place: Pick<Desk, 'random' | 'director' | 'visors'>): void {
  const { random, director } = place;
  const desk = { ...place, domain: random.pick(DOMAINS)!, network: random.pick(NETWORKS)! };
  let dice = random.next();
  const at = WRITES.findIndex(([chance]) => {
    dice -= chance;
    return dice < 0;
  });
  const written = WRITES.at(at)![1](desk);
  if (written) director.write(written, () => {});
}

function ownModule({ random, director, domain, network }: Desk): Write {
  const dice = random.next();
  const module = random.pick([...director.state.world.resources.keys()].filter(k => k.startsWith('Module/')));
  const name = random.pick(['guard', 'knock'])!;
  if (dice < 0.25 || module === undefined) {
    const digit = random.pick(IMAGES)!;
    return { kind: 'push', name: 'knock', spec: { entry: 'knock.ts', sources: { 'knock.ts': digit }, imageHash: digit.repeat(64), image: '{}', type: 'filter', keyed: ['doors'], exports: [] } };
  }
  if (dice < 0.75) return applied(resource('Function', { domain, name }, {
    module: module.slice('Module/'.length), on: { network }, order: random.below(3), ...random.pick([{}, { canarySeconds: 0 }, { canarySeconds: 5 }]),
    ...random.chance(0.5) && { config: { doors: [[random.below(1000), 1]] } },
  }));
  return dice < 0.9 ? { kind: 'delete', key: `Function/${domain}/${name}` } : { kind: 'delete', key: module };
}

/** Subnets are the same in all domains, so their ways out are translated. */
function router({ random, director, domain }: Desk): Write {
  const networks = random.pick([['web'], ['db'], NETWORKS, NETWORKS])!;
  if (random.chance(0.5)) return applied(resource('Router', { domain, name: 'r' }, { networks, ...random.chance(0.5) && { routes: [{ to: '192.0.2.0/24', blackhole: true }] } }));
  const number = DOMAINS.indexOf(domain);
  const written = random.pick([...director.state.world.resources.values()].filter(r => r.kind === 'Endpoint' && r.metadata.domain === domain && r.spec.ephemeral !== true && networks.includes(r.spec.network)));
  const outside = `198.51.100.${100 + 10 * number + random.below(3)}`;
  return applied(
    resource('Router', { domain, name: 'r' }, { networks, uplink: { gateway: 'edge', addresses: [`198.51.100.${2 + number}`] } }),
    resource('Nat', { domain, name: 'out' }, {
      router: 'r', masquerade: networks.map(network => ({ from: { network } })),
      ...random.chance(0.3) ? { oneToOne: [written ? { endpoint: written.metadata.name, outside } : { inside: `10.${networks[0] === 'web' ? 1 : 2}.0.${4 + random.below(4)}`, outside }] } : {},
      ...random.chance(0.3) && written ? { forward: [{ to: { endpoint: written.metadata.name }, ports: ['tcp/8080:80'] }] } : {},
    }),
  );
}

function gateway({ random, visors }: Desk): Write {
  const servers = [...new Set(Array.from({ length: 1 + random.below(3) }, () => random.pick(visors)!.name))];
  return applied(resource('Gateway', { name: 'edge' }, { servers, device: 'eth1', addresses: DOMAINS.map((_, i) => `198.51.100.${2 + i}/24`), nextHop: ['198.51.100.1'] }));
}

/** Of all tiers, about all or a role, with every action. */
function policy({ random, domain }: Desk): Write {
  const group = (): object => random.chance(0.5) ? {} : { role: random.pick(ROLES)! };
  const rules = (who: 'from' | 'to'): object[] => Array.from({ length: random.below(3) }, () => ({
    ...random.chance(0.5) && { action: random.pick(['allow', 'deny', 'reject', 'pass'])! },
    ...random.pick([{}, { [who]: group() }, { cidr: ['203.0.113.0/24'], except: ['203.0.113.8/29'] }]),
    ...random.chance(0.5) && { ports: [random.pick(['tcp/80', 'udp/53', 'icmp'])!] },
  }));
  const name = random.pick(POLICIES)!;
  const tier = name === 'p' ? {} : { tier: name === 'base' ? 'baseline' : name };
  return applied(resource('Policy', { domain, name }, { group: group(), ...tier, ...random.chance(0.3) && { priority: random.below(3) }, ...random.chance(0.8) && { ingress: rules('from') }, ...random.chance(0.4) && { egress: rules('to') } }));
}

function network({ random, domain, network }: Desk): Write {
  return applied(resource('Network', { domain, name: network }, {
    subnets: network === 'web' ? random.pick(SUBNETS)! : ['10.2.0.0/24'],
    ...random.chance(0.2) && { mtu: 1400 }, ...random.chance(0.3) && { dhcp: {} }, ...random.chance(0.2) && { antiSpoof: false },
    ...random.chance(0.6) && { attach: { grant: { role: random.pick(ROLES)! } } },
  }));
}

/** Made, moved to another server, labelled: a workload may be there already, or ask for it later, or never. */
function endpoint({ random, visors, domain, network }: Desk): Write {
  const labels = random.chance(0.4) ? { labels: { role: random.pick(ROLES)! } } : {};
  return applied(resource('Endpoint', { domain, name: random.pick(WRITTEN)!, ...labels }, { network, server: random.pick(visors)!.name }));
}

/** What is behind a device of a server. */
function segment({ random, visors, domain, network }: Desk): Write {
  return applied(resource('Endpoint', { domain, name: `lan${random.below(2)}` }, { network, server: random.pick(visors)!.name, device: random.pick(['eth1', 'eth2'])!, ...random.chance(0.6) && { vlan: 10 + random.below(2) } }));
}

/** Two segments of a server change places in one write. */
function swap({ random, director }: Desk): Write | undefined {
  const segments = [...director.state.world.resources.values()].flatMap(r => r.kind === 'Endpoint' && r.spec.device !== undefined ? r : []);
  const one = random.pick(segments), other = random.pick(segments.filter(r => r !== one && r.spec.server === one?.spec.server));
  if (!one || !other) return undefined;
  const place = ({ spec: { device, vlan } }: typeof one): object => ({ device, ...vlan !== undefined && { vlan } });
  return applied(...[[one, other], [other, one]].map(([r, at]) => resource('Endpoint', { domain: r!.metadata.domain, name: r!.metadata.name }, { network: r!.spec.network, server: r!.spec.server, ...place(at!) })));
}

/** Its address and MTU change; it is cut off, and let in again by another key. */
function server({ random, director, visors }: Desk): Write {
  const i = random.below(visors.length);
  const keys = random.chance(0.2) ? { keys: [] } : director.cutOff(visors[i]!.name) ? { keys: [NEW_KEY] } : {};
  return applied(resource('Server', { name: visors[i]!.name }, { underlay: `192.0.2.${i + 1 + (random.chance(0.2) ? 100 : 0)}`, mtu: random.pick([1500, 9000])!, ...keys }));
}

function applied(...resources: unknown[]): Write {
  return { kind: 'apply', dryRun: false, resources };
}

function deleted(key: string | undefined): Write | undefined {
  return key === undefined ? undefined : { kind: 'delete', key };
}

function resource(kind: string, metadata: object, spec: object): unknown {
  return { apiVersion: 'iovisor/v1', kind, metadata, spec };
}
