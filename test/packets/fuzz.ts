// The packets area of `npm run fuzz`: offices one after the other, each with packets of a seed of its own, on the vm and, as root, on the kernel.

import type { FuzzOptions, FuzzResult } from '../../scripts/fuzz.ts';
import { whyNoKernel } from '../require.ts';
import { comparePackets } from './compare.ts';
import { OfficeZone } from './office-zone.ts';
import { kernelWorld, vmWorld } from './worlds.ts';

/** Of one office: what it remembers of connections must not run out by time in one engine before the other. */
const PACKETS = 3000;

export async function fuzzPackets({ seed, stop, say }: FuzzOptions): Promise<FuzzResult> {
  const zone = await OfficeZone.make();
  const why = whyNoKernel();
  const failures: string[] = [];
  let packets = 0;
  for (let round = seed; !stop(); round++) {
    const vm = vmWorld(zone);
    const kernel = why === undefined ? kernelWorld(zone, `fuzz-${process.pid}`) : undefined;
    try {
      const compared = await comparePackets({ seed: round, zone, vm, kernel, stop: n => n >= PACKETS || stop() });
      packets += compared.packets;
      if (compared.problem === undefined) continue;
      say(compared.problem);
      failures.push(`seed ${round}`);
    } finally {
      vm.close();
      kernel?.close();
    }
  }
  return { programs: packets, failures, note: `programs are packets${why === undefined ? '' : `; vm alone: ${why}`}` };
}
