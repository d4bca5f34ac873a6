// Packets whose checksum the kernel has still to make (CHECKSUM_PARTIAL), through modules and then out of a device that makes none, so that the
// kernel writes it behind the module, where it still thinks it has to. The user-space engine says what must come out.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import type { CaseEngine } from '../src/cases/engine.ts';
import { CaseElement } from '../src/cases/element.ts';
import { unfinished } from '../src/cases/forms.ts';
import { kernelEngine } from '../src/cases/kernel-engine.ts';
import { vmEngine } from '../src/cases/vm-engine.ts';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import type { Image } from '../src/image/image.ts';
import type { Contents } from '../src/image/values.ts';
import { build } from '../src/lang/packets/build.ts';
import { data, eth, ipv4, ipv6, tcp, udp, type Frame, type Sent } from '../src/lang/packets.ts';
import { partialOf } from '../src/vm/packet/checksum.ts';
import { casesOf, entryOf } from './module-folders.ts';
import { kernelTest } from './require.ts';
import { overWire } from './wire.ts';

const NAMESPACE = 'iov-t-unfinished';
/** The verdict and the frame, of a user-space engine and of a device; `by` is the first port, or a filter's way. */
async function both(image: Image, contents: Contents, { by, frame }: { readonly by: number | string; readonly frame: Uint8Array }): Promise<{ readonly exit: string; readonly inVm: Uint8Array; readonly onWire: Uint8Array }> {
  const said = new CaseElement(vmEngine(undefined, 'unfinished'), image, contents).send({ by, frame });
  const engine = kernelEngine();
  try {
    const codes = new Map<string, Uint8Array>();
    const listening: CaseEngine = { ...engine, load(program, linked) { codes.set(program.name, linked.code); return engine.load(program, linked); } };
    new CaseElement(listening, image, contents);
    const code = codes.get(image.kind === 'filter' ? String(by) : 'main');
    const sent = unfinished(frame);
    assert.ok(code);
    const { verdict } = said;
    const site = verdict?.exit === 'drop' ? image.sites[verdict.value]?.reason : undefined;
    // What these programs return is no verdict of the kernel's: the packet goes on.
    const arrived = await overWire(NAMESPACE, code, sent ? { frame: sent, partial: partialOf(sent) } : { frame }, 'kernel');
    assert.ok(arrived);
    assert.equal(arrived.partial, undefined, 'the device makes no checksums');
    return { exit: site ?? verdict?.exit ?? 'none', inVm: said.frame, onWire: arrived.frame };
  } finally {
    engine.close();
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

for (const folder of ['modules/dhcp', 'modules/router', 'examples/modules/icmp-echo', 'examples/modules/nat46']) {
  kernelTest(`${basename(folder)}: unfinished packets through a device without checksums`, async () => {
    const image = imageOf(entryOf(folder));
    const cases = await casesOf(folder);
    const steps = Object.values(cases.cases).flatMap(all => all.filter((step): step is Sent => 'step' in step && step['step'] === 'send').slice(0, 1));
    let compared = 0;
    for (const { by, frame, outcome } of steps) {
      if (typeof by === 'number' && by !== 0 || outcome.outcome === 'dropped') continue;
      const { inVm, onWire } = await both(image, cases.given as Contents, { by, frame: build(frame) });
      assert.equal(hex(onWire), hex(inVm));
      compared++;
    }
    assert.ok(compared > 0);
  });
}

const HEAD = `import { Eth, Ip, IpProto, Ipv4, Tcp, Udp, drop, filter, ipv4, next, reply, type be32 } from 'iovisor/module';\n`;

/** Answers a SYN in its place. */
const ANSWERS = `${HEAD}export default filter({ egress(pkt) {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  const tcp = ip?.payload(Tcp);
  if (!ip || !tcp?.opens) return next();
  const srcPort = tcp.dstPort, dstPort = tcp.srcPort, ackSeq: be32 = tcp.seq + 1;
  pkt.trim(54);
  eth.fresh(Ipv4, { src: ip.dst, dst: ip.src, protocol: IpProto.Tcp, length: 40 }).fresh(Tcp, { srcPort, dstPort, ackSeq, seq: 7, dataOffset: 5, flags: 0x12, window: 0xffff });
  return reply();
} });`;

/** Puts a packet into another one. */
const TUNNELS = `${HEAD}export default filter({ egress(pkt) {
  const eth = pkt.at(Eth);
  if (!eth.payload(Ip)) return next();
  const length = pkt.length;
  pkt.insert(eth, 36);
  const udp = eth.fresh(Ipv4, { src: ipv4('192.0.2.1'), dst: ipv4('192.0.2.2'), protocol: IpProto.Udp, length: length + 22 & 0xffff })
    .fresh(Udp, { srcPort: 1, dstPort: 4789, length: length + 2 & 0xffff });
  return udp.length > 0 ? next() : drop('empty');
} });`;

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const syn: Frame = [link, ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 4000, dstPort: 80, flags: 'S', seq: 5 })];

kernelTest('a fresh Tcp over the one whose checksum was to be made', async () => {
  const image = imageOf('answers.ts', { text: ANSWERS });
  const { exit, inVm, onWire } = await both(image, {}, { by: 'egress', frame: build([...syn, data('early')]) });
  assert.equal(exit, 'reply');
  assert.equal(hex(onWire), hex(inVm));
  assert.equal(hex(onWire), hex(build([link, ipv4({ src: '10.0.0.2', dst: '10.0.0.1' }), tcp({ srcPort: 80, dstPort: 4000, flags: 'SA', seq: 7, ackSeq: 6 })])));
});

test('a packet inside another one keeps its checksum, or is refused by name', () => {
  const image = imageOf('tunnels.ts', { text: TUNNELS });
  const sent = (frame: Frame, form: 'linear' | 'unfinished') => new CaseElement(vmEngine(undefined, form), image, {}).send({ by: 'egress', frame: build(frame) });
  for (const frame of [syn, [link, ipv6({ src: 'fd00::1', dst: 'fd00::2' }), udp({ srcPort: 1, dstPort: 2 }), data('x')]]) {
    assert.equal(sent(frame, 'linear').verdict?.exit, 'next');
    const { verdict } = sent(frame, 'unfinished');
    assert.equal(verdict?.exit === 'drop' ? image.sites[verdict.value]?.reason : verdict?.exit, 'unfinished-checksum');
  }
});

kernelTest('a packet inside another one: what the kernel would finish inside is refused there too', async () => {
  const { exit, inVm, onWire } = await both(imageOf('tunnels.ts', { text: TUNNELS }), {}, { by: 'egress', frame: build(syn) });
  assert.equal(exit, 'unfinished-checksum');
  assert.equal(hex(onWire), hex(inVm));
});
