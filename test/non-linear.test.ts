// Compiled modules and packets of which the kernel has only the first bytes in the linear part: over a real wire they must do the same
// as in the vm with packets that are all linear. Headers lie behind that part here, and payloads that are summed.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { CaseElement } from '../src/cases/element.ts';
import type { CaseEngine, CaseMap } from '../src/cases/engine.ts';
import { kernelEngine } from '../src/cases/kernel-engine.ts';
import { vmEngine } from '../src/cases/vm-engine.ts';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import type { Contents } from '../src/image/values.ts';
import { link as linkPieces } from '../src/datapath/link/link.ts';
import type { Piece } from '../src/datapath/link/piece.ts';
import { assemble } from '../src/isa/assemble.ts';
import { encode } from '../src/isa/encode.ts';
import { build } from '../src/lang/packets/build.ts';
import { data, eth, ipv4, ipv6, tcp, udp, type Frame, type Sent } from '../src/lang/packets.ts';
import { casesOf, entryOf } from './module-folders.ts';
import { kernelTest } from './require.ts';
import { overWire } from './wire.ts';

/** The kernel minds what is asked to be linear in frames of more than a page: these bytes stand behind the Ethernet header until the program begins. */
const FILLING_BYTES = 4080;
const ETHERNET_BYTES = 14;

function filled(frame: Uint8Array): Uint8Array {
  const wide = new Uint8Array(frame.length + FILLING_BYTES);
  wide.set(frame.subarray(0, ETHERNET_BYTES));
  wide.set(frame.subarray(ETHERNET_BYTES), ETHERNET_BYTES + FILLING_BYTES);
  return wide;
}

/** Takes the filling out by skb_adjust_room, which leaves no more than the Ethernet header linear, and puts the port of entry into the record. */
function entering(port: number): Uint8Array {
  const assembled = assemble(`
    mov %r6, %r1
    mov %r2, -${FILLING_BYTES}
    mov %r3, 1
    mov %r4, 0
    call skb_adjust_room
    mov %r1, %r6
    ldxw %r2, [%r1+80]
    ldxw %r3, [%r1+76]
    sub %r2, %r3
    jle %r2, ${ETHERNET_BYTES}, split
    mov %r0, 2                       # TCX_DROP: it is not what the test is about
    exit
  split:
    mov %r2, ${port}
    stxw [%r1+48], %r2
  `);
  assert.ok(assembled.ok);
  return encode(assembled.insns);
}

/** An engine of the kernel whose programs are only loaded: their code is for the wire. */
function collecting(codes: Map<string, Uint8Array>, maps: Map<string, CaseMap>): CaseEngine {
  const engine = kernelEngine();
  return {
    ...engine,
    createMap(decl) { const map = engine.createMap(decl); maps.set(decl.name, map); return map; },
    load(program, linked) { codes.set(program.name, linked.code); return engine.load(program, linked); },
  };
}

/** The entries of a map of counters, those of all CPUs together. */
const countsOf = (map: CaseMap | undefined): string[] =>
  [...map?.live.entries() ?? []].map(([key, value]) => `${Buffer.from(key).toString('hex')} ${value.reduce((sum, byte) => sum + byte, 0)}`);

const SUBJECTS: readonly { readonly folder: string; readonly cases: readonly string[]; readonly counts?: string }[] = [
  { folder: 'modules/dhcp', cases: ['Options may come in any order, among others and padding.'] },
  { folder: 'examples/modules/nat46', cases: ['TCP, both ways, of any length.', 'Ping, both ways.'] },
  { folder: 'examples/modules/dns-count', cases: ['Requests pass, of both families.'], counts: 'requests' },
];

for (const { folder, cases: names, counts } of SUBJECTS) {
  kernelTest(`${basename(folder)}: the same for packets whose headers are not linear, over a wire`, async () => {
    const image = imageOf(entryOf(folder));
    const cases = await casesOf(folder);
    for (const name of names) {
      const sent = cases.cases[name]?.find((step): step is Sent => 'step' in step && step['step'] === 'send');
      assert.ok(sent);
      const codes = new Map<string, Uint8Array>(), maps = new Map<string, CaseMap>(), inVm = new Map<string, CaseMap>();
      const vm = vmEngine();
      const expected = new CaseElement({ ...vm, createMap(decl) { const map = vm.createMap(decl); inVm.set(decl.name, map); return map; } }, image, cases.given as Contents);
      const engine = collecting(codes, maps);
      try {
        new CaseElement(engine, image, cases.given as Contents);
        const frame = build(sent.frame);
        const { frame: after } = expected.send({ by: sent.by, frame });
        const code = codes.get(image.kind === 'filter' ? String(sent.by) : 'main');
        assert.ok(code);
        const port = typeof sent.by === 'number' ? sent.by : 0;
        const arrived = await overWire('iov-t-nonlinear', Buffer.concat([entering(port), code]), { frame: filled(frame), linearBytes: ETHERNET_BYTES });
        assert.equal(Buffer.from(arrived?.frame ?? []).toString('hex'), Buffer.from(after).toString('hex'), name);
        if (counts === undefined) continue;
        assert.equal(countsOf(inVm.get(counts)).length, 1);
        assert.deepEqual(countsOf(maps.get(counts)), countsOf(inVm.get(counts)));
      } finally {
        engine.close();
      }
    }
  });
}

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const four = { src: '10.0.0.1', dst: '10.0.0.2' }, six = { src: 'fd00::1', dst: 'fd00::2' };
const segment = tcp({ srcPort: 1, dstPort: 2, flags: 'A' });
const body = data(300);
/** The first 12 bytes behind the header are options. */
const withOptions = (frame: Uint8Array): Uint8Array => frame.with(46, 0x80);
const piece = (name: string, text: string, rest: Partial<Piece> = {}): Piece => {
  const assembled = assemble(text);
  assert.ok(assembled.ok);
  return { name, code: encode(assembled.insns), patches: [], files: [], lines: [], functions: [], ...rest };
};
/** What is linear before and behind the piece; of headers alone unless `payload`. */
const SEGMENTS: readonly { readonly what: string; readonly frame: Frame; readonly before: number; readonly behind: number; readonly options?: true; readonly payload?: true }[] = [
  { what: 'TCP over IPv4, all of its header', frame: [link, ipv4(four), segment, body], before: 66, behind: 66, options: true },
  { what: 'the same, for a program that reads what is behind it', frame: [link, ipv4(four), segment, body], before: 66, behind: 240, options: true, payload: true },
  { what: 'TCP with options in pages', frame: [link, ipv4(four), segment, body], before: 65, behind: 240, options: true },
  { what: 'TCP behind IPv4 options', frame: [link, ipv4({ ...four, options: '94040000' }), segment, body], before: 66, behind: 240 },
  { what: 'a later fragment', frame: [link, ipv4({ ...four, frag: 9, protocol: 6 }), body], before: 66, behind: 240 },
  { what: 'UDP', frame: [link, ipv4(four), udp({ srcPort: 1, dstPort: 2 }), body], before: 66, behind: 240 },
  { what: 'TCP over IPv6, all of its header', frame: [link, ipv6(six), segment, body], before: 74, behind: 74 },
  { what: 'TCP over IPv6 with the end of its header in pages', frame: [link, ipv6(six), segment, body], before: 73, behind: 240 },
];

for (const { what, frame, before, behind, options, payload = false } of SEGMENTS) {
  kernelTest(`${what}: ${behind === before ? 'nothing is' : 'headers are'} brought into the linear part, over a wire`, async () => {
    const prologue = piece('pulled', `
      mov %r6, %r1
      mov %r2, ${before}
      call skb_pull_data
      mov %r1, %r6
    `);
    // The first bytes tell how much is linear.
    const telling = piece('telling', `
      ldxw %r2, [%r1+80]
      ldxw %r3, [%r1+76]
      sub %r2, %r3
      stxdw [%r10-8], %r2
      mov %r2, 0
      mov %r3, %r10
      add %r3, -8
      mov %r4, 2
      mov %r5, 0
      call skb_store_bytes
      mov %r0, 0
      exit
    `, { reads: { bytes: 240, payload } });
    const linked = linkPieces({ prologue, body: telling, joints: new Map() });
    assert.ok(linked.ok);
    const built = build(frame);
    const arrived = await overWire('iov-t-nonlinear', Buffer.concat([entering(0), linked.linked.code]), { frame: filled(options ? withOptions(built) : built), linearBytes: ETHERNET_BYTES });
    assert.equal(Buffer.from(arrived?.frame ?? []).readUInt16LE(), behind);
  });
}
