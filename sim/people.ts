// What happens in a zone: people write resources, workloads come and go, machines crash, networks part.

import type { Random } from './random.ts';
import type { DirectorNode } from './director-node.ts';
import type { VisorNode } from './visor-node.ts';
import type { SimClock } from './clock.ts';

const DOMAINS = ['red', 'blue', 'green'];
const NETWORKS = ['web', 'db'];
const SUBNETS = [['10.1.0.0/24'], ['10.1.0.0/24', 'fd00:1::/64'], ['10.1.0.0/28']];
const MOST_NAMESPACES = 12;
/** Images of versions of a user's module; the world never looks inside. */
const IMAGES = ['4', '5', '6', '7'];
const NEW_KEY = 'e'.repeat(64);

export interface Place { readonly clock: SimClock; readonly random: Random; readonly director: DirectorNode; readonly visors: readonly VisorNode[] }

const none = (): void => {};

export function somethingHappens(place: Place): void {
  const { random } = place;
  const dice = random.next();
  if (dice < 0.5) attach(place);
  else if (dice < 0.6) detach(place);
  else if (dice < 0.76) write(place);
  else if (dice < 0.80) crashVisor(place);
  else if (dice < 0.82) crashDirector(place);
  else if (dice < 0.87) part(place);
  else if (dice < 0.90) loseNamespace(place);
  else if (dice < 0.92) clearAway(place);
  else if (dice < 0.96) resume(place);
}

function attach({ random, visors, clock }: Place): void {
  const visor = random.pick(visors)!;
  const domain = random.pick(DOMAINS)!;
  const network = random.pick(NETWORKS)!;
  const names = visor.datapath.namespaces!;
  if (names.size >= MOST_NAMESPACES) return;
  const fresh = `ns-${visor.name}-${Math.floor(clock.nowMs)}-${random.below(1000)}`;
  const netns = random.chance(0.2) ? random.pick([...names]) ?? fresh : fresh;
  names.add(netns);
  visor.attach({ domain, network, netns, device: 'eth0', timeoutMs: 2000 + random.below(8000), ...(random.chance(0.3) ? { name: `w${random.below(8)}` } : {}) }, result => {
    if (!result.ok && netns === fresh) names.delete(netns);
  });
}

function detach({ random, visors }: Place): void {
  const visor = random.pick(visors)!;
  const local = random.pick(visor.state.wanted.endpoints);
  if (!local) return;
  const [domain = '', name = ''] = local.endpoint.split('/');
  visor.detach(random.chance(0.5) ? { domain, name } : { netns: local.netns, device: local.device }, none);
  if (random.chance(0.7)) visor.datapath.lose(local.netns);
}

function write({ random, director, visors }: Place): void {
  const domain = random.pick(DOMAINS)!;
  const network = random.pick(NETWORKS)!;
  if (random.chance(0.12)) {
    runOwn({ random, director, domain, network });
    return;
  }
  const dice = random.next();
  const routers = { web: ['web'], db: ['db'], both: ['web', 'db'] };
  const apply = (...resources: unknown[]): void => { director.write({ kind: 'apply', dryRun: false, resources }, none); };
  if (dice < 0.08) {
    const networks = routers[random.pick(['web', 'db', 'both', 'both'] as const)!];
    // Subnets are the same in all domains, so their ways out are translated.
    const uplink = { gateway: 'edge', addresses: [`198.51.100.${2 + DOMAINS.indexOf(domain)}`] };
    if (random.chance(0.5)) apply(resource('Router', { domain, name: 'r' }, { networks, ...(random.chance(0.5) ? { routes: [{ to: '192.0.2.0/24', blackhole: true }] } : {}) }));
    else apply(resource('Router', { domain, name: 'r' }, { networks, uplink }), resource('Nat', { domain, name: 'out' }, { router: 'r', masquerade: networks.map(network => ({ from: { network } })) }));
  } else if (dice < 0.09) director.write({ kind: 'delete', key: `Nat/${domain}/out` }, none);
  else if (dice < 0.1) apply(resource('Gateway', { name: 'edge' }, { servers: [...new Set(Array.from({ length: 1 + random.below(3) }, () => random.pick(visors)!.name))], device: 'eth1', addresses: DOMAINS.map((_, i) => `198.51.100.${2 + i}/24`), nextHop: ['198.51.100.1'] }));
  else if (dice < 0.12) director.write({ kind: 'delete', key: `Router/${domain}/r` }, none);
  else if (dice < 0.17) director.write({ kind: 'apply', dryRun: false, resources: [resource('Policy', { domain, name: 'p' }, { group: {}, ingress: random.pick([[], [{ ports: ['tcp/80'] }], [{ from: {} }]])! })] }, none);
  else if (dice < 0.19) director.write({ kind: 'delete', key: `Policy/${domain}/p` }, none);
  else if (dice < 0.21) apply(resource('Dns', { domain, name: 'names' }, { zone: `${domain}.internal`, ...(random.chance(0.5) ? { networks: [network] } : {}), ...(random.chance(0.5) ? { upstreams: ['192.0.2.53'] } : {}) }));
  else if (dice < 0.22) director.write({ kind: 'delete', key: `Dns/${domain}/names` }, none);
  else if (dice < 0.5) director.write({ kind: 'apply', dryRun: false, resources: [resource('Network', { domain, name: network }, { subnets: network === 'web' ? random.pick(SUBNETS)! : ['10.2.0.0/24'], ...(random.chance(0.2) ? { mtu: 1400 } : {}), ...(random.chance(0.3) ? { dhcp: {} } : {}), ...(random.chance(0.2) ? { antiSpoof: false } : {}) })] }, none);
  else if (dice < 0.6) director.write({ kind: 'delete', key: `Network/${domain}/${network}` }, none);
  else if (dice < 0.85) {
    const endpoint = random.pick([...director.state.world.resources.keys()].filter(k => k.startsWith('Endpoint/')));
    if (endpoint) director.write({ kind: 'delete', key: endpoint }, none);
  } else {
    const i = random.below(visors.length);
    // Cut off, and let in again by another key.
    const keys = random.chance(0.2) ? { keys: [] } : director.cutOff(visors[i]!.name) ? { keys: [NEW_KEY] } : {};
    apply(resource('Server', { name: visors[i]!.name }, { underlay: `192.0.2.${i + 1 + (random.chance(0.2) ? 100 : 0)}`, mtu: random.pick([1500, 9000])!, ...keys }));
  }
}

function resource(kind: string, metadata: object, spec: object): unknown {
  return { apiVersion: 'iovisor/v1', kind, metadata, spec };
}

/** Modules of users' own: new versions, placed, tried on one server first, taken away. */
function runOwn({ random, director, domain, network }: { readonly random: Random; readonly director: DirectorNode; readonly domain: string; readonly network: string }): void {
  const dice = random.next();
  const modules = [...director.state.world.resources.keys()].filter(k => k.startsWith('Module/'));
  const module = random.pick(modules);
  if (dice < 0.25 || module === undefined) {
    const digit = random.pick(IMAGES)!;
    director.write({ kind: 'push', name: 'knock', spec: { entry: 'knock.ts', sources: { 'knock.ts': digit }, imageHash: digit.repeat(64), image: '{}', type: 'filter', keyed: ['doors'], exports: [] } }, none);
  } else if (dice < 0.75) {
    const config = random.chance(0.5) ? { config: { doors: [[random.below(1000), 1]] } } : {};
    const canary = random.pick([{}, { canarySeconds: 0 }, { canarySeconds: 5 }])!;
    director.write({ kind: 'apply', dryRun: false, resources: [resource('Function', { domain, name: random.pick(['guard', 'knock'])! }, { module: module.slice('Module/'.length), on: { network }, order: random.below(3), ...canary, ...config })] }, none);
  } else if (dice < 0.9) director.write({ kind: 'delete', key: `Function/${domain}/${random.pick(['guard', 'knock'])!}` }, none);
  else director.write({ kind: 'delete', key: module }, none);
}

/** Whoever runs the zone lets in again whom it had cut off. */
export function admitAll(director: DirectorNode): void {
  for (const r of director.state.world.resources.values()) if (r.kind === 'Server' && director.cutOff(r.metadata.name)) director.write({ kind: 'patch', key: `Server/${r.metadata.name}`, patch: { spec: { keys: [NEW_KEY] } } }, none);
}

/** All of a server's endpoints are deleted at the Director, while the server is not heard: it meets them all in one plan. */
function clearAway({ random, director, visors, clock }: Place): void {
  const visor = random.pick(visors)!;
  visor.cut = true;
  for (const [key, r] of director.state.world.resources) if (r.kind === 'Endpoint' && r.spec.server === visor.name) director.write({ kind: 'delete', key }, none);
  clock.after(5_000, () => { visor.cut = false; });
}

function resume({ random, visors }: Place): void {
  const visor = random.pick(visors)!;
  if (visor.state.offered) visor.resume();
}

function crashVisor({ random, visors, clock }: Place): void {
  const visor = random.pick(visors)!;
  if (!visor.up) return;
  visor.crash();
  clock.after(random.below(8000), () => { if (!visor.up) visor.start(); });
}

function crashDirector({ random, director, clock }: Place): void {
  if (!director.up) return;
  director.crash();
  clock.after(random.below(8000), () => { if (!director.up) director.restart(); });
}

function part({ random, visors, clock }: Place): void {
  const visor = random.pick(visors)!;
  visor.cut = true;
  clock.after(random.below(15_000), () => { visor.cut = false; });
}

function loseNamespace({ random, visors }: Place): void {
  const visor = random.pick(visors)!;
  const netns = random.pick([...visor.datapath.namespaces!]);
  if (netns !== undefined) visor.datapath.lose(netns);
}
