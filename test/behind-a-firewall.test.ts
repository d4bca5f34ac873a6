// The bridge and the firewall on this kernel, attached in either way.

import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { kernelWorld } from '../src/datapath/fixtures/kernel-world.ts';
import { behindAFirewall } from './behind-a-firewall.ts';
import { kernelTest } from './require.ts';

for (const by of ['tcx', 'clsact'] as const) kernelTest(`a bridge and a firewall: attached, adopted, changed, taken down (${by})`, async t => {
  const images = { bridge: imageOf('modules/bridge/bridge.ts'), firewall: imageOf('modules/firewall/firewall.ts') };
  await behindAFirewall(t, kernelWorld(t, 'iov-bfw', { attachBy: by }), images);
});
