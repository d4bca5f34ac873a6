// The demo's words: what was measured, as a matrix for people or as JSON lines for programs.

import type { Measured, Reached } from './measure.ts';
import { median } from './measure.ts';
import { TENANTS, type Workload } from './world.ts';

export function jsonLines(engine: string, workloads: readonly Workload[], m: Measured): string[] {
  return [
    { type: 'engine', engine },
    ...workloads.map(w => ({ type: 'workload', ...w })),
    ...m.reached.map(r => ({ type: 'reached', ...r })),
    ...m.refused.map(r => ({ type: 'refused', ...r })),
    { type: 'guarded', ...m.guarded },
    ...(m.throughputBitsPerSecond === undefined ? [] : [{ type: 'throughput', bitsPerSecond: m.throughputBitsPerSecond }]),
    ...(m.survival ? [{
      type: 'survival', sent: m.survival.train.sent, received: m.survival.train.received, killed: m.survival.killed, changes: m.survival.changes,
      objects: m.survival.objectsAfter.length, sameObjects: m.survival.objectsBefore.join() === m.survival.objectsAfter.join(),
    }] : []),
    { type: 'verdict', ok: m.failures.length === 0, failures: m.failures },
  ].map(line => JSON.stringify(line));
}

export function forPeople(workloads: readonly Workload[], m: Measured): string {
  return [
    ...TENANTS.map(t => `  ${t.padEnd(5)} ${workloads.filter(w => w.tenant === t).map(w => `${w.name} ${w.ip4} on ${w.server}`).join(', ')}`),
    '',
    ...matrix(workloads, m),
    '',
    `round trip: ${rtt(m.reached.filter(r => !r.acrossServers))} on one server, ${rtt(m.reached.filter(r => r.acrossServers))} across two (medians)`,
    ...(m.throughputBitsPerSecond === undefined ? [] : [`TCP across the overlay: ${(m.throughputBitsPerSecond / 1e9).toFixed(2)} Gbit/s`]),
    '',
    ...sites(m),
    ...guarded(m),
    ...survival(m),
  ].join('\n');
}

function matrix(workloads: readonly Workload[], m: Measured): string[] {
  const width = Math.max(...workloads.map(w => w.name.length)) + 1;
  const head = `  ${''.padEnd(width)}${workloads.map(w => w.name.padEnd(width)).join('')}`;
  const rows = workloads.map(from => `  ${from.name.padEnd(width)}${workloads.map(to => cell(from, to, m).padEnd(width)).join('')}`);
  return ['from ↓  to →   (PTU: ping, TCP and UDP work; ✗: refused, and by whom is known; ?: not as it should be)', head, ...rows];
}

function cell(from: Workload, to: Workload, m: Measured): string {
  if (from === to) return '·';
  const r = m.reached.find(x => x.from === from.name && x.to === to.name);
  if (r) return `${r.ping ? 'P' : '-'}${r.tcp ? 'T' : '-'}${r.udp ? 'U' : '-'}`;
  const refused = m.refused.find(x => x.from === from.name && x.to === to.name);
  return refused && refused.heard === 0 && refused.site ? '✗' : '?';
}

function sites(m: Measured): string[] {
  const counted = new Map<string, number>();
  for (const { site } of m.refused) {
    if (!site) continue;
    const at = `${site.server} ${site.owner}: ${site.reason} (${site.file}:${site.line})`;
    counted.set(at, (counted.get(at) ?? 0) + 1);
  }
  return [`${m.refused.filter(r => r.site).length} frames across tenants, each refused at`, ...[...counted].map(([at, n]) => `  ${at}  ${n}`)];
}

function guarded({ guarded: { module, foreign, site, opened } }: Measured): string[] {
  return [
    '',
    `${module}, let in and placed live by the editor of red: TCP ${opened.stranger ? 'passes' : `is refused at ${site?.file}:${site?.line} ${site?.reason}`}, ${opened.visitor ? 'passes' : 'does NOT pass'} behind three knocks; blue meets it ${opened.otherTenant ? 'not' : 'TOO'}`,
    `the same editor in blue: ${foreign ?? 'was NOT refused'}`,
  ];
}

function survival(m: Measured): string[] {
  const s = m.survival;
  if (!s) return [];
  const same = s.objectsBefore.join() === s.objectsAfter.join();
  return [
    '',
    `killed ${s.killed.join(', ')} (SIGKILL) and started them again under a ping every 10 ms: ${s.train.sent} sent, ${s.train.sent - s.train.received} lost`,
    `nothing was rebuilt: ${s.objectsAfter.length} programs, maps and links ${same ? 'have the same ids' : 'are NOT the same'}, the visors changed ${s.changes} things`,
  ];
}

function rtt(pairs: readonly Reached[]): string {
  return `${median(pairs.map(p => p.rttMs)).toFixed(3)} ms`;
}
