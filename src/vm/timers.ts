// Timers in map values (kernel/bpf/helpers.c: bpf_timer_*). Time is the world's, and nothing runs by itself: whoever owns the vm fires
// what is due (`Vm.fireTimers`). A timer goes with its entry, and with its map.

import type { VmMap } from './maps/map.ts';
import type { Loaded } from './program.ts';

interface Timer {
  readonly map: VmMap;
  /** Address of the value that it lies in. */
  readonly value: number;
  callback?: { readonly program: Loaded; readonly slot: number };
  /** When it fires; undefined: it is not started. */
  dueNs?: number | undefined;
}

export class Timers {
  /** By the address of their struct bpf_timer. */
  private readonly all = new Map<number, Timer>();
  /** The one whose callback runs. */
  running: Timer | undefined;

  at(address: number): Timer | undefined { return this.all.get(address); }
  add(address: number, timer: Timer): void { this.all.set(address, timer); }

  /** Those that lie in a run of bytes are no more. */
  forget(from: number, bytes: number): void {
    if (this.all.size === 0) return;
    for (const address of this.all.keys()) if (address >= from && address < from + bytes) this.all.delete(address);
  }

  /** The timer that was due first, no longer started; undefined: none is due. */
  take(nowNs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.all.values()) {
      if (timer.dueNs !== undefined && timer.dueNs <= nowNs && (first?.dueNs === undefined || timer.dueNs < first.dueNs)) first = timer;
    }
    if (first) first.dueNs = undefined;
    return first;
  }

  /** When the next is due; undefined: none is started. */
  get nextNs(): number | undefined {
    const due = [...this.all.values()].flatMap(({ dueNs }) => dueNs === undefined ? [] : [dueNs]);
    return due.length === 0 ? undefined : Math.min(...due);
  }
}
