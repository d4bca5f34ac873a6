// Tests that simulated hosts reach each other by every protocol, on one server and across two.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from '../../image/image.ts';
import { assemble } from '../../isa/assemble.ts';
import { encode } from '../../isa/encode.ts';
import { readPcapng } from '../../pcapng/read.ts';
import { switchImage } from '../fixtures/switch.ts';
import { parse } from './arrived.ts';
import { LabCapture } from './capture.ts';
import type { Hop, HopPlace } from './hop.ts';
import { Lab, type LabOptions } from './lab.ts';
import type { Stack } from './stack.ts';
import { openVmDatapath } from './open.ts';

const UNDERLAY = { s1: '192.0.2.1', s2: '2001:db8::2' } as const;

function network(underlay: { readonly s1: string; readonly s2: string }, { image = switchImage(), ...options }: LabOptions & { readonly image?: Image } = {}): readonly Stack[] {
  const lab = new Lab(options);
  const stations = [1, 2, 3].map(port => ({ server: port === 3 ? 's2' as const : 's1' as const, port, mac: `02:00:00:00:00:0${port}` }));
  for (const server of ['s1', 's2'] as const) {
    const datapath = openVmDatapath({ lab, server });
    datapath.putImage('i', image);
    datapath.putTunnel({ local: underlay[server], udpPort: 4789 });
    const here = stations.filter(s => s.server === server);
    datapath.putElement({
      uid: 'net', id: 1, imageHash: 'i', contents: { stations: stations.map(s => [s.mac, s.server === server ? s.port : 9]) },
      wires: [
        ...here.map(s => ({ port: s.port, to: 'endpoint' as const, endpoint: `e${s.port}` })),
        { port: 9, to: 'tunnel', remote: underlay[server === 's1' ? 's2' : 's1'], vni: 5 },
      ],
    });
    for (const { port, mac } of here) {
      lab.addHost(`h${port}`);
      datapath.putEndpoint({
        uid: `e${port}`, id: port, domain: 1, group: 0, element: 'net', port, netns: `h${port}`, device: 'eth0', mac,
        addresses: [`10.0.0.${port}/24`, `fd00::${port}/64`], mtu: 1430,
      });
    }
  }
  return stations.map(s => lab.host(`h${s.port}`).device().stack);
}

for (const [name, underlay] of [['IPv4', { s1: '192.0.2.1', s2: '192.0.2.2' }], ['IPv6', { s1: '2001:db8::1', s2: '2001:db8::2' }]] as const) {
  test(`ping, UDP and TCP, both families, over an ${name} underlay`, () => {
    const stacks = network(underlay);
    for (const [index, stack] of stacks.entries()) {
      for (let to = 1; to <= 3; to++) {
        if (to === index + 1) continue;
        for (const address of [`10.0.0.${to}`, `fd00::${to}`]) {
          assert.ok(stack.ping(address), `ping ${index + 1} → ${address}`);
          assert.ok(stack.udp(address, 'a datagram'), `UDP ${index + 1} → ${address}`);
          assert.ok(stack.tcp(address, 'x'.repeat(10_000)), `TCP ${index + 1} → ${address}`);
        }
      }
    }
  });
}

test('what is not there does not answer', () => {
  const [stack] = network(UNDERLAY);
  assert.equal(stack?.ping('10.0.0.9'), false);
  assert.equal(stack?.udp('fd00::9', 'x'), false);
  assert.equal(stack?.tcp('10.0.0.9', 'x'), false);
});

test('an image that was walked runs fast, where the laboratory is asked to; another is checked', () => {
  const assembled = assemble('mov %r1, 8\nldxb %r0, [%r1]\nmov %r0, 2\nexit');
  assert.ok(assembled.ok);
  const strayed = switchImage();
  const image: Image = { ...strayed, programs: strayed.programs.map(p => ({ ...p, code: encode(assembled.insns), relocations: [], lines: [] })) };
  const pinging = (walked: boolean, checks: LabOptions['checks']): boolean | undefined =>
    network(UNDERLAY, { checks, image: walked ? { ...image, walked } : image })[0]?.ping('10.0.0.2');
  assert.equal(pinging(true, 'walked'), false);
  assert.throws(() => pinging(false, 'walked'), /failed: /);
  assert.throws(() => pinging(true, 'regions'), /failed: /);
});

test('a watcher sees every hop of a frame: in, through the tunnel, out, heard', () => {
  const hops: Hop[] = [];
  const [stack] = network({ s1: '192.0.2.1', s2: '192.0.2.2' }, { watch: hop => { hops.push(hop); } });
  stack?.ping('10.0.0.3');
  hops.length = 0;
  stack?.ping('10.0.0.3');
  const text = (hop: Hop): string => hop.at === 'host' ? `heard ${hop.host}` : `${hop.server} ${placeText(hop.by)} > ${hop.to.map(placeText).join()}`;
  assert.deepEqual(hops.map(text), ['s1 h1 > tunnel', 's2 tunnel > h3', 'heard h3', 's2 h3 > tunnel', 's1 tunnel > h1', 'heard h1']);
});

test('a capture has every interface, every step in order with its time, and what became of it', () => {
  let ns = 0;
  const capture = new LabCapture({ nowNs: () => ns += 1000, epochNs: 1_700_000_000_000_000_000n });
  const [stack] = network({ s1: '192.0.2.1', s2: '192.0.2.2' }, { watch: hop => { capture.record(hop, hop.at === 'server' && hop.to.length === 0 ? 'no such station' : undefined); } });
  assert.ok(stack?.tcp('10.0.0.3', 'abc'));
  const read = readPcapng(capture.file());
  assert.ok(read.ok);
  const { interfaces, packets } = read.value;
  assert.deepEqual(interfaces.map(i => i.name).toSorted(), ['h1', 'h2', 'h3', 's1 h1', 's1 tunnel', 's2 h3', 's2 tunnel']);
  assert.deepEqual(packets.map(p => p.timeNs), packets.map((_, i) => 1_700_000_000_000_000_000n + 1000n * BigInt(i + 1)));
  const segments = packets.filter(p => interfaces[p.interface]!.name === 'h3').flatMap(p => {
    const arrived = parse(p.frame);
    return arrived?.kind === 'tcp' ? [`${arrived.flags.toString(16)} ${arrived.content.length}`] : [];
  });
  assert.deepEqual(segments, ['2 0', '10 0', '18 3', '11 0', '10 0']);
  const syn = packets.find(p => interfaces[p.interface]!.name === 's1 h1' && parse(p.frame)?.kind === 'tcp');
  assert.deepEqual([syn?.direction, syn?.comments], ['inbound', ['to tunnel']]);
  capture.clear();
  assert.equal(capture.packets, 0);
});

function placeText(place: HopPlace): string {
  return place.kind === 'endpoint' ? place.host : place.kind;
}
