// What happens in a zone: people write resources (writes.ts), workloads come and go, machines crash, networks part.

import { keyOfRef } from '../src/model/resource.ts';
import { referencesOf } from '../src/model/references.ts';
import type { Random } from './random.ts';
import type { DirectorNode } from './director-node.ts';
import type { VisorNode } from './visor-node.ts';
import type { SimClock } from './clock.ts';
import { DOMAINS, NETWORKS, NEW_KEY, WRITTEN, writeSomething } from './writes.ts';

const MOST_NAMESPACES = 12;

interface Place { readonly clock: SimClock; readonly random: Random; readonly director: DirectorNode; readonly visors: readonly VisorNode[] }

const none = (): void => {};

export function somethingHappens(place: Place): void {
  const { random } = place;
  const dice = random.next();
  if (dice < 0.5) attach(place);
  else if (dice < 0.6) detach(place);
  else if (dice < 0.76) writeSomething(place);
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
  visor.attach({ domain, network, netns, device: 'eth0', timeoutMs: 2000 + random.below(8000), ...(random.chance(0.3) ? { name: random.pick([`w${random.below(8)}`, random.pick(WRITTEN)!])! } : {}) }, result => {
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

/** Whoever runs the zone lets in again whom it had cut off. */
export function admitAll(director: DirectorNode): void {
  for (const r of director.state.world.resources.values()) if (r.kind === 'Server' && director.cutOff(r.metadata.name)) director.write({ kind: 'patch', key: `Server/${r.metadata.name}`, patch: { spec: { keys: [NEW_KEY] } } }, none);
}

/** Of an endpoint, `domain/name`. */
export function deleteUsers(director: DirectorNode, endpoint: string): void {
  for (const [key, r] of director.state.world.resources) if (referencesOf(r).some(ref => ref.kind === 'Endpoint' && keyOfRef(ref) === `Endpoint/${endpoint}`)) director.write({ kind: 'delete', key }, none);
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
