// The contract of live maps, on the vm and on the kernel.

import { test } from 'node:test';
import type { LiveMap } from '../src/image/live-map.ts';
import type { VmMap } from '../src/vm/maps/map.ts';
import { createVm } from '../src/vm/vm.ts';
import { MAP_CONTRACT, NO_DEVICE, type MakeMap } from './map.contract.ts';
import { kernelTest } from './require.ts';

for (const { name, spec, inner, body } of MAP_CONTRACT) {
  const run = (make: MakeMap): void => {
    const innerMap = inner && make(inner);
    const map = make(spec, innerMap);
    innerMap?.close();
    body(map, make);
    map.close();
  };
  test(`vm: ${name}`, () => {
    const vm = createVm({ mtuOf: ifindex => ifindex === NO_DEVICE ? undefined : 1500 });
    run((spec, innerMap) => vm.createMap(spec, innerMap === undefined ? {} : { innerMap: innerMap as VmMap }));
  });
  kernelTest(`kernel: ${name}`, async () => {
    const { createMap, KernelMap } = await import('../src/kernel/map.ts');
    const live = new Set<LiveMap>();
    try {
      run((spec, innerMap) => {
        const map = createMap(spec, innerMap instanceof KernelMap ? { innerMap } : {});
        live.add(map);
        return map;
      });
    } finally {
      for (const map of live) map.close();
    }
  });
}
