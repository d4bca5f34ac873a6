// Counters and states of a visor in Prometheus' text format, version 0.0.4. Names and units as `promtool check metrics` wants them.
// Labels are names of resources, never of packets, and ports have a bound: a scrape's size does not grow with traffic.

import type { PortStats, Stats } from '../../model/stats.ts';
import type { VisorStatus } from '../../model/status.ts';

/** Of ports that are told one by one; what is beyond is told as their number. */
export const MAX_PORTS = 10_000;
/** Likewise of rules. */
const MAX_RULES = 10_000;

interface OfProcess { readonly version: string; readonly startedSeconds: number; readonly cpuSeconds: number; readonly residentBytes: number }
interface Sample { readonly labels: Readonly<Record<string, string>>; readonly value: number }

export function metricsText(stats: Stats, status: VisorStatus, running: OfProcess): string {
  const ports = stats.ports.slice(0, MAX_PORTS), rules = stats.rules.slice(0, MAX_RULES);
  const byPort = (value: (p: PortStats) => number): Sample[] => ports.map(p => ({ labels: { element: p.owner, port: String(p.port), kind: p.to, peer: p.peer }, value: value(p) }));
  const one = (value: number): Sample[] => [{ labels: {}, value }];
  return [
    family('iovisor_info', 'gauge', 'The visor; the value is always 1.', [{ labels: { server: stats.server, engine: status.engine, version: running.version }, value: 1 }]),
    family('iovisor_port_receive_packets_total', 'counter', 'Packets into an element by one of its ports.', byPort(p => p.rxPackets)),
    family('iovisor_port_receive_bytes_total', 'counter', 'Bytes into an element by one of its ports.', byPort(p => p.rxBytes)),
    family('iovisor_port_transmit_packets_total', 'counter', 'Packets out of an element by one of its ports.', byPort(p => p.txPackets)),
    family('iovisor_port_transmit_bytes_total', 'counter', 'Bytes out of an element by one of its ports.', byPort(p => p.txBytes)),
    family('iovisor_rule_packets_total', 'counter', 'Packets that a rule decided, as its module counts them.', summed(rules.map(r => ({ labels: { element: r.owner, counter: r.counter, rule: r.rule }, value: r.packets })))),
    family('iovisor_dropped_packets_total', 'counter', 'Packets dropped, by element (empty: the data path itself), module and reason.', summed(stats.drops.map(d => ({ labels: { element: d.owner, module: d.module, reason: d.reason }, value: d.packets })))),
    family('iovisor_unlisted_ports', 'gauge', `Ports beyond the first ${MAX_PORTS}, of which no counters are told here.`, one(stats.ports.length - ports.length)),
    family('iovisor_unlisted_rules', 'gauge', `Rules beyond the first ${MAX_RULES}, of which no counters are told here.`, one(stats.rules.length - rules.length)),
    family('iovisor_elements', 'gauge', 'Elements planned for this server, by state.', byState(status.elements)),
    family('iovisor_endpoints', 'gauge', 'Endpoints planned for this server, by state.', byState(status.endpoints)),
    family('iovisor_degraded_objects', 'gauge', 'Objects whose last change was refused.', one(status.degraded.length)),
    family('iovisor_datapath_changes_total', 'counter', 'Changes made to the data path since the visor started.', one(status.changes)),
    family('iovisor_plan_revision', 'gauge', 'Revision of the newest plan that the visor knows, and of the newest that is all in the data path.', [
      ...status.received ? [{ labels: { plan: 'received' }, value: status.received.revision }] : [], ...status.applied ? [{ labels: { plan: 'applied' }, value: status.applied.revision }] : [],
    ]),
    family('process_start_time_seconds', 'gauge', 'When the visor started, in seconds since 1970.', one(running.startedSeconds)),
    family('process_cpu_seconds_total', 'counter', 'Processor time of the visor, in user space and kernel.', one(running.cpuSeconds)),
    family('process_resident_memory_bytes', 'gauge', 'Memory of the visor that is resident.', one(running.residentBytes)),
  ].join('');
}

function byState(objects: VisorStatus['elements']): Sample[] {
  return (['ready', 'pending', 'degraded', 'absent'] as const).map(state => ({ labels: { state }, value: objects.filter(o => o.state === state).length }));
}

/** A series is told once: sites of one reason at several lines are one, so that an edit of a module makes no new series. */
function summed(samples: readonly Sample[]): Sample[] {
  const sums = new Map<string, Sample>();
  for (const { labels, value } of samples) {
    const key = JSON.stringify(labels);
    sums.set(key, { labels, value: value + (sums.get(key)?.value ?? 0) });
  }
  return [...sums.values()];
}

function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value }) => {
    const list = Object.entries(labels).map(([label, text]) => `${label}="${text.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`).join(',');
    return `${name}${list === '' ? '' : `{${list}}`} ${value}\n`;
  });
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
