// A journey and the drop counters as tables, and the outcome as a sentence.

import type { HopPlace } from '../../../src/datapath/vm/hop.ts';
import { byId, html } from './dom.ts';
import { showKey } from '../../../src/model/resource.ts';
import type { Journey, Step } from './journey.ts';
import type { Refusal } from './zone.ts';

/** Rows that are shown of a long journey. */
const MOST_ROWS = 60;

export function showJourney(journey: Journey): void {
  const { probe: { from, to, protocol, family }, steps, answered, tookMs } = journey;
  const refusal = steps.find(s => s.refusal)?.refusal;
  const outcome = byId('outcome', HTMLElement);
  outcome.className = answered ? 'answered' : refusal ? 'dropped' : 'silent';
  outcome.replaceChildren(
    html('strong', {}, `${from.name} → ${to.name}, ${protocol} over ${family}: ${answered ? 'answered' : refusal ? 'dropped' : 'no answer'}`),
    html('span', {}, answered ? ` ${servers(steps)}, ${tookMs.toFixed(1)} ms` : refusal ? ` at ${siteText(refusal)}: ${refusal.reason}` : ''),
    ...(from.tenant === to.tenant ? [] : [html('small', {},
      `Both tenants have the same addresses, so nothing that ${from.tenant} can ask for leads to ${to.tenant}. This frame was made by hand: to ${to.name}'s own MAC and address.`)]),
  );
  const rows = steps.map((step, at) => html('tr', step.refusal ? { class: 'dropped' } : {},
    html('td', {}, String(at + 1)), html('td', {}, placeText(step)), html('td', {}, step.frame), html('td', {}, resultText(step))));
  const more = rows.length - MOST_ROWS;
  byId('hops', HTMLElement).replaceChildren(...rows.slice(0, MOST_ROWS), ...(more > 0 ? [html('tr', {}, html('td', { colspan: 4 }, `and ${more} more`))] : []));
}

export function showRefusals(refusals: readonly Refusal[]): void {
  const rows = refusals.map(r => html('tr', {},
    html('td', {}, r.server), html('td', {}, showKey(r.owner)), html('td', {}, r.module), html('td', {}, siteText(r)), html('td', {}, r.reason), html('td', { class: 'number' }, String(r.packets))));
  byId('drops', HTMLElement).replaceChildren(...(rows.length > 0 ? rows : [html('tr', {}, html('td', { colspan: 6 }, 'none yet'))]));
}

function siteText({ file, line }: Refusal): string {
  return `${file}:${line}`;
}

function servers(steps: readonly Step[]): string {
  const names = [...new Set(steps.flatMap(({ hop }) => hop.at === 'server' ? [hop.server] : []))];
  return `by way of ${names.join(' and ')}`;
}

function placeText({ hop }: Step): string {
  return hop.at === 'host' ? hop.host : `${hop.server}, from ${place(hop.by)}`;
}

function resultText({ hop, refusal }: Step): string {
  if (refusal) return `dropped: ${refusal.reason} (${siteText(refusal)})`;
  if (hop.at === 'host') return 'heard';
  const { by } = hop;
  if (by.kind === 'endpoint' && hop.to.length === 1 && hop.to[0]?.kind === 'endpoint' && hop.to[0].uid === by.uid) return 'answered by the bridge';
  if (hop.to.length === 0) return 'ended';
  return hop.to.map(p => p.kind === 'tunnel' ? 'into the tunnel' : `to ${place(p)}`).join(', ');
}

function place(at: HopPlace): string {
  return at.kind === 'endpoint' ? at.host : at.kind === 'tunnel' ? 'the tunnel' : 'nowhere';
}
