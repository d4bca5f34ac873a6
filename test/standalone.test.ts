// A module alone on a device, on both hooks: what passes, is dropped or answered, and what is left behind. In namespaces of its own.

import assert from 'node:assert/strict';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { Standalone, type StandaloneOptions } from '../src/datapath/standalone/standalone.ts';
import type { Image } from '../src/image/image.ts';
import { build } from '../src/lang/packets/build.ts';
import { data, eth, ipv4, udp, type Frame } from '../src/lang/packets.ts';
import { Netlink } from '../src/netlink/client.ts';
import { createVeth, indexOf } from '../src/netlink/links.ts';
import { createNamespace, deleteNamespace, listNamespaces } from '../src/netlink/namespaces.ts';
import { openPacketSocket } from '../src/sys/packets.ts';
import type { Socket } from '../src/sys/socket.ts';
import { kernelTest } from './require.ts';

const NAMESPACE = 'iov-t-alone';
const compiled = (text: string): Image => imageOf('alone.ts', { text });

/** A wire: what is sent at `a` arrives at `b`, and the other way round. */
interface Wires { readonly netns: string; readonly socket: (device: string) => Socket }

async function withWires(names: readonly (readonly [string, string])[], body: (at: Wires) => Promise<void>): Promise<void> {
  const clean = (): void => { for (const name of listNamespaces(NAMESPACE)) deleteNamespace(name); };
  clean();
  const sockets: Socket[] = [];
  try {
    const netns = createNamespace(NAMESPACE);
    using netlink = new Netlink({ netns });
    for (const [near, far] of names) createVeth(netlink, { name: near, state: 'up' }, { name: far, state: 'up', netns });
    await body({ netns, socket(device) {
      const socket = openPacketSocket({ ifindex: indexOf(netlink, device), netns });
      sockets.push(socket);
      return socket;
    } });
  } finally {
    for (const socket of sockets) socket.close();
    clean();
  }
}

const A = '02:00:00:00:00:0a', B = '02:00:00:00:00:0b';
const frame = (dstPort: number): Frame => [eth({ dst: B, src: A }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 4000, dstPort }), data('hello')];

/** The UDP destination ports of the frames of ours that come, until `most` came or nothing more does. */
async function heard(socket: Socket, most: number): Promise<number[]> {
  const ports: number[] = [];
  for (let idle = 0; idle < 40 && ports.length < most;) {
    const bytes = socket.receive()?.bytes;
    if (bytes === undefined) { idle++; await new Promise(done => setTimeout(done, 5)); continue; }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length >= 42 && view.getUint16(12) === 0x0800 && bytes[23] === 17 && view.getUint16(34) === 4000) ports.push(view.getUint16(36));
  }
  return ports;
}

const counted = (alone: Standalone, ...names: string[]): bigint[] => names.map(name => alone.counts().filter(c => c.what === name).reduce((sum, c) => sum + c.packets, 0n));
const device = (netns: string): Pick<StandaloneOptions, 'netns' | 'devices' | 'contents'> => ({ netns, devices: { kind: 'device', device: 'b' }, contents: {} });

const FILTER = `
import { Eth, HashMap, Ipv4, Udp, config, drop, filter, next, reply, type u16, type u32 } from 'iovisor/module';
class Seen { packets: u32 = 0 }
export const seen = new HashMap<u16, Seen>(64);
export const settings = config(class { shut: u16 = 1 });
export default filter({
  ingress(pkt) {
    const udp = pkt.at(Eth).payload(Ipv4)?.payload(Udp);
    if (!udp) return next();
    const before = seen.get(udp.dstPort)?.packets ?? 0;
    seen.set(udp.dstPort, { packets: before + 1 });
    if (udp.dstPort === settings.shut) return drop('shut');
    if (before > 0) return drop('again');
    return udp.dstPort === 2 ? reply() : next();
  },
  egress(pkt) {
    const udp = pkt.at(Eth).payload(Ipv4)?.payload(Udp);
    return udp?.dstPort === 2 || udp?.dstPort === 3 ? reply() : next();
  },
});
`;

kernelTest('a filter at tcx: drops are counted, replies go back and are not answered again, and closing leaves nothing', async () => {
  await withWires([['a', 'b']], async ({ netns, socket }) => {
    const a = socket('a'), b = socket('b');
    {
      using alone = new Standalone({ ...device(netns), image: compiled(FILTER) });
      for (const port of [1, 2, 7]) a.send(build(frame(port)));
      assert.deepEqual(await heard(a, 2), [2], 'the reply comes back, once');
      assert.deepEqual(counted(alone, 'shut', 'again', 'replied'), [1n, 0n, 1n]);
      await heard(b, 9);
      b.send(build(frame(3)));
      assert.deepEqual(await heard(a, 1), [], 'what a filter answers does not go out');
      assert.deepEqual(counted(alone, 'replied'), [2n]);
      assert.equal(counted(alone, 'passed')[0]! >= 1n, true);

      const { kept, made } = alone.replace(compiled(FILTER.replace("drop('again')", "drop('known')")), { settings: { shut: 9 } });
      assert.deepEqual([kept, made], [['seen', 'settings'], []]);
      a.send(build(frame(7)));
      a.send(build(frame(9)));
      await heard(b, 2);
      assert.deepEqual(counted(alone, 'known', 'shut'), [1n, 1n], 'the map was kept, the setting is new');
      const other = alone.replace(compiled(FILTER.replace('packets: u32 = 0', 'packets: u32 = 0; bytes: u32 = 0').replace('packets: before + 1', 'packets: before + 1, bytes: 0')), {});
      assert.deepEqual([other.kept, other.made], [['settings'], ['seen']]);
    }
    b.send(build(frame(3)));
    assert.deepEqual(await heard(a, 1), [3], 'it is detached');
  });
});

kernelTest('a module at its ports: to, flood, reply, and a port that is not there', async () => {
  const image = compiled(`
import { Eth, Ipv4, Udp, drop, flood, mirror, module, port, reply, to } from 'iovisor/module';
export const inside = port();
export const outside = port();
export const third = port();
export const absent = port();
export default module(pkt => {
  const udp = pkt.at(Eth).payload(Ipv4)?.payload(Udp);
  if (!udp) return drop('not-udp');
  switch (udp.dstPort) {
    case 1: return to(outside);
    case 2: return flood();
    case 3: return reply();
    case 4: return to(absent);
    case 6: mirror(third); mirror(absent); return to(outside);
    default: return pkt.port === inside ? drop('inside') : drop('other');
  }
});`);
  await withWires([['a', 'b'], ['c', 'd'], ['e', 'f']], async ({ netns, socket }) => {
    const ports = [['inside', 'b'], ['outside', 'd'], ['third', 'f']].map(([port, device]) => ({ port: port!, device: device! }));
    const [a, c, e] = ['a', 'c', 'e'].map(socket) as [Socket, Socket, Socket];
    using alone = new Standalone({ image, contents: {}, netns, devices: { kind: 'ports', ports } });
    for (const port of [1, 2, 3, 4, 5, 6]) a.send(build(frame(port)));
    c.send(build(frame(5)));
    assert.deepEqual([await heard(a, 2), await heard(c, 4), await heard(e, 3)], [[3], [1, 2, 6], [2, 6]]);
    assert.deepEqual(counted(alone, 'inside', 'other', 'no-such-port', 'mirror-no-such-port', 'sent', 'flooded', 'replied'), [1n, 1n, 1n, 1n, 2n, 1n, 1n]);
  });
});

kernelTest('stages of a filter: each way has its own, they leave as the entry does, and are replaced with it', async () => {
  const source = `
import { Eth, Ipv4, Udp, drop, filter, next, reply, stage, type u16 } from 'iovisor/module';
class Asked { port: u16 = 0 }
const answer = stage((pkt, asked: Asked) => asked.port === 2 ? reply() : end(pkt, asked));
const end = stage((pkt, asked: Asked) => asked.port === 1 ? drop('one') : next());
export default filter({
  ingress(pkt) {
    const udp = pkt.at(Eth).payload(Ipv4)?.payload(Udp);
    return udp ? answer(pkt, { port: udp.dstPort }) : next();
  },
  egress(pkt) {
    const udp = pkt.at(Eth).payload(Ipv4)?.payload(Udp);
    return udp ? answer(pkt, { port: udp.dstPort }) : next();
  },
});`;
  await withWires([['a', 'b']], async ({ netns, socket }) => {
    const a = socket('a'), b = socket('b');
    using alone = new Standalone({ ...device(netns), image: compiled(source) });
    for (const port of [1, 2, 3]) a.send(build(frame(port)));
    assert.deepEqual(await heard(a, 2), [2], 'the reply comes back');
    await heard(b, 9);
    for (const port of [1, 2, 3]) b.send(build(frame(port)));
    assert.deepEqual(await heard(a, 2), [3], 'what goes out has stages of its own');
    assert.deepEqual(counted(alone, 'one', 'replied', 'stage-not-reached'), [2n, 2n, 0n]);
    assert.deepEqual(alone.replace(compiled(source.replace("drop('one')", 'reply()')), {}), { kept: [], made: [] });
    a.send(build(frame(1)));
    assert.deepEqual(await heard(a, 1), [1]);
  });
});

kernelTest('XDP: pass, drop and reply', async () => {
  const image = compiled(`
import { Eth, Ipv4, Udp, drop, next, reply, xdp } from 'iovisor/module';
export default xdp(pkt => {
  const udp = pkt.at(Eth).payload(Ipv4)?.payload(Udp);
  if (udp?.dstPort === 1) return drop('one');
  return udp?.dstPort === 2 ? reply() : next();
});`);
  await withWires([['a', 'b']], async ({ netns, socket }) => {
    const a = socket('a'), b = socket('b');
    using alone = new Standalone({ ...device(netns), image, xdpMode: 'generic' });
    for (const port of [1, 2, 3]) a.send(build(frame(port)));
    assert.deepEqual([await heard(a, 2), await heard(b, 2)], [[2], [3]]);
    assert.deepEqual(counted(alone, 'one', 'replied'), [1n, 1n]);
  });
});

kernelTest('what a module logs is heard, on both hooks, as far as there is credit for it', async () => {
  const text = (kind: string, entry: string): string => `
import { Eth, Ipv4, Udp, log, next, ${kind} } from 'iovisor/module';
export default ${kind}(${entry} {
  const udp = pkt.at(Eth).payload(Ipv4)?.payload(Udp);
  if (udp && udp.srcPort === 4000) log\`to port \${udp.dstPort}\`;
  return next();
}${kind === 'filter' ? '}' : ''});`;
  for (const [kind, entry] of [['filter', '{ ingress(pkt)'], ['xdp', 'pkt =>']] as const) {
    await withWires([['a', 'b']], async ({ netns, socket }) => {
      const a = socket('a'), b = socket('b');
      const lines: string[] = [];
      using alone = new Standalone({ ...device(netns), image: compiled(text(kind, entry)), onLog: ({ file, line, text: said }) => { lines.push(`${file}:${line} ${said}`); }, ...(kind === 'xdp' && { xdpMode: 'generic' as const }) });
      const sent = async (...ports: number[]): Promise<void> => {
        for (const port of ports) a.send(build(frame(port)));
        assert.deepEqual(await heard(b, ports.length), ports);
      };
      const told = async (...wanted: string[]): Promise<void> => {
        for (let tries = 0; tries < 100 && lines.length < wanted.length; tries++) await new Promise(done => setTimeout(done, 5));
        assert.deepEqual(lines.splice(0), wanted);
      };
      await sent(1);
      assert.deepEqual(alone.listen(2), [], 'it has had no credit yet');
      await sent(2, 3, 4);
      await told('alone.ts:5 to port 2', 'alone.ts:5 to port 3');
      assert.deepEqual(alone.listen(2), [{ file: 'alone.ts', line: 5, unsaid: 1 }], 'there was more');
      await sent(5);
      await told('alone.ts:5 to port 5');
      alone.replace(compiled(text(kind, entry).replace('to port', 'for')), {});
      await sent(6);
      alone.listen(2);
      await sent(7);
      await told('alone.ts:5 for 7');
      assert.deepEqual(alone.listen(2), []);
    });
  }
});

kernelTest('what is not there is said, and nothing is attached', async () => {
  await withWires([['a', 'b']], async ({ netns }) => {
    const image = compiled(FILTER);
    const refused = (options: Partial<StandaloneOptions>, message: RegExp): void => assert.throws(() => new Standalone({ ...device(netns), image, ...options }), message);
    refused({ devices: { kind: 'device', device: 'nothing' } }, /there is no device nothing in .*iov-t-alone/);
    refused({ netns: 'iov-t-nowhere' }, /no network namespace/);
    refused({ devices: { kind: 'ports', ports: [{ port: '1', device: 'b' }] } }, /a filter: it has no ports/);
    refused({ contents: { settings: { shut: 70_000 } } }, /settings\.shut/);
  });
});
