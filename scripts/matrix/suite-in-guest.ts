// What is tried on kernels whose devices have no list of programs: what the data path's suite does to devices, and real modules on them.

import { readFileSync } from 'node:fs';
import { kernelWorld } from '../../src/datapath/fixtures/kernel-world.ts';
import { ATTACHED } from '../../src/datapath/suite-net.ts';
import { doorSuite } from '../../src/datapath/suite-doors.ts';
import { datapathSuite } from '../../src/datapath/suite.ts';
import { decodeImage } from '../../src/image/codec.ts';
import type { Image } from '../../src/image/image.ts';
import { behindAFirewall } from '../../test/behind-a-firewall.ts';
import { kernelTest } from '../../test/require.ts';

const NAME = 'iov-old';

datapathSuite((name, body) => { if (ATTACHED.test(name)) kernelTest(name, body); }, t => kernelWorld(t, NAME));
doorSuite(kernelTest, t => kernelWorld(t, NAME));
kernelTest('a bridge and a firewall: attached, adopted, changed, taken down', t =>
  behindAFirewall(t, kernelWorld(t, NAME), { bridge: imageOf('bridge'), firewall: imageOf('firewall') }));

function imageOf(name: string): Image {
  const decoded = decodeImage(readFileSync(`/matrix/images/${name}.json`, 'utf8'));
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.image;
}
