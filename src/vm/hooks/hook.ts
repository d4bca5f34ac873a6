// What an engine must know of a hook before it runs anything: the shape of its context, and which helpers it has.

import { SKB } from '../../image/abi.ts';

export type HookName = 'tc' | 'xdp' | 'memory';

export interface Hook {
  readonly name: HookName;
  readonly contextBytes: number;
  /** Runs of the context that programs may write, from byte to byte. */
  readonly writable: readonly (readonly [from: number, to: number])[];
}

/** Offset of tstamp in struct __sk_buff. */
const TSTAMP = 152;

export const HOOKS: Readonly<Record<HookName, Hook>> = {
  tc: {
    name: 'tc',
    contextBytes: 192,
    writable: [
      [SKB.cb, SKB.cb + 20], [SKB.mark, SKB.mark + 4], [SKB.queue_mapping, SKB.queue_mapping + 4], [SKB.priority, SKB.priority + 4],
      [SKB.tc_index, SKB.tc_index + 4], [SKB.tc_classid, SKB.tc_classid + 4], [TSTAMP, TSTAMP + 8],
    ],
  },
  xdp: { name: 'xdp', contextBytes: 24, writable: [] },
  /** Not a hook of the kernel: r1 is the address of the memory that is passed in, r2 its length. */
  memory: { name: 'memory', contextBytes: 0, writable: [] },
};
