// One run: sets a loaded program going, follows its tail calls, and makes values of its faults.

import { placeOf } from '../image/source-lines.ts';
import { ProgramFault, type Fault } from './fault.ts';
import { CONTEXT, STACK } from './memory/layout.ts';
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
  /** What the last program that ran within another returned. */
  private within: readonly [low: number, high: number] = [0, 0];
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

  running(): Loaded {
    return this.current!;
  }

  /** Of the program that is running; see Machine. */
  callback(slot: number, r1 = 0, r2 = 0, r3 = 0, r4 = 0): number {
    return this.current!.callback(slot, r1, r2, r3, r4);
  }

  /** A callback of a program that does not run: what a timer does. */
  runAlone(program: Loaded, slot: number, r1: number, r2: number, r3: number): Ended {
    this.begin(program);
    try {
      return { ok: true, low: program.callbackAlone(slot, r1, r2, r3, this.fuel), high: 0 };
    } catch (thrown) {
      return failed(thrown, program);
    }
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

  /**
   * The helper in a function: 1, if the function is to end, with `resultWithin`. The other program returns to whoever called the function.
   * It is handed the context and nothing of its callers' stack, so it has a stack of its own in the place of theirs.
   */
  tailCallWithin(map: number, index: number): number {
    if (this.tailCall(map, index) === 0) return 0;
    const caller = this.current!;
    const { bytes } = this.memory, low = STACK.high - this.stackBytes;
    const stack = bytes.slice(low, STACK.high);
    bytes.fill(0, low, STACK.high);
    do {
      this.current = this.next!;
      this.next = undefined;
      this.within = this.current.runWithin(CONTEXT, 0, this.fuel);
    } while (this.next !== undefined);
    this.memory.bytes.set(stack, low);
    this.current = caller;
    return 1;
  }

  resultWithin(): readonly [low: number, high: number] {
    return this.within;
  }

  run(program: Loaded, r1: number, r2: number): Ended {
    this.begin(program);
    this.current = program;
    try {
      for (;;) {
        this.next = undefined;
        const low = this.current.run(r1, r2, this.fuel);
        if (this.next === undefined) return { ok: true, low, high: this.current.high };
        this.current = this.next;
      }
    } catch (thrown) {
      return failed(thrown, this.current);
    }
  }

  /** For whoever goes on step by step: what a run begins with. */
  begin(program: Loaded): void {
    this.memory.bytes.fill(0, STACK.high - this.stackBytes, STACK.high);
    this.tailCalls = 0;
    this.current = program;
    this.next = undefined;
  }

  /** After a program's end: the one that it called, which is the current one now. */
  followed(): Loaded | undefined {
    const { next } = this;
    if (next !== undefined) this.current = next;
    this.next = undefined;
    return next;
  }
}

/** Throws what is no fault of the program. */
export function failed(thrown: unknown, program: Loaded): Ended & { ok: false } {
  const fault = faultOf(thrown, program);
  if (fault === undefined) throw thrown;
  const place = program.source && fault.slot !== undefined ? placeOf(program.source, fault.slot) : undefined;
  return { ok: false, fault: place === undefined ? fault : { ...fault, place }, program: program.name };
}

function faultOf(thrown: unknown, program: Loaded): Fault | undefined {
  if (thrown instanceof ProgramFault) return { kind: thrown.kind, slot: thrown.slot ?? program.slot, reason: thrown.message };
  if (thrown instanceof WebAssembly.RuntimeError) return { kind: 'trap', reason: thrown.message };
  return undefined;
}
