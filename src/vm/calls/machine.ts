// What helper functions work on: the memory, the maps, the world outside, and the packet of the run that is going on.

import { CONTEXT, CONTEXT_MAX_BYTES, CONTROL, MAPS, STACK } from '../memory/layout.ts';
import type { Memory } from '../memory/memory.ts';
import type { VmMap } from '../maps/map.ts';
import { badAccess, ProgramFault } from '../fault.ts';
import type { Packet } from '../packet/packet.ts';
import type { Loaded } from '../program.ts';
import type { Timers } from '../timers.ts';
import type { FibAnswer, FibQuery } from './fib.ts';

/** What comes from outside of the vm. */
export interface World {
  /** Monotonic, as a whole number of nanoseconds: exact for 104 days. */
  readonly nowNs: () => number;
  /** 32 random bits. */
  readonly random: () => number;
  /** MTU of a device, or undefined: there is none of that ifindex. */
  readonly mtuOf: (ifindex: number) => number | undefined;
  /** Where a packet goes by the routes and neighbours of this world. */
  readonly fib: (query: FibQuery) => FibAnswer;
  /** Jiffies a second. */
  readonly hz: number;
}

export interface Machine {
  readonly memory: Memory;
  readonly world: World;
  readonly maps: ReadonlyMap<number, VmMap>;
  readonly packet: Packet;
  /** Runs a function of the program that is running, by what a register holds as its address, on r1 … r4: the low half of its r0. */
  readonly callback: (fn: number, ...registers: readonly number[]) => number;
  /** The program that is running. */
  readonly running: () => Loaded;
  readonly timers: Timers;
}

/** Bytes that a helper is told to read or write: throws a ProgramFault unless they lie in one region. */
export function span(machine: Machine, address: number, length: number, access: 'read' | 'write'): number {
  const { memory, packet } = machine;
  // Arguments come as signed i32.
  const end = address + (length >>> 0);
  const good = (address >= packet.data && end <= packet.linearEnd)
    || (address >= STACK.low && end <= STACK.high)
    || (address >= MAPS && end <= memory.u32(CONTROL.mapsEnd) && (access === 'read' || memory.isWritable(address, end)))
    || (access === 'read' && address >= CONTEXT && end <= CONTEXT + CONTEXT_MAX_BYTES);
  if (!good) throw badAccess(address >>> 0, length >>> 0, access);
  return address;
}

/** The map with a handle: throws a ProgramFault where a program made a handle up. */
export function mapOf(machine: Machine, handle: number): VmMap {
  const map = machine.maps.get(handle);
  if (map === undefined) throw new ProgramFault('call', `there is no map ${handle >>> 0}`);
  return map;
}
