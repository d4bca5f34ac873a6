// Packets of several segments take the header of a tunnel, told to the kernel as such, and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { link } from '../../datapath/link/link.ts';
import { modulePiece } from '../../datapath/link/piece.ts';
import { readVerdict, verdictJoints } from '../../datapath/link/verdicts.ts';
import { build } from '../../lang/packets/build.ts';
import { data, eth, ipv4, tcp } from '../../lang/packets.ts';
import { createVm } from '../../vm/vm.ts';
import { compile } from '../compile.ts';

const HEAD = "import { Eth, Ipv4, Ipv6, IpProto, drop, filter, ipv4, ipv6, next, type u8 } from 'iovisor/module';";
const frame = build([eth({ dst: '02:00:00:00:00:0b', src: '02:00:00:00:00:0a' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 2, flags: 'A' }), data(4000)]);

function run(body: string): { readonly verdict: string; readonly gsoSize: number; readonly protocol: number; readonly bytes: number } {
  const source = `${HEAD}\nexport default filter({ egress(pkt) {\n  const eth = pkt.at(Eth);\n${body}\n  return next();\n} });`;
  const { image, diagnostics } = compile({ read: path => path === 'm.ts' ? source : undefined, entry: 'm.ts' });
  const program = image?.programs[0];
  assert.ok(image && program, JSON.stringify(diagnostics));
  const linked = link({ body: modulePiece(program, image.files, { map: () => 0, constant: () => 1 }), joints: verdictJoints() });
  assert.ok(linked.ok);
  const loaded = createVm().load({ name: 'm', hook: 'tc', code: linked.linked.code });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const out = loaded.value.run({ frame: frame.slice(), gsoSize: 1400 });
  assert.ok(out.ok);
  const verdict = readVerdict(out.value.returnCode);
  const reason = verdict?.exit === 'drop' ? image.sites[verdict.value]?.reason : undefined;
  return { verdict: reason ?? verdict?.exit ?? '', gsoSize: out.value.gsoSize, protocol: out.value.protocol, bytes: out.value.frame.length };
}

test('Segments of a packet that enters a tunnel get smaller by its header.', () => {
  const four = "  pkt.insert(eth, 20);\n  eth.fresh(Ipv4, { src: ipv4('192.0.2.1'), dst: ipv4('192.0.2.2'), protocol: IpProto.IpIp, length: 4060 });";
  assert.deepEqual(run(four), { verdict: 'next', gsoSize: 1380, protocol: 0x0800, bytes: frame.length + 20 });
  const six = "  const after = eth;\n  pkt.insert(after, 40);\n  after.fresh(Ipv6, { src: ipv6('fd00::1'), dst: ipv6('fd00::2'), protocol: IpProto.IpIp, payloadLength: 4040 });";
  assert.deepEqual(run(six), { verdict: 'next', gsoSize: 1360, protocol: 0x86dd, bytes: frame.length + 40 });
});

test('In any other place they are dropped by name.', () => {
  for (const body of ['  pkt.insert(eth, 4);', "  pkt.insert(eth, 28);\n  eth.fresh(Ipv4, { src: 1, dst: 2, length: 4068 });"]) {
    assert.equal(run(body).verdict, 'insert-segmented', body);
  }
});
