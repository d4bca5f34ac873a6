// Requests of workloads on this server: attach and detach, and births from leases while the Director is away. What may be answered is answered; the
// rest waits with its reason.

import type { ApiError } from '../../model/api.ts';
import type { Attach, Attached, Detach } from '../../model/visor-api.ts';
import { freeSeats, type LocalEndpoint, MAX_LOCAL_ENDPOINTS, networkOf, withEndpoint, withoutEndpoint } from './document.ts';
import type { Clock, LocalResult } from './events.ts';
import { desiredByName, localByName, plannedByName, seenByUid } from './lookup.ts';
import type { Draft, Request } from './state.ts';

/** With the Director away an attach is refused after this, not at the end of its patience. */
export const OFFLINE_PATIENCE_MS = 2_000;
const DETACH_PATIENCE_MS = 3_000;

type Answers = (request: string, result: LocalResult) => void;

export function attach(draft: Draft, request: string, asked: Attach, clock: Clock, answer: Answers): void {
  const { domain, network, netns, device } = asked;
  const there = draft.wanted.endpoints.find(e => e.netns === netns && e.device === device);
  const fresh = `${network.slice(0, 54)}-${Math.floor(clock.random() * 0x1_0000_0000).toString(16).padStart(8, '0')}`;
  const endpoint = there !== undefined && asked.name === undefined ? there.endpoint : `${domain}/${asked.name ?? fresh}`;
  const named = draft.wanted.endpoints.find(e => e.endpoint === endpoint);
  const refuse = (error: ApiError): void => answer(request, { ok: false, error });
  if (there && there.endpoint !== endpoint) { refuse({ error: 'exists', message: `${placeText(asked)} is endpoint ${there.endpoint} already`, cure: 'detach that one first' }); return; }
  if (named && (named.netns !== netns || named.device !== device)) { refuse({ error: 'exists', message: `endpoint ${endpoint} is attached already, to ${placeText(named)}`, cure: 'detach it first, or choose another name' }); return; }
  if (there && (there.network !== network || there.endpoint.split('/')[0] !== domain)) { refuse({ error: 'exists', message: `${placeText(asked)} is endpoint ${there.endpoint} of network ${there.network} already`, cure: 'detach it first' }); return; }
  if (!there && draft.wanted.endpoints.length >= MAX_LOCAL_ENDPOINTS) { refuse({ error: 'busy', message: `this server has ${MAX_LOCAL_ENDPOINTS} endpoints, the most it may have` }); return; }
  if (!there) {
    const dead = draft.wanted.gone.includes(endpoint);
    // Somebody waits for what becomes of it: the Director is asked again at once.
    if (dead) draft.troubles.delete(`director ${endpoint}`);
    const there = dead ? undefined : plannedByName(draft.wanted.plan).get(endpoint), planned = there && draft.wanted.told.includes(there.uid) ? undefined : there;
    if (planned && planned.network !== `${domain}/${network}`) { refuse({ error: 'conflict', message: `endpoint ${endpoint} is planned in network ${planned.network}`, cure: 'name that network' }); return; }
    const generation = draft.wanted.plan?.generation;
    const known = planned && generation ? { known: { epoch: generation.epoch, revision: generation.revision } } : {};
    const optional = { ...(asked.mac === undefined ? {} : { mac: asked.mac }), ...(asked.addresses === undefined ? {} : { addresses: asked.addresses }) };
    draft.wanted = withEndpoint(draft.wanted, { endpoint, network, netns, device, ...optional, born: planned === undefined, ...known });
  }
  draft.requests.set(request, { kind: 'attach', attach: asked, endpoint, sinceMs: clock.monotonicMs, deadlineMs: clock.monotonicMs + asked.timeoutMs });
}

export function detach(draft: Draft, request: string, asked: Detach, clock: Clock, answer: Answers): void {
  const found = draft.wanted.endpoints.find(e => 'netns' in asked ? e.netns === asked.netns && e.device === asked.device : e.endpoint === `${asked.domain}/${asked.name}`);
  if (!found) { answer(request, { ok: true, body: { found: false } }); return; }
  const uid = desiredByName(draft.desired).get(found.endpoint)?.spec.uid;
  draft.wanted = withoutEndpoint(draft.wanted, found.endpoint);
  for (const [id, other] of draft.requests) {
    if (other.kind !== 'attach' || other.endpoint !== found.endpoint) continue;
    draft.requests.delete(id);
    answer(id, { ok: false, error: { error: 'conflict', message: `endpoint ${found.endpoint} was detached meanwhile` } });
  }
  draft.requests.set(request, { kind: 'detach', endpoint: found.endpoint, uid, deadlineMs: clock.monotonicMs + DETACH_PATIENCE_MS });
}

/**
 * While the Director is away, or has not answered for so long, who waits is given what the server has on lease; it is told later. As long as it answers, its
 * word comes first: it knows what names there are and what rules forbid, and leases stay whole for when it does not.
 */
export function giveBirth(draft: Draft, clock: Clock): void {
  for (const request of draft.requests.values()) {
    const local = request.kind === 'attach' ? localByName(draft.wanted.endpoints).get(request.endpoint) : undefined;
    if (request.kind !== 'attach' || !local || !isUntold(local) || local.leased || asksForItsOwn(local) || draft.cutOff || !isAway(draft, request, clock)) continue;
    const [seat] = freeSeats(draft.wanted, networkOf(local));
    const epoch = draft.wanted.plan?.generation.epoch;
    if (seat && epoch !== undefined) draft.wanted = withEndpoint(draft.wanted, { ...local, leased: { epoch, seat } });
  }
}

function isUntold(local: LocalEndpoint): boolean {
  return local.born && local.known === undefined;
}

function asksForItsOwn({ mac, addresses }: LocalEndpoint): boolean {
  return mac !== undefined || addresses !== undefined;
}

/** Of a busy one something else is heard meanwhile. */
function isAway({ online, cutOff, awaySinceMs, heardMs }: Draft, { sinceMs }: { readonly sinceMs: number }, { monotonicMs }: Clock): boolean {
  return cutOff !== undefined || (!online && awaySinceMs !== undefined) || monotonicMs - Math.max(sinceMs, online ? heardMs : sinceMs) >= OFFLINE_PATIENCE_MS;
}

/** Answers what can be answered now. */
export function settleRequests(draft: Draft, clock: Clock, answer: Answers): void {
  if (draft.requests.size === 0) return;
  for (const [id, request] of [...draft.requests]) {
    const result = request.kind === 'attach' ? attachResult(draft, request, clock) : detachResult(draft, request, clock);
    if (!result) continue;
    draft.requests.delete(id);
    answer(id, result);
    // An attach that failed leaves nothing behind: whoever asked will ask again, or go.
    if (request.kind === 'attach' && !result.ok) draft.wanted = withoutEndpoint(draft.wanted, request.endpoint);
  }
}

function detachResult(draft: Draft, { endpoint, uid, deadlineMs }: Extract<Request, { kind: 'detach' }>, clock: Clock): LocalResult | undefined {
  const recorded = draft.durable.endpoints.some(e => e.endpoint === endpoint);
  const stands = uid !== undefined && seenByUid(draft.assumed).has(uid);
  if ((recorded || stands) && clock.monotonicMs < deadlineMs) return undefined;
  // Past its patience it has succeeded all the same: it is off the books, and its removal is being tried.
  return { ok: true, body: { found: true, endpoint } };
}

function attachResult(draft: Draft, request: Extract<Request, { kind: 'attach' }>, clock: Clock): LocalResult | undefined {
  const { endpoint } = request;
  const wanted = desiredByName(draft.desired).get(endpoint);
  if (wanted) {
    const found = seenByUid(draft.confirmed).get(wanted.spec.uid);
    const element = draft.desired.elements.find(e => e.spec.uid === wanted.spec.element);
    const elementStands = draft.confirmed?.elements.some(e => e.uid === element?.spec.uid && e.specHash === element.hash) ?? false;
    const { uid, mac, addresses, mtu, netns, device } = wanted.spec;
    const sure = !draft.unsure.has(`endpoint ${uid}`) && !draft.unsure.has(`element ${wanted.spec.element}`);
    if (sure && found?.alive && found.specHash === wanted.hash && elementStands) return { ok: true, body: { endpoint, uid, mac, addresses: [...addresses], mtu, netns, device } satisfies Attached };
    // Its own namespace or device: another try will not help. What it only depends on may come right in time.
    const own = draft.troubles.get(`endpoint ${uid}`);
    const below = ['tunnel', `element ${wanted.spec.element}`, ...(element ? [`image ${element.spec.imageHash}`, `fetch ${element.spec.imageHash}`] : [])].map(o => draft.troubles.get(o)).find(t => t);
    const trouble = own ?? (clock.monotonicMs >= request.deadlineMs ? below : undefined);
    if (trouble) return failed('unavailable', `endpoint ${endpoint} cannot be attached: ${trouble.message}`);
  }
  const local = localByName(draft.wanted.endpoints).get(endpoint);
  if (local?.refused !== undefined) return failed('unavailable', `endpoint ${endpoint} was born while the Director was away, which refuses it: ${local.refused}`, 'attach it again');
  const known = local?.known !== undefined || local?.leased !== undefined;
  if (!known && local && isAway(draft, request, clock) && clock.monotonicMs - request.sinceMs >= OFFLINE_PATIENCE_MS) {
    if (draft.cutOff) return failed('unavailable', `the Director refuses this server (${draft.cutOff.message}), and it gives addresses to new endpoints`, draft.cutOff.cure);
    return failed('unavailable', `the Director is away (${awayText(draft)}), and ${whyNoSeat(draft, local)}`, 'see that it runs: iov get servers');
  }
  if (clock.monotonicMs < request.deadlineMs) return undefined;
  const held = draft.troubles.get('plan');
  if (held && !wanted) return failed('unavailable', `endpoint ${endpoint} cannot be attached: ${held.message}`);
  const untold = draft.troubles.get(`director ${endpoint}`)?.message;
  const waitsFor = !known ? `the Director to know it${untold === undefined ? '' : `, which says: ${untold}`}` : !wanted ? 'a plan with it' : 'the data path';
  return failed('unavailable', `endpoint ${endpoint} was not attached in ${request.attach.timeoutMs} ms: still waiting for ${waitsFor}`, 'see iov status, or give it longer with --timeout');
}

function awayText({ online, offlineWhy, awaySinceMs }: Draft): string {
  if (online) return `it has not answered for ${OFFLINE_PATIENCE_MS} ms`;
  return awaySinceMs === undefined ? offlineWhy : `${offlineWhy}, since ${new Date(awaySinceMs).toISOString()}`;
}

function whyNoSeat({ wanted }: Draft, local: LocalEndpoint): string {
  if (asksForItsOwn(local)) return 'it alone gives endpoints a MAC or addresses that they ask for';
  const network = networkOf(local);
  const leased = (wanted.plan?.own?.section.seats ?? []).filter(seat => seat.network === network).length;
  if (leased > 0) return `of the ${leased} endpoints of Network ${network} that it leased to this server none is left`;
  const isHere = wanted.plan?.elements.some(e => e.section.owner === `Network/${network}`) === true;
  return isHere ? `it leased no endpoints of Network ${network} to this server` : `Network ${network} is not on this server, for it has no endpoints here: the Director brings it with the first`;
}

function placeText({ netns, device }: Pick<LocalEndpoint, 'netns' | 'device'>): string {
  return netns === '' ? `TAP ${device}` : `device ${device} of ${netns}`;
}

function failed(error: ApiError['error'], message: string, cure?: string): LocalResult {
  return { ok: false, error: { error, message, ...(cure === undefined ? {} : { cure }) } };
}
