// The tunnel beside Linux's own vxlan device, both ways, by program and by device: whole content, small and large, segments of TCP and of UDP.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { kernelTest } from '../../../test/require.ts';
import { assemble } from '../../isa/assemble.ts';
import { encode } from '../../isa/encode.ts';
import { attachTcx } from '../../kernel/tcx.ts';
import { loadProgram } from '../../kernel/program.ts';
import { bytes, data, destination, eth, ipv4, ipv6, type Layer, udp } from '../../lang/packets.ts';
import { ipv4Bytes, ipv6Bytes } from '../../lang/packets/address.ts';
import { build } from '../../lang/packets/build.ts';
import { internetChecksum } from '../../lang/packets/checksum.ts';
import { addAddress, deleteAddress } from '../../netlink/addresses.ts';
import { Netlink } from '../../netlink/client.ts';
import { indexOf, setLink } from '../../netlink/links.ts';
import { addRoute } from '../../netlink/routes.ts';
import { writeSysctl } from '../../netlink/sysctl.ts';
import { withNamespace } from '../../sys/namespace.ts';
import { internetAddress, openPacketSocket } from '../../sys/packets.ts';
import { AF, openSocket, SOCK, type Socket } from '../../sys/socket.ts';
import { ComposedDatapath } from '../compose/datapath.ts';
import { Crash, crashing } from '../fixtures/crashing.ts';
import { GROUP, OUR_IP, OUR_MAC, type Side, THEIR_IP, THEIR_MAC, UDP_PORT, VxlanWorld } from '../fixtures/vxlan-world.ts';
import { frame, TYPE, until } from '../suite-net.ts';

const IP_MTU_DISCOVER = 10, IPPROTO_IP = 0, DONT = 0;
const SOL_UDP = 17, UDP_SEGMENT = 103;
const LIMIT_MS = 20_000;
const STREAM_BYTES = 6_000_000;
/** What stacks send by themselves, and programs flood, goes by the device: ARP, reports of multicast groups. */
const STRAY = 8;

for (const underlay of ['IPv4', 'IPv6'] as const) {
  kernelTest(`over ${underlay}: datagrams small, as large as fits, and in fragments; IPv4 and IPv6; both ways; by the program alone`, async t => {
    const world = new VxlanWorld(t, underlay), { mtu } = world.family;
    const { ours, theirs } = world.join(7);
    for (const version of [4, 6] as const) {
      const [a, b] = [datagrams(t, ours, version), datagrams(t, theirs, version)];
      await exchange(a, b, [18]);
      await exchange(b, a, [18]);
      const before = world.byDevice();
      for (const [from, to] of [[a, b], [b, a]] as const) await exchange(from, to, [1, mtu - (version === 4 ? 28 : 48), mtu - 27, 9000, 9001]);
      assert.ok(world.byDevice() - before < STRAY, `IPv${version}: ${world.byDevice() - before} packets by the device`);
    }
    assert.deepEqual(world.datapath.drops(), []);
  });

  for (const beyond of ['nothing', 'a bridge'] as const) kernelTest(`over ${underlay}: segments: of TCP by the program, of UDP by the device; all content arrives, beyond Linux's vxlan ${beyond}`, async t => {
    const world = new VxlanWorld(t, underlay);
    const { ours, theirs } = world.join(7, GROUP, beyond);
    await listening(t, theirs);
    for (const version of [4, 6] as const) {
      const [a, b] = [datagrams(t, ours, version), datagrams(t, theirs, version)];
      await exchange(a, b, [18]);
      let before = world.byDevice();
      await echoed(t, ours, version === 4 ? theirs.ip4 : theirs.ip6);
      assert.ok(world.byDevice() - before < STRAY, `TCP by IPv${version}: ${world.byDevice() - before} packets by the device`);
      before = world.byDevice();
      for (const [from, to] of [[a, b], [b, a]] as const) {
        from.socket.setOption(SOL_UDP, UDP_SEGMENT, 1200);
        await exchange(from, to, [1200 * 10 + 100], 1200);
        from.socket.setOption(SOL_UDP, UDP_SEGMENT, 0);
      }
      assert.ok(world.byDevice() > before, 'segments of UDP go by the device');
    }
  });
}

kernelTest('a workload that routes between two tunnels', async t => {
  const world = new VxlanWorld(t);
  const [one, two] = [world.join(7), world.join(8)];
  writeSysctl(world.workload, 'net/ipv4/ip_forward', 1);
  for (const [from, to] of [[one, two], [two, one]] as const) {
    using netlink = new Netlink({ netns: from.theirs.netns });
    addRoute(netlink, { destination: `${to.theirs.ip4}/32`, via: from.ours.ip4 });
  }
  await listening(t, two.theirs);
  await echoed(t, one.theirs, two.theirs.ip4);
});

kernelTest('on the wire it is a VXLAN packet as the device makes them; congestion is told in both directions', async t => {
  const world = new VxlanWorld(t);
  const { ours, theirs } = world.join(7);
  const [a, b] = [datagrams(t, ours, 4), datagrams(t, theirs, 4)];
  await exchange(a, b, [18]);
  await exchange(b, a, [18]);
  using wire = packets(world.machine, 'under');
  using seen = packets(world.workload, 'eth7');

  a.socket.setOption(IPPROTO_IP, IP_TOS, 2);
  await exchange(a, b, [30]);
  const outer = await next(wire, frame => frame[23] === 17);
  assert.ok(outer);
  const [header, tunnel] = [outer.subarray(14, 34), outer.subarray(34, 64)];
  assert.equal(internetChecksum(header), 0, 'the checksum of the header');
  assert.deepEqual([header[0], header[1], be16(header, 2), be16(header, 6), header[8]], [0x45, 2, outer.byteLength - 14, 0, 64]);
  assert.deepEqual([...header.subarray(12)], [...ipv4Bytes(OUR_IP), ...ipv4Bytes(THEIR_IP)]);
  assert.ok(be16(tunnel, 0) >= 49_152);
  assert.deepEqual([be16(tunnel, 2), be16(tunnel, 4), be16(tunnel, 6)], [UDP_PORT, outer.byteLength - 34, 0]);
  assert.deepEqual([...tunnel.subarray(8, 16)], [0x88, 0, 0, GROUP, 0, 0, 77, 0], 'VXLAN with the group');
  assert.equal(outer.byteLength, 50 + 14 + 28 + 30);

  const arrives = async (change: { readonly outerTos?: number; readonly innerTos: number; readonly checksum?: number; readonly vni?: number; readonly options?: string }): Promise<Uint8Array | undefined> => {
    const inner = build([eth({ dst: ours.mac, src: theirs.mac }), ipv4({ src: theirs.ip4, dst: ours.ip4, tos: change.innerTos }), udp({ srcPort: 9, dstPort: 9 }), data(40)]);
    const vxlan = [0x08, 0, 0, 0, 0, 0, change.vni ?? 77, 0];
    const frame = build([
      eth({ dst: OUR_MAC, src: THEIR_MAC }), ipv4({ src: THEIR_IP, dst: OUR_IP, tos: change.outerTos ?? 0, ...change.options !== undefined && { options: change.options } }),
      udp({ srcPort: 50_000, dstPort: UDP_PORT, checksum: 0 }), data(String.fromCharCode(...vxlan)),
    ]);
    const whole = Uint8Array.from([...frame.subarray(0, frame.byteLength - 8), ...vxlan, ...inner]);
    fixLengths(whole, inner.byteLength);
    if (change.checksum !== undefined) whole[24] = (whole[24] ?? 0) ^ change.checksum;
    wire.send(whole);
    return next(seen, got => got[12] === 8 && got[23] === 17 && be16(got, 36) === 9, 150);
  };
  const before = world.byDevice();
  const marked = await arrives({ outerTos: 3, innerTos: 2 });
  assert.ok(marked && marked[15] === 3 && internetChecksum(marked.subarray(14, 34)) === 0, 'marked on the way');
  const plain = await arrives({ innerTos: 1 });
  assert.equal(plain?.[15], 1);
  assert.equal(await arrives({ outerTos: 3, innerTos: 0 }), undefined, 'cannot be told');
  assert.equal(await arrives({ innerTos: 0, checksum: 1 }), undefined, 'a wrong header checksum');
  assert.ok(await arrives({ innerTos: 0, options: '01010101' }), 'with options: by the device');
  assert.ok(world.byDevice() > before);
  assert.equal(await arrives({ innerTos: 0, vni: 99 }), undefined);
  assert.deepEqual(world.datapath.drops().map(d => `${d.reason} ${d.packets}`).sort(), ['congestion 1', 'unknown-tunnel-peer 1']);
});

kernelTest('on the wire over IPv6, too; packets of both families inside, marked and not, an extension header by the device', async t => {
  const world = new VxlanWorld(t, 'IPv6');
  const { ours, theirs } = world.join(7);
  const [a, b] = [datagrams(t, ours, 4), datagrams(t, theirs, 4)];
  await exchange(a, b, [18]);
  await exchange(b, a, [18]);
  using wire = packets(world.machine, 'under');
  using seen = packets(world.workload, 'eth7');
  a.socket.setOption(IPPROTO_IP, IP_TOS, 2);
  await exchange(a, b, [30]);
  const outer = await next(wire, frame => frame[20] === 17);
  assert.ok(outer);
  const [header, tunnel] = [outer.subarray(14, 54), outer.subarray(54, 84)];
  assert.deepEqual([...header.subarray(0, 8)], [0x60, 0x20, 0, 0, 0, outer.byteLength - 54, 17, 64]);
  assert.deepEqual([...header.subarray(8)], [...ipv6Bytes(world.family.ours), ...ipv6Bytes(world.family.theirs)]);
  assert.ok(be16(tunnel, 0) >= 49_152);
  assert.deepEqual([be16(tunnel, 2), be16(tunnel, 4), be16(tunnel, 6)], [UDP_PORT, outer.byteLength - 54, 0]);
  assert.deepEqual([...tunnel.subarray(8, 16)], [0x88, 0, 0, GROUP, 0, 0, 77, 0], 'VXLAN with the group');
  assert.equal(outer.byteLength, 70 + 14 + 28 + 30);

  const inner = (version: 4 | 6): readonly Layer[] => [
    eth({ dst: ours.mac, src: theirs.mac }), version === 4 ? ipv4({ src: theirs.ip4, dst: ours.ip4, tos: 2 }) : ipv6({ src: theirs.ip6, dst: ours.ip6, trafficClass: 2 }), udp({ srcPort: 9, dstPort: 9 }), data(40),
  ];
  const arrives = async (version: 4 | 6, { trafficClass = 0, extension = [] as readonly Layer[] } = {}): Promise<Uint8Array | undefined> => {
    const content = [0x08, 0, 0, 0, 0, 0, 77, 0, ...build(inner(version))];
    wire.send(build([eth({ dst: OUR_MAC, src: THEIR_MAC }), ipv6({ src: world.family.theirs, dst: world.family.ours, trafficClass }), ...extension, udp({ srcPort: 50_000, dstPort: UDP_PORT, checksum: 0 }), bytes(Buffer.from(content).toString('hex'))]));
    return next(seen, got => version === 4 ? got[12] === 8 && got[23] === 17 && be16(got, 36) === 9 : got[12] === 0x86 && got[20] === 17 && be16(got, 56) === 9, 150);
  };
  let before = world.byDevice();
  for (let round = 0; round < STRAY; round++) {
    assert.equal((await arrives(4, { trafficClass: 3 }))?.[15], 3, 'marked on the way');
    assert.equal((await arrives(4))?.[15], 2);
    assert.equal((await arrives(6, { trafficClass: 3 }))?.[15], 0x30);
    assert.equal((await arrives(6))?.[15], 0x20);
  }
  assert.ok(world.byDevice() - before < STRAY);
  before = world.byDevice();
  assert.ok(await arrives(6, { extension: [destination()] }));
  assert.ok(world.byDevice() > before);
  assert.deepEqual(world.datapath.drops(), []);
});

kernelTest('a packet without a group does not take that of the packet before it', async t => {
  const world = new VxlanWorld(t);
  const [grouped, plain] = [world.join(7), world.join(8, 0)];
  using wire = packets(world.machine, 'under');
  using seven = packets(world.workload, 'eth7');
  using eight = packets(world.workload, 'eth8');
  // No IP packets: these go by the device.
  for (let n = 0; n < 20; n++) {
    seven.send(frame(grouped.theirs.mac, grouped.ours.mac, TYPE, 'grouped'));
    eight.send(frame(plain.theirs.mac, plain.ours.mac, TYPE, 'plain'));
    for (const [vni, header] of [[77, [0x88, 0, 0, GROUP]], [78, [0x08, 0, 0, 0]]] as const) {
      const outer = await next(wire, got => got[23] === 17 && got[48] === vni && be16(got, 62) === TYPE);
      assert.deepEqual([...outer?.subarray(42, 46) ?? []], header);
    }
  }
});

kernelTest('what a packet larger than the underlay takes becomes: fragments, as the device sends them', async t => {
  const world = new VxlanWorld(t);
  const { ours, theirs } = world.join(7);
  for (const [netns, device] of [[ours.netns, 'eth7'], [theirs.netns, 'vx7']] as const) {
    using netlink = new Netlink({ netns });
    setLink(netlink, device, { mtu: 1500 });
  }
  const [a, b] = [datagrams(t, ours, 4), datagrams(t, theirs, 4)];
  await exchange(a, b, [18]);
  const before = world.byDevice();
  for (const socket of [a.socket, b.socket]) socket.setOption(IPPROTO_IP, IP_MTU_DISCOVER, DONT);
  await exchange(a, b, [1472]);
  assert.ok(world.byDevice() > before);
});

kernelTest('the underlay is adopted, follows its address, leaves other programs alone, and is left without a trace', async t => {
  const world = new VxlanWorld(t);
  const { ours, theirs } = world.join(7);
  using server = new Netlink({ netns: world.server });
  const under = indexOf(server, 'under');
  const [a, b] = [datagrams(t, ours, 4), datagrams(t, theirs, 4)];
  await exchange(a, b, [18]);

  using other = loadProgram({ name: 'other', hook: 'tc', code: passing() });
  using link = attachTcx({ program: other, ifindex: under, direction: 'ingress', order: 'first', netns: world.server });
  using plain = datagrams(t, { netns: world.machine, ip4: THEIR_IP, ip6: '', mac: '' }, 4);
  using target = datagrams(t, { netns: world.server, ip4: OUR_IP, ip6: '', mac: '' }, 4);
  await exchange(plain, target, [40]);
  await exchange(b, a, [40]);

  world.datapath.close();
  world.datapath = world.open();
  assert.deepEqual(world.datapath.observe().tunnel, { local: OUR_IP, udpPort: UDP_PORT });
  world.datapath.putTunnel({ local: OUR_IP, udpPort: UDP_PORT });
  assert.equal(world.datapath.changes, 0);

  deleteAddress(server, under, `${OUR_IP}/24`);
  assert.equal(world.datapath.observe().tunnel, undefined, 'the address is gone');
  addAddress(server, LOOPBACK, `${OUR_IP}/32`);
  addRoute(server, { destination: '192.0.2.0/24', index: under });
  world.datapath.putTunnel({ local: OUR_IP, udpPort: UDP_PORT });
  assert.ok(world.datapath.observe().tunnel);
  const before = world.byDevice();
  await exchange(a, b, [50]);
  await exchange(b, a, [50]);
  assert.ok(world.byDevice() > before, 'by the device');

  deleteAddress(server, LOOPBACK, `${OUR_IP}/32`);
  addAddress(server, under, `${OUR_IP}/24`);
  world.datapath.putTunnel({ local: OUR_IP, udpPort: UDP_PORT });
  const by = world.byDevice();
  await exchange(a, b, [60, 9000]);
  await exchange(b, a, [60, 9000]);
  assert.ok(world.byDevice() - by < STRAY, 'by the program');
  world.datapath.destroy();
  await exchange(plain, target, [70]);
  assert.ok(link.info().ifindex === under);
});

kernelTest('a crash at every step of putting the tunnel is mended by putting it again', async t => {
  const world = new VxlanWorld(t);
  const { ours, theirs } = world.join(7);
  const [a, b] = [datagrams(t, ours, 4), datagrams(t, theirs, 4)];
  await exchange(a, b, [18]);
  using server = new Netlink({ netns: world.server });
  const under = indexOf(server, 'under'), SPEC = { local: OUR_IP, udpPort: UDP_PORT };
  // From the loopback, where the tunnel's device does all, to the underlay's device and back.
  const move = (to: number): void => {
    deleteAddress(server, to === under ? LOOPBACK : under, `${OUR_IP}/32`);
    deleteAddress(server, to === under ? LOOPBACK : under, `${OUR_IP}/24`);
    addAddress(server, to, to === under ? `${OUR_IP}/24` : `${OUR_IP}/32`);
    if (to !== under) addRoute(server, { destination: '192.0.2.0/24', index: under });
  };
  for (const to of [LOOPBACK, under]) {
    for (let at = 0, crashed = true; crashed; at++) {
      move(to === under ? LOOPBACK : under);
      world.datapath.putTunnel(SPEC);
      world.datapath.close();
      move(to);
      const { engine } = crashing(world.engine(), at);
      crashed = false;
      try {
        new ComposedDatapath(engine).putTunnel(SPEC);
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        crashed = true;
      }
      engine.close();
      world.datapath = world.open();
      world.datapath.putTunnel(SPEC);
      assert.deepEqual(world.datapath.observe().tunnel, SPEC, `after a crash at step ${at}`);
      world.datapath.close();
      world.datapath = world.open();
      world.datapath.putTunnel(SPEC);
      assert.equal(world.datapath.changes, 0, `still changing after a crash at step ${at}`);
      assert.equal(world.pins().includes('decapsulate'), to === under);
      assert.equal(world.pins().includes('_underlay'), to === under);
      if (!crashed) assert.ok(at > 5, `${at} steps were tried`);
    }
    await exchange(a, b, [50]);
    await exchange(b, a, [50]);
  }
});

const IP_TOS = 1, LOOPBACK = 1;
const be16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);

/** Of both headers, and the checksum of the outer. */
function fixLengths(frame: Uint8Array, innerBytes: number): void {
  const header = ((frame[14] ?? 0) & 15) * 4;
  const view = new DataView(frame.buffer);
  view.setUint16(16, frame.byteLength - 14);
  view.setUint16(14 + header + 4, innerBytes + 16);
  view.setUint16(24, 0);
  view.setUint16(24, internetChecksum(frame.subarray(14, 14 + header)));
}

/** A tcx program that lets everything go on to the next. */
function passing(): Uint8Array {
  const made = assemble('mov32 %r0, -1\nexit');
  assert.ok(made.ok);
  return encode(made.insns);
}

function packets(netns: string, device: string): Socket {
  using netlink = new Netlink({ netns });
  return openPacketSocket({ ifindex: indexOf(netlink, device), netns });
}

async function next(socket: Socket, wanted: (frame: Uint8Array) => boolean, waitMs = 2000): Promise<Uint8Array | undefined> {
  for (const end = performance.now() + waitMs; performance.now() < end; await new Promise(done => setTimeout(done, 1))) {
    for (let got = socket.receive(); got; got = socket.receive()) if (wanted(got.bytes)) return got.bytes.slice();
  }
  return undefined;
}

interface Datagrams extends Disposable { readonly socket: Socket; readonly address: Uint8Array }

function datagrams(t: TestContext, side: Side, version: 4 | 6): Datagrams {
  const address = internetAddress(version === 4 ? ipv4Bytes(side.ip4) : ipv6Bytes(side.ip6), 4000 + version);
  const socket = openSocket({ domain: version === 4 ? AF.INET : AF.INET6, type: SOCK.DGRAM, protocol: 0, netns: side.netns });
  socket.bind(address);
  let open = true;
  const close = (): void => { if (open) socket.close(); open = false; };
  t.after(close);
  return { socket, address, [Symbol.dispose]: close };
}

/** Each comes as it was sent; `segment`: in pieces of that size. */
async function exchange(from: Datagrams, to: Datagrams, sizes: readonly number[], segment = Infinity): Promise<void> {
  for (const size of sizes) {
    const content = randomBytes(size);
    assert.ok(from.socket.send(content, to.address));
    const got: Uint8Array[] = [];
    let bytes = 0;
    while (bytes < size) {
      const one = await next(to.socket, () => true);
      assert.ok(one, `${bytes} of ${size} bytes arrived`);
      got.push(one);
      bytes += one.byteLength;
    }
    assert.ok(Buffer.concat(got).equals(content), `${size} bytes as they were`);
    assert.ok(got.every(one => one.byteLength <= segment) && (segment < Infinity || got.length === 1));
  }
}

/** A program of Node in a namespace, until the test ends. */
function inside(t: TestContext, { netns }: Side, text: string): { readonly child: ChildProcess; said(word: string): Promise<string> } {
  const child = withNamespace(netns, () => spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS }));
  t.after(() => { child.kill('SIGKILL'); });
  let out = '';
  child.stdout?.on('data', (d: Buffer) => { out += d; });
  return {
    child,
    async said(word) {
      await until(() => out.includes(word) || child.exitCode !== null || child.signalCode !== null);
      assert.ok(out.includes(word), `it said '${out}' and not '${word}'`);
      return out;
    },
  };
}

async function listening(t: TestContext, where: Side): Promise<void> {
  await inside(t, where, `import { createServer } from 'node:net';
    createServer(c => { c.on('error', () => c.destroy()); c.pipe(c); }).listen(7, '::', () => console.log('ready'));`).said('ready');
}

/** A stream goes there and comes back whole. */
async function echoed(t: TestContext, from: Side, to: string): Promise<void> {
  const content = Buffer.alloc(STREAM_BYTES, 'segments of many sizes. '), hash = createHash('sha256').update(content).digest('hex');
  const out = await inside(t, from, `import { connect } from 'node:net';
    import { createHash } from 'node:crypto';
    const hash = createHash('sha256'); let bytes = 0;
    const c = connect(7, '${to}', () => c.end(Buffer.alloc(${STREAM_BYTES}, 'segments of many sizes. ')));
    c.on('data', d => { hash.update(d); bytes += d.length; });
    c.on('error', e => console.log('end ' + e)); c.on('end', () => console.log('end ' + bytes + ' ' + hash.digest('hex')));`).said('end');
  assert.equal(out.trim(), `end ${STREAM_BYTES} ${hash}`);
}
