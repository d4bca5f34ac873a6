// How far programs say that they read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reads } from '../../image/image.ts';
import { compile } from '../compile.ts';

const HEAD = "import { Eth, Ip, Ipv4, Tcp, Udp, Header, drop, filter, next, type be16 } from 'iovisor/module';\nclass Greeting extends Header { kind: be16 = 0; }\n";

function readsOf(body: string): Reads | undefined {
  const source = `${HEAD}export default filter({ egress(pkt) {\n  const eth = pkt.at(Eth);\n${body}\n  return next();\n} });`;
  const { image, diagnostics } = compile({ read: path => path === 'm.ts' ? source : undefined, entry: 'm.ts' });
  assert.ok(image, JSON.stringify(diagnostics));
  return image.programs[0]?.reads;
}

test('Headers at fixed places that are always linear are no matter.', () => {
  assert.equal(readsOf("  if (eth.type === 0x0806) return drop('arp');"), undefined);
  assert.equal(readsOf("  if (eth.payload(Ipv4)?.ttl === 1) return drop('old');"), undefined);
});

test('Options of IPv4 count as long as they can be.', () => {
  assert.deepEqual(readsOf("  if (eth.payload(Ipv4)?.payload(Udp)?.dstPort === 53) return drop('dns');"), { bytes: 14 + 60 + 8, payload: false });
});

test('Extension headers count up to where headers usually end.', () => {
  assert.deepEqual(readsOf("  if (eth.payload(Ip)?.payload(Tcp)?.dstPort === 80) return drop('web');"), { bytes: 192 + 20, payload: false });
});

test('What lies anywhere is read of segments, too.', () => {
  assert.deepEqual(readsOf("  if (pkt.tryAt(Greeting, 100)?.kind === 7) return drop('hello');"), { bytes: 102, payload: true });
  assert.equal(readsOf("  const tcp = eth.payload(Ipv4)?.payload(Tcp);\n  if (tcp && pkt.tryAt(Greeting, tcp.offset + 20)?.kind === 7) return drop('hello');")?.payload, true);
  assert.deepEqual(readsOf("  if (eth.payload(Ipv4)?.payload(Udp)?.payload(Greeting).kind === 7) return drop('hello');"), { bytes: 14 + 60 + 8 + 2, payload: false });
});
