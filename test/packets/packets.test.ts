// Malformed and mutated packets into the office (bridge, firewall, DHCP, router, NAT, way out): one fate on both engines, none without a name, and the
// kernel says nothing. A longer run: npm run fuzz -- packets --seconds N --seed S.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelLog } from '../counterparts/programs.ts';
import { kernelTest } from '../require.ts';
import { build } from '../../src/lang/packets/build.ts';
import * as p from '../../src/lang/packets.ts';
import { comparePackets, problemOf } from './compare.ts';
import { OfficeZone } from './office-zone.ts';
import { kernelWorld, vmWorld, type World } from './worlds.ts';

const PACKETS = { vm: 300, kernel: 200 };
const zone = OfficeZone.make();

test('vm: every packet comes out somewhere or is dropped by name', async () => {
  const vm = vmWorld(await zone);
  const { packets, problem } = await comparePackets({ seed: 1, zone: await zone, vm, stop: n => n >= PACKETS.vm });
  assert.deepEqual([problem, packets >= PACKETS.vm], [undefined, true]);
  vm.close();
});

kernelTest('kernel: every packet has the fate that it has in the vm, and is counted at the same ports', async () => {
  const said = kernelLog();
  const [vm, kernel] = [vmWorld(await zone), kernelWorld(await zone, 'packets')];
  try {
    const { packets, problem } = await comparePackets({ seed: 2, zone: await zone, vm, kernel, stop: n => n >= PACKETS.kernel });
    assert.deepEqual([problem, packets >= PACKETS.kernel], [undefined, true]);
    assert.deepEqual(await countsOf(kernel), await countsOf(vm));
    assert.deepEqual(said(), []);
  } finally {
    vm.close();
    kernel.close();
  }
});

kernelTest('kernel: what an answer is cut out of, and what leaves for nobody, has the fate that it has in the vm', async () => {
  const [vm, kernel] = [vmWorld(await zone), kernelWorld(await zone, 'fates')];
  try {
    const { routerMac, stations } = await zone;
    const web = stations.find(s => s.name === 'web')!;
    const ends = { src: web.ip6, dst: 'fe80::1', hopLimit: 1 };
    const ports = { srcPort: 7, dstPort: 53 };
    const far = p.destination({ words: 63 });                              // it ends past what an answer quotes
    const rows: Readonly<Record<string, readonly p.Layer[]>> = {
      'an extension header that ends past the frame': [p.ipv6({ ...ends, next: 60 }), p.bytes('12b5'), p.data(118)],
      'one that ends in the frame': [p.ipv6(ends), far, p.udp(ports), p.data(200)],
      'one behind a fragment': [p.ipv6(ends), p.fragment({ id: 1, more: true }), far, p.udp(ports), p.data(200)],
      'one in an inner packet': [p.ipv6(ends), p.ipv6(ends), far, p.udp(ports), p.data(200)],
      'one before less than an inner header': [p.ipv6(ends), p.destination({ words: 62, next: 4 }), p.bytes('4500')],
      'for all neighbours of the gateway': [p.ipv4({ src: web.ip4, dst: '198.51.100.255' }), p.udp(ports)],
      'for a neighbour of the gateway that is not there': [p.ipv6({ ...ends, dst: '2001:db8:5::77', hopLimit: 64 }), p.udp(ports)],
    };
    for (const world of [vm, kernel]) world.fate();
    for (const [name, layers] of Object.entries(rows)) {
      const frame = build([p.eth({ dst: routerMac, src: web.mac }), ...layers]);
      assert.equal(await problemOf({ at: 'web', frame, vm, kernel }), undefined, name);
    }
  } finally {
    vm.close();
    kernel.close();
  }
});

async function countsOf({ datapath }: World): Promise<unknown> {
  return [...(await zone).owners].map(([uid, owner]) => [owner, datapath.ports(uid)]);
}
