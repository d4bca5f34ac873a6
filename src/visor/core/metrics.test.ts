// The text is what Prometheus reads; promtool's own judgement of it is in test/cli/stats.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stats } from '../../model/stats.ts';
import type { VisorStatus } from '../../model/status.ts';
import { MAX_PORTS, metricsText } from './metrics.ts';

const status: VisorStatus = {
  server: 's1', engine: 'vm', started: 'x', received: { epoch: 'e', revision: 7, planner: 1 }, applied: null, degraded: [], changes: 4, drops: [],
  elements: [{ uid: 'u', name: 'Network/red/lan', state: 'ready' }], endpoints: [],
};
const empty: Stats = { server: 's1', elements: [], ports: [], rules: [], drops: [] };
const made = (stats: Partial<Stats>): string[] => metricsText({ ...empty, ...stats }, status, { version: '1.2', startedSeconds: 5, cpuSeconds: 0.5, residentBytes: 1000 }).split('\n');
const port = (n: number): Stats['ports'][number] => ({ element: 'u', owner: 'Network/red/lan', port: n, to: 'endpoint', peer: `red/web-${n}`, rxPackets: n, rxBytes: 10 * n, txPackets: 0, txBytes: 0 });

test('every family has its help and type before its samples, and none is without samples', () => {
  const lines = made({ ports: [port(3)], drops: [{ element: 'u', owner: 'Network/red/lan', module: 'bridge', file: 'bridge.ts', line: 3, reason: 'no-station', packets: 2 }] });
  let family = '';
  for (const line of lines.filter(l => l !== '')) {
    const [, word, name] = /^# (HELP|TYPE) (\S+) ./.exec(line) ?? [];
    if (word === 'HELP') family = name!;
    assert.equal(word === undefined ? line.split(/[{ ]/)[0] : name, family, line);
  }
  assert.ok(lines.includes('iovisor_port_receive_bytes_total{element="Network/red/lan",port="3",kind="endpoint",peer="red/web-3"} 30'));
  assert.ok(lines.includes('iovisor_dropped_packets_total{element="Network/red/lan",module="bridge",reason="no-station"} 2'));
  assert.ok(lines.includes('iovisor_plan_revision{plan="received"} 7'));
  assert.ok(!lines.some(l => l.includes('iovisor_rule_packets_total')));
});

test('a reason at two lines of a module is one series; text of others cannot break a line', () => {
  const drop = (line: number, reason: string): Stats['drops'][number] => ({ element: 'u', owner: 'Network/red/lan', module: 'm', file: 'm.ts', line, reason, packets: 2 });
  const lines = made({ drops: [drop(1, 'a'), drop(9, 'a'), drop(10, 'b"\\\n')] }).filter(l => l.startsWith('iovisor_dropped'));
  assert.deepEqual(lines, ['iovisor_dropped_packets_total{element="Network/red/lan",module="m",reason="a"} 4', 'iovisor_dropped_packets_total{element="Network/red/lan",module="m",reason="b\\"\\\\\\n"} 2']);
});

test('ports have a bound, and what is beyond is said', () => {
  const lines = made({ ports: Array.from({ length: MAX_PORTS + 5 }, (_, i) => port(i)) });
  assert.equal(lines.filter(l => l.startsWith('iovisor_port_receive_packets_total')).length, MAX_PORTS);
  assert.ok(lines.includes('iovisor_unlisted_ports 5'));
});
