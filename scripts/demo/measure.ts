// The demo's judge: every expectation is measured with packets, none is assumed. It prints nothing; the report does.

import { guard, guardFailures, type Guarded } from './guard.ts';
import type { Refusal, Survival, Workload, World } from './world.ts';

interface Pair { readonly from: string; readonly to: string; readonly acrossServers: boolean }
export interface Reached extends Pair { readonly ping: boolean; readonly tcp: boolean; readonly udp: boolean; readonly rttMs: number }
interface Refused extends Pair { readonly heard: number; readonly site: Refusal | undefined }
export interface Measured {
  readonly reached: readonly Reached[];
  readonly refused: readonly Refused[];
  readonly guarded: Guarded;
  readonly throughputBitsPerSecond: number | undefined;
  readonly survival: Survival | undefined;
  /** One line for each expectation that was not met. */
  readonly failures: readonly string[];
}

export async function measure(world: World, workloads: readonly Workload[], say: (what: string) => void): Promise<Measured> {
  const reached: Reached[] = [];
  const refused: Refused[] = [];
  const pairs = workloads.flatMap(from => workloads.filter(to => to !== from).map(to => ({ from, to })));

  say('ping, TCP and UDP between all pairs of each tenant');
  for (const { from, to } of pairs.filter(p => p.from.tenant === p.to.tenant)) reached.push(await reach(world, from, to));

  say('frames from every workload of each tenant to every one of the other');
  for (const { from, to } of pairs.filter(p => p.from.tenant !== p.to.tenant)) refused.push(await intrude(world, from, to));

  const guarded = await guard(world, workloads, say);
  const [a, b] = acrossPair(workloads);
  say(`one TCP stream from ${a.name} to ${b.name}, across the overlay`);
  const throughput = await world.throughput(a, b);

  const survival = await world.crash(a, b, say);
  const measured = { reached, refused, guarded, throughputBitsPerSecond: throughput, survival };
  return { ...measured, failures: failuresOf(world, measured, workloads) };
}

async function reach(world: World, from: Workload, to: Workload): Promise<Reached> {
  const ping = await world.ping(from, to);
  const tcp = await world.tcp(from, to);
  const udp = await world.udp(from, to);
  return {
    ...pair(from, to), ping: ping.received === ping.sent && ping.sent > 0, tcp: tcp.ok, udp: udp.ok,
    rttMs: median(ping.rttMs),
  };
}

/** The site is the one whose counter this frame moved. */
async function intrude(world: World, from: Workload, to: Workload): Promise<Refused> {
  const before = await world.refusals();
  const text = `intruder:${from.name}>${to.name}`;
  await world.intrude(from, to, text);
  let site: Refusal | undefined;
  for (let tries = 0; tries < 50 && !site; tries++) {
    if (tries > 0) await new Promise(done => setTimeout(done, 10));
    site = (await world.refusals()).find(now =>
      now.owner === `Network/${from.tenant}/lan` && now.server === from.server && now.packets > (before.find(b => sameSite(b, now))?.packets ?? 0));
  }
  return { ...pair(from, to), heard: await world.heard(to, text), site };
}

function failuresOf(world: World, m: Omit<Measured, 'failures'>, workloads: readonly Workload[]): string[] {
  const out: string[] = [];
  const perTenant = workloads.length / 2;
  if (m.reached.length !== 2 * perTenant * (perTenant - 1)) out.push(`only ${m.reached.length} pairs inside tenants were measured`);
  if (m.refused.length !== 2 * perTenant * perTenant) out.push(`only ${m.refused.length} pairs across tenants were measured`);
  for (const r of m.reached) for (const what of ['ping', 'tcp', 'udp'] as const) if (!r[what]) out.push(`${r.from} → ${r.to}: ${what} failed`);
  for (const r of m.refused) {
    if (r.heard > 0) out.push(`${r.from} → ${r.to}: a frame crossed from one tenant to the other`);
    if (!r.site) out.push(`${r.from} → ${r.to}: the frame disappeared without a name`);
  }
  out.push(...guardFailures(m.guarded));
  if (world.engine === 'vm') return out;
  if (!m.throughputBitsPerSecond) out.push('no TCP throughput across the overlay');
  const s = m.survival;
  if (!s) return [...out, 'the crash was not measured'];
  if (s.train.received !== s.train.sent) out.push(`${s.train.sent - s.train.received} of ${s.train.sent} pings were lost while all processes were killed and started again`);
  if (s.killed.length !== 3) out.push(`only ${s.killed.join(', ')} were killed`);
  if (s.changes !== 0) out.push(`the visors changed ${s.changes} things after their restart`);
  if (s.objectsBefore.length === 0 || s.objectsBefore.join() !== s.objectsAfter.join()) out.push('programs, maps or links were made anew after the restart');
  return out;
}

function acrossPair(workloads: readonly Workload[]): readonly [Workload, Workload] {
  const a = workloads[0]!;
  return [a, workloads.find(w => w.tenant === a.tenant && w.server !== a.server)!];
}

function pair(from: Workload, to: Workload): Pair {
  return { from: from.name, to: to.name, acrossServers: from.server !== to.server };
}

function sameSite(a: Refusal, b: Refusal): boolean {
  return a.server === b.server && a.owner === b.owner && a.file === b.file && a.line === b.line && a.reason === b.reason;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
