// One run: sets a loaded program going, follows its tail calls, and makes values of its faults.

import { ProgramFault, type Fault } from './fault.ts';
import { STACK } from './memory/layout.ts';
import type { Memory } from './memory/memory.ts';
import type { Loaded } from './program.ts';

/** MAX_TAIL_CALL_CNT. */
const MAX_TAIL_CALLS = 33;

export type Ended = { readonly ok: true; readonly low: number; readonly high: number } | { readonly ok: false; readonly fault: Fault; readonly program: string };

export class Runner {
  private readonly memory: Memory;
  private readonly fuel: number;
  private readonly programAt: (map: number, index: number) => Loaded | undefined;
  private current: Loaded | undefined;
  private next: Loaded | undefined;
  private tailCalls = 0;
  /** Of the program that takes most: what a run may leave on the stack, and the next shall not see. */
  private stackBytes = 0;

  constructor(memory: Memory, fuel: number, programAt: (map: number, index: number) => Loaded | undefined) {
    this.memory = memory;
    this.fuel = fuel;
    this.programAt = programAt;
  }

  /** A program that will run takes so much of the stack. */
  reserve(stackBytes: number): void {
    this.stackBytes = Math.max(this.stackBytes, stackBytes);
  }

  /** The helper: 1, if the caller is to end. */
  tailCall(map: number, index: number): number {
    if (this.tailCalls >= MAX_TAIL_CALLS) return 0;
    const next = this.programAt(map, index >>> 0);
    if (next === undefined || next.hook !== this.current?.hook) return 0;
    this.tailCalls++;
    this.next = next;
    return 1;
  }

  run(program: Loaded, r1: number, r2: number): Ended {
    this.memory.bytes.fill(0, STACK.high - this.stackBytes, STACK.high);
    this.tailCalls = 0;
    this.current = program;
    try {
      for (;;) {
        this.next = undefined;
        const low = this.current.entry(r1, r2, this.fuel);
        if (this.next === undefined) return { ok: true, low, high: this.current.high.value };
        this.current = this.next;
      }
    } catch (thrown) {
      const fault = faultOf(thrown, this.current);
      if (fault === undefined) throw thrown;
      return { ok: false, fault, program: this.current.name };
    }
  }
}

function faultOf(thrown: unknown, program: Loaded): Fault | undefined {
  if (thrown instanceof ProgramFault) return { kind: thrown.kind, slot: thrown.slot ?? program.slot.value, reason: thrown.message };
  if (thrown instanceof WebAssembly.RuntimeError) return { kind: 'trap', reason: thrown.message };
  return undefined;
}
