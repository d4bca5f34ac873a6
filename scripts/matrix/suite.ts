// The data path itself, not its programs alone, on a kernel below 6.6: attached by clsact, in a guest with the kernel's own network devices.

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { imageOf } from '../../src/compiler/fixtures/image-of.ts';
import { encodeImage } from '../../src/image/codec.ts';
import { boot, type Booted } from './boot.ts';
import { writeInitramfs } from './initramfs.ts';
import { compareVersions, type Tested } from './job.ts';
import { kernelOf } from './kernels.ts';

/** Since which kernel the data path is meant to run, and since which it attaches by tcx. */
const SINCE = '6.1', TCX_SINCE = '6.6';

export function isWithoutTcx(release: string): boolean {
  return compareVersions(release, SINCE) >= 0 && compareVersions(release, TCX_SINCE) < 0;
}

/** @throws MatrixUnavailable, Error */
export function runSuite(wanted: string, work: string, say: (what: string) => void): Promise<Booted<Tested>> {
  const kernel = kernelOf(wanted, { modules: 'datapath', say });
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const images = ['bridge', 'firewall'].map(name => [`/matrix/images/${name}.json`, bytes(encodeImage(imageOf(`modules/${name}/${name}.ts`)))] as const);
  // Loaded in the order of their names.
  const modules = kernel.modules.map((path, i) => [`/kernel-modules/${String(i).padStart(2, '0')}-${basename(path)}`, readFileSync(path)] as const);
  return boot<Tested>(kernel.path, writeInitramfs(join(work, 'suite.cpio'), ['scripts/matrix/guest-suite.ts', 'scripts/matrix/suite-in-guest.ts'], new Map([...images, ...modules])));
}
