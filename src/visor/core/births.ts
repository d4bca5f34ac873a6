// What the Director is told of workloads here, and what becomes of its answers: births, also those that happened while it was away, and ends.

import type { Endpoint } from '../../model/resource.ts';
import type { Asking } from './asking.ts';
import { plannedUid, withEndpoint, withoutEndpoint, type LocalEndpoint } from './document.ts';
import type { CutOff, Registered } from './events.ts';
import { lackedBy } from './hold.ts';
import { localByName, plannedByName } from './lookup.ts';
import type { Flight } from './state.ts';

export function tellDirector(turn: Asking): void {
  const { draft } = turn;
  if (!draft.online) return;
  for (const name of draft.durable.gone) {
    if (!draft.wanted.gone.includes(name) || draft.durable.endpoints.some(e => e.endpoint === name && e.known !== undefined)) continue;
    unregister(turn, name);
  }
  // A birth that a crash could make us forget must not happen.
  if (draft.unsaved || (!draft.offered && draft.wanted.endpoints.every(e => e.known !== undefined))) return;
  const wantedNow = localByName(draft.wanted.endpoints);
  const lacked = new Set(draft.offered ? lackedBy(draft.offered, draft.wanted, draft.reborn) : []);
  for (const local of draft.durable.endpoints) {
    if (draft.wanted.gone.includes(local.endpoint)) continue;
    // On disk, and still wanted, and not known by an answer that is on its way to disk.
    const wanted = wantedNow.get(local.endpoint);
    const bornAgain = wanted?.born === true && lacked.has(local.endpoint) && !draft.reborn.has(local.endpoint);
    if (!wanted || (wanted.known !== undefined && !bornAgain)) continue;
    const [domain = '', name = ''] = local.endpoint.split('/');
    const lease = local.leased && { lease: local.leased.seat.uid };
    const endpoint: Endpoint = {
      apiVersion: 'iovisor/v1', kind: 'Endpoint', metadata: { domain, name },
      spec: { network: local.network, server: draft.identity.server, ephemeral: true, ...lease, ...identityOf(turn, local) },
    };
    turn.start(`director ${local.endpoint}`, '', { kind: 'register', endpoint: local.endpoint, ...lease }, effect => ({ kind: 'register', effect, endpoint }));
  }
}

export function cutOff(turn: Asking, { message, cure }: CutOff): void {
  turn.draft.cutOff = { message, cure };
  turn.refused('director', '', `it refuses this server: ${message}${cure === undefined ? '' : `; ${cure}`}; what is here goes on meanwhile`);
}

export function registered(turn: Asking, effect: number, name: string, outcome: Registered): void {
  const { draft } = turn;
  const flight = turn.land(effect);
  // Of one that is still to be forgotten: who has the name by now will be born when that is done.
  const local = draft.wanted.gone.includes(name) ? undefined : draft.wanted.endpoints.find(e => e.endpoint === name);
  if (!local && outcome.kind === 'created') {
    // Detached meanwhile, and perhaps forgotten before it was born: the Director shall forget it (again).
    draft.wanted = { ...draft.wanted, gone: [...new Set([...draft.wanted.gone, name])].sort() };
    return;
  }
  if (!local || flight?.work.kind !== 'register') return;
  if (local.known !== undefined) { registeredAgain(turn, flight, name, outcome); return; }
  // Asked for before it was born, and answered behind that: what was made there is another, and is met, and taken away, when this one is told of.
  if (outcome.kind === 'created' && flight.work.lease !== local.leased?.seat.uid) return;
  if (outcome.kind === 'created') { turn.over(flight.object); draft.wanted = withEndpoint(draft.wanted, { ...local, known: { epoch: outcome.epoch, revision: outcome.revision }, refused: undefined }); return; }
  if (outcome.kind === 'unreachable') {
    if (outcome.cutOff) cutOff(turn, outcome.cutOff);
    turn.refused(flight.object, flight.change, outcome.message);
    return;
  }
  if (outcome.kind === 'exists') {
    const { endpoint, epoch } = outcome;
    const isHere = endpoint.spec.server === draft.identity.server && endpoint.spec.network === local.network;
    if (isHere && (!local.leased || endpoint.spec.lease === local.leased.seat.uid)) {
      turn.over(flight.object);
      draft.wanted = withEndpoint(draft.wanted, { ...local, born: endpoint.spec.ephemeral === true, known: { epoch, revision: endpoint.metadata.revision ?? 0 }, refused: undefined });
      return;
    }
    // Asked for before it was born, and the answer was lost.
    if (local.leased && isHere && endpoint.spec.ephemeral) {
      unregister(turn, name);
      return;
    }
    if (local.leased && !isWaitedFor(turn, name)) {
      turn.refused(flight.object, flight.change, `the Director has another endpoint ${name}, on server ${endpoint.spec.server}: what was born here while it was away goes on, and nobody elsewhere knows it; detach it, and attach it by another name`);
      return;
    }
    refuse(turn, name, { error: 'exists', message: `endpoint ${name} exists already, on server ${endpoint.spec.server} in network ${endpoint.spec.network}`, cure: 'choose another name' }); return;
  }
  refuse(turn, name, outcome.error);
}

/** As its workload wants it; born again, or from a lease of another store, as it has it. */
function identityOf(turn: Asking, local: LocalEndpoint): { mac?: string; addresses?: string[] } {
  const { offered, received, durable } = turn.draft;
  const epoch = (offered?.generation ?? received ?? durable.plan?.generation)?.epoch;
  const planned = local.leased && local.leased.epoch !== epoch ? local.leased.seat : local.known === undefined ? undefined : plannedByName(turn.draft.durable.plan).get(local.endpoint);
  const mac = local.mac ?? planned?.mac;
  const addresses = local.addresses ?? planned?.addresses.map(a => a.split('/')[0]!);
  return { ...(mac === undefined ? {} : { mac }), ...(addresses === undefined ? {} : { addresses: [...addresses] }) };
}

/** A refusal is no reason to take away what carries packets: it is tried again. */
function registeredAgain(turn: Asking, flight: Flight, name: string, outcome: Registered): void {
  const { draft } = turn;
  const refusal = outcome.kind === 'unreachable' ? outcome.message : outcome.kind === 'refused' ? outcome.error.message
    : outcome.kind === 'exists' && outcome.endpoint.spec.server !== draft.identity.server ? `endpoint ${name} exists already, on server ${outcome.endpoint.spec.server}` : undefined;
  if (refusal !== undefined) {
    turn.refused(flight.object, flight.change, refusal);
    return;
  }
  if (outcome.kind !== 'created' && outcome.kind !== 'exists') return;
  turn.over(flight.object);
  if (outcome.epoch !== draft.offered?.generation.epoch) return;
  draft.reborn.set(name, { ...draft.offered.generation, revision: outcome.kind === 'created' ? outcome.revision : outcome.endpoint.metadata.revision ?? 0 });
}

function unregister(turn: Asking, name: string): void {
  turn.start(`director ${name}`, '', { kind: 'unregister', endpoint: name, uid: plannedUid(turn.draft.wanted, name) }, effect => ({ kind: 'unregister', effect, endpoint: name }));
}

function isWaitedFor(turn: Asking, name: string): boolean {
  return [...turn.draft.requests.values()].some(r => r.kind === 'attach' && r.endpoint === name);
}

/** The Director will not have it: nothing of it stays, and nothing has to be forgotten there. A workload that has it already is told by its state. */
function refuse(turn: Asking, name: string, error: Extract<Registered, { kind: 'refused' }>['error']): void {
  const { draft } = turn;
  const local = draft.wanted.endpoints.find(e => e.endpoint === name);
  if (local?.leased && !isWaitedFor(turn, name)) {
    draft.wanted = withEndpoint(draft.wanted, { ...local, refused: error.message });
    turn.refused(`director ${name}`, '', error.message);
    return;
  }
  const { gone } = draft.wanted;
  draft.wanted = { ...withoutEndpoint(draft.wanted, name), gone };
  turn.over(`director ${name}`);
  for (const [id, request] of [...draft.requests]) {
    if (request.kind !== 'attach' || request.endpoint !== name) continue;
    draft.requests.delete(id);
    turn.answer(id, { ok: false, error });
  }
}
