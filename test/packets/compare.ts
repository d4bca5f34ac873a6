// The same packets into the office on both engines, from a seed: each has the same fate on both, and none is lost without a name.

import { Random } from '../../sim/random.ts';
import { frameOf } from './frames.ts';
import { mutated } from './mutations.ts';
import type { OfficeZone } from './office-zone.ts';
import type { Fate, KernelWorld, Place, World } from './worlds.ts';

interface Compared { readonly packets: number; readonly problem?: string }
const PATIENCE_MS = 200;

/** Until `stop`, or the first packet that has not. `kernel` absent: the vm alone, which has to account for each. */
export async function comparePackets({ seed, zone, vm, kernel, stop }: { readonly seed: number; readonly zone: OfficeZone; readonly vm: World; readonly kernel?: KernelWorld | undefined; readonly stop: (packets: number) => boolean }): Promise<Compared> {
  const random = new Random(seed);
  let packets = 0;
  for (const world of [vm, kernel]) world?.fate();
  while (!stop(packets)) {
    const { at, frame } = frameOf(random, zone);
    const { frames, how } = mutated(random, frame);
    for (const one of frames) {
      packets++;
      const problem = await problemOf({ at, frame: one, vm, kernel });
      if (!problem) continue;
      const [what, ...fates] = problem;
      return { packets, problem: [`seed ${seed}, packet ${packets} at ${at} (${how.join(', ') || 'as it was'}): ${what}`, Buffer.from(one).toString('hex'), ...fates].join('\n') };
    }
  }
  return { packets };
}

/** What is wrong with the fate of one packet, and the fates, for a person to read; nothing: they are the same, and have a name. */
export async function problemOf({ at, frame, vm, kernel }: { readonly at: Place; readonly frame: Uint8Array; readonly vm: World; readonly kernel?: KernelWorld | undefined }): Promise<readonly string[] | undefined> {
  vm.send(at, frame);
  const expected = vm.fate();
  if (!isAccounted(at, frame, expected)) return ['lost without a name in the vm', textOf(expected)];
  if (!kernel) return undefined;
  kernel.send(at, frame);
  const found = await fateOf(kernel, expected);
  if (!isSame(found, expected)) return ['the engines differ', `vm:\n${textOf(expected)}`, `kernel:\n${textOf(found)}`];
  const unasked = expected.asked.filter(address => !kernel.hasAsked(address));
  return unasked.length > 0 ? ['the engines differ', `vm:\n${textOf(expected)}`, `kernel: asks nobody for ${unasked.join(', ')}`] : undefined;
}

/** What comes by a device of the machine and is not claimed is the machine's own business. */
function isAccounted(at: Place, frame: Uint8Array, { came, dropped, asked }: Fate): boolean {
  return at === 'world' || came.length + dropped.length + asked.length > 0 || endsWithinTag(frame);
}

/** Kernels drop it before any program sees it. */
function endsWithinTag(frame: Uint8Array): boolean {
  return ((frame[12] === 0x81 && frame[13] === 0) || (frame[12] === 0x88 && frame[13] === 0xa8)) && frame.byteLength < 20;
}

/** Copies of floods come a moment later. */
async function fateOf(kernel: World, expected: Fate): Promise<Fate> {
  let fate = kernel.fate();
  for (const end = performance.now() + PATIENCE_MS; !isSame(fate, expected) && performance.now() < end; await new Promise(done => setTimeout(done, 1))) {
    const more = kernel.fate();
    fate = { ...fate, came: [...fate.came, ...more.came], dropped: [...fate.dropped, ...more.dropped].sort() };
  }
  return fate;
}

function isSame(a: Fate, b: Fate): boolean {
  return a.dropped.join('\n') === b.dropped.join('\n') && a.came.length === b.came.length
    && a.came.every((c, i) => c.at === b.came[i]?.at && Buffer.compare(c.frame, b.came[i].frame) === 0);
}

function textOf({ came, dropped, asked }: Fate): string {
  return [...came.map(c => `  to ${c.at}: ${Buffer.from(c.frame).toString('hex')}`), ...dropped.map(d => `  dropped by ${d}`), ...asked.map(a => `  for ${a}, that nobody is`)].join('\n') || '  nothing';
}
