// The contract of live maps, on the vm and on the kernel.

import { test } from 'node:test';
import { createVm } from '../src/vm/vm.ts';
import { MAP_CONTRACT } from './map.contract.ts';
import { kernelTest } from './require.ts';

for (const { name, spec, body } of MAP_CONTRACT) {
  test(`vm: ${name}`, () => { body(createVm().createMap(spec)); });
  kernelTest(`kernel: ${name}`, async () => {
    const { createMap } = await import('../src/kernel/map.ts');
    using map = createMap(spec);
    body(map);
  });
}
