// Packets whose checksum the kernel has still to make (CHECKSUM_PARTIAL), turned into ICMP errors: in the vm, which keeps that beside a packet
// as the kernel does. Otherwise whoever finishes it would write into the quotation, and the error's own checksum were wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { link } from '../src/datapath/link/link.ts';
import { modulePiece } from '../src/datapath/link/piece.ts';
import { readVerdict, verdictJoints } from '../src/datapath/link/verdicts.ts';
import { build } from '../src/lang/packets/build.ts';
import { data, eth, ipv4, ipv6, tcp, udp, type Frame } from '../src/lang/packets.ts';
import { createVm } from '../src/vm/vm.ts';

const SOURCE = `
import { Eth, Ip, filter, ipv4, ipv6, next } from 'iovisor/module';
import { answerError, timeExceeded } from 'iovisor/answer';
export default filter({
  ingress(pkt) {
    const eth = pkt.at(Eth);
    const ip = eth.payload(Ip);
    return ip ? answerError(pkt, eth, ip, timeExceeded, ipv6('fd00::fe'), ipv4('10.0.0.254'), 0) : next();
  },
});`;

const link2 = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const v4 = ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), v6 = ipv6({ src: 'fd00::1', dst: 'fd00::2' });
const segment = tcp({ srcPort: 4000, dstPort: 80, flags: 'PA' }), datagram = udp({ srcPort: 4000, dstPort: 53 });

/** Of the bytes from `at` on, with the pseudo header of IPv6 where that is what carries them. */
function sum(frame: Uint8Array, at: number): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let total = 0;
  const add = (from: number, to: number): void => { for (let i = from; i < to; i += 2) total += i + 1 < to ? view.getUint16(i) : frame[i]! << 8; };
  add(at, frame.length);
  if (view.getUint16(12) === 0x86dd) { add(22, 54); total += frame.length - at + 58; }
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

test('an ICMP error about a packet with an unfinished checksum', () => {
  const image = imageOf('error.ts', { text: SOURCE });
  const [program] = image.programs;
  assert.ok(program);
  const linked = link({ body: modulePiece(program, image.files, { map: index => index, constant: () => 1 }), joints: verdictJoints() });
  assert.ok(linked.ok);
  const loaded = createVm().load({ name: 'error', hook: 'tc', code: linked.linked.code });
  assert.ok(loaded.ok);
  const frames: Frame[] = [v4, v6].flatMap(ip => [segment, datagram].flatMap(l4 => [0, 7, 100, 1000].map(bytes => [link2, ip, l4, data(bytes)])));
  for (const frame of frames) {
    for (const checksum of ['partial', 'none'] as const) {
      const sent = build(frame);
      const ran = loaded.value.run({ frame: sent, checksum } as never);
      assert.ok(ran.ok);
      const out = ran.value as unknown as { readonly returnCode: number; readonly frame: Uint8Array; readonly checksum: string };
      assert.equal(readVerdict(out.returnCode >>> 0)?.exit, 'reply');
      assert.equal(out.checksum, 'none');
      const [headers, l4At] = sent[12] === 8 ? [28, 34] : [48, 54];
      assert.equal(sum(out.frame, l4At), 0xffff, 'the error\'s checksum is right');
      const quoted = Math.min(sent.length - 14, 512);
      assert.equal(Buffer.from(out.frame.subarray(14 + headers)).toString('hex'), Buffer.from(sent.subarray(14, 14 + quoted)).toString('hex'), 'it quotes what came');
      assert.equal(out.frame.length, 14 + headers + quoted);
    }
  }
});
