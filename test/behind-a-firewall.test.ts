// The bridge and the firewall on this kernel, attached in either way.

import { existsSync, readFileSync } from 'node:fs';
import { compile } from '../src/compiler/compile.ts';
import { kernelWorld } from '../src/datapath/fixtures/kernel-world.ts';
import type { Image } from '../src/image/image.ts';
import { behindAFirewall } from './behind-a-firewall.ts';
import { kernelTest } from './require.ts';

const root = new URL('../', import.meta.url);

function imageOf(entry: string): Image {
  const read = (path: string): string | undefined => {
    const file = new URL(path.replace(/^iovisor\//, 'src/lang/lib/'), root);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const { image, diagnostics } = compile({ read, entry });
  if (!image) throw new Error(diagnostics.map(d => `${d.file}:${d.line}: ${d.message}`).join('\n'));
  return image;
}

for (const by of ['tcx', 'clsact'] as const) kernelTest(`a bridge and a firewall: attached, adopted, changed, taken down (${by})`, async t => {
  const images = { bridge: imageOf('modules/bridge/bridge.ts'), firewall: imageOf('modules/firewall/firewall.ts') };
  await behindAFirewall(t, kernelWorld(t, 'iov-bfw', { a: '192.0.2.1', b: '192.0.2.2' }, 'frames', by), images);
});
