// Malformed and mutated packets into the office (bridge, firewall, DHCP, router, NAT, way out): one fate on both engines, none without a name, and the
// kernel says nothing. A longer run: npm run fuzz -- packets --seconds N --seed S.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelLog } from '../counterparts/programs.ts';
import { kernelTest } from '../require.ts';
import { comparePackets } from './compare.ts';
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

async function countsOf({ datapath }: World): Promise<unknown> {
  return [...(await zone).owners].map(([uid, owner]) => [owner, datapath.ports(uid)]);
}
