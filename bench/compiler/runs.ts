// One packet into a loaded program, once or often, and how long it takes.

import { enableStatistics } from '../../src/kernel/statistics.ts';
import { testRun } from '../../src/kernel/test-run.ts';
import { uninterrupted } from '../uninterrupted.ts';
import type { LoadedEntry, Sent } from './subject.ts';

const MANY = 400_000;
const SINGLES = 2_000;
const WARM = 20_000;
/** struct __sk_buff up to its last field that the kernel takes; the port of entry is in cb[0] (src/image/abi.ts). */
const CONTEXT_BYTES = 192;
const CB_AT = 48;

/** ns a run, by the wall clock around one call of many runs. The program must leave the packet as it is. */
export function many(entry: LoadedEntry, sent: Sent): number {
  const input = inputOf(entry, sent);
  return uninterrupted(() => {
    testRun(entry.program, { ...input, repeat: WARM });
    const before = process.hrtime.bigint();
    testRun(entry.program, { ...input, repeat: MANY });
    return Number(process.hrtime.bigint() - before) / MANY;
  });
}

/** ns a run by the kernel's own statistics of the program: caches are colder, and the clock's reading is inside. */
export function single({ program, ...rest }: LoadedEntry, sent: Sent): number {
  using _statistics = enableStatistics();
  const before = program.info();
  for (let i = 0; i < SINGLES; i++) once({ program, ...rest }, sent);
  const after = program.info();
  return Number(after.runTimeNs - before.runTimeNs) / Number(after.runCount - before.runCount);
}

export function once(entry: LoadedEntry, sent: Sent): { readonly result: number; readonly frame: Uint8Array } {
  const { verdict, packet } = uninterrupted(() => testRun(entry.program, inputOf(entry, sent)));
  return { result: verdict >>> 0, frame: packet };
}

function inputOf({ hook }: LoadedEntry, { frame, port = 0 }: Sent): { readonly packet: Uint8Array; readonly context?: Uint8Array } {
  if (hook === 'xdp') return { packet: frame };
  const context = new Uint8Array(CONTEXT_BYTES);
  new DataView(context.buffer).setUint32(CB_AT, port, true);
  return { packet: frame, context };
}
