// Helpers on timers: timer_init, timer_set_callback, timer_start, timer_cancel (kernel/bpf/helpers.c).

import { ERRNO } from '../maps/errno.ts';
import type { HelperDefinition } from './definition.ts';
import { mapOf, span } from './machine.ts';

const TIMER_BYTES = 16;
/** CLOCK_REALTIME, MONOTONIC, BOOTTIME: one clock here. */
const CLOCKS: readonly number[] = [0, 1, 7];
const ABSOLUTE = 1n, PINNED_TO_CPU = 2n;

export const TIMER_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'timer_init', parameters: ['narrow', 'narrow', 'narrow'], result: 'error',
    make: machine => (address: number, handle: number, flags: number): number => {
      const map = mapOf(machine, handle);
      span(machine, address, TIMER_BYTES, 'write');
      if (!CLOCKS.includes(flags)) return ERRNO.EINVAL;
      if (machine.timers.at(address) !== undefined) return ERRNO.EBUSY;
      const value = map.valueHolding(address);
      if (value === 0) return ERRNO.EINVAL;
      machine.timers.add(address, { map, value });
      return 0;
    },
  },
  {
    name: 'timer_set_callback', parameters: ['narrow', 'low'], result: 'error',
    make: ({ timers, running }) => (address: number, slot: number): number => {
      const timer = timers.at(address);
      if (timer === undefined) return ERRNO.EINVAL;
      timer.callback = { program: running(), slot };
      return 0;
    },
  },
  {
    name: 'timer_start', parameters: ['narrow', 'wide', 'wide'], result: 'error',
    make: ({ timers, world }) => (address: number, after: bigint, flags: bigint): number => {
      const timer = timers.at(address);
      if (BigInt.asUintN(64, flags) > (ABSOLUTE | PINNED_TO_CPU) || timer?.callback === undefined) return ERRNO.EINVAL;
      const ns = Number(BigInt.asUintN(64, after));
      timer.dueNs = (flags & ABSOLUTE) !== 0n ? ns : world.nowNs() + ns;
      return 0;
    },
  },
  {
    name: 'timer_cancel', parameters: ['narrow'], result: 'error',
    make: ({ timers }) => (address: number): number => {
      const timer = timers.at(address);
      if (timer === undefined) return ERRNO.EINVAL;
      // Its own callback cannot wait for itself to end.
      if (timer === timers.running) return ERRNO.EDEADLK;
      const wasStarted = timer.dueNs !== undefined;
      timer.dueNs = undefined;
      // As the kernel does: it is to be set anew.
      delete timer.callback;
      return wasStarted ? 1 : 0;
    },
  },
];
