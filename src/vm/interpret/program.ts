// A program that is interpreted: its registers, its frames, and what the loop asks of the engine.

import type { CallByNumber } from '../calls/by-number.ts';
import { ProgramFault } from '../fault.ts';
import { HOOKS } from '../hooks/hook.ts';
import { STACK } from '../memory/layout.ts';
import type { Memory } from '../memory/memory.ts';
import type { Identity, Loaded } from '../program.ts';
import { Regions } from './access.ts';
import { whole } from './arithmetic.ts';
import { Frames } from './frames.ts';
import type { HelperCall } from './helper-call.ts';
import { go, type Activity } from './loop.ts';
import type { Predecoded } from './predecode.ts';

/** What the engine gives to every interpreted program of a vm. */
export interface Surroundings {
  readonly memory: Memory;
  readonly helpers: ReadonlyMap<number, HelperCall>;
  readonly callByNumber: CallByNumber;
  readonly legacyLoad: (offset: number, size: number) => number | undefined;
  /** (map handle, index) → 1: the caller ends. */
  readonly tailCall: (map: number, index: number) => number;
  /** The same in a function; what the other program returned, if there is one. */
  readonly tailCallWithin: (map: number, index: number) => readonly [low: number, high: number] | undefined;
}

const R1 = 2, R2 = 4, R3 = 6, R10 = 20;

export class InterpretedProgram implements Loaded, Activity {
  readonly name: Loaded['name'];
  readonly handle: Loaded['handle'];
  readonly hook: Loaded['hook'];
  readonly source: Loaded['source'];
  readonly program: Predecoded;
  registers: Int32Array;
  readonly memory: Memory;
  readonly regions: Regions;
  frames = new Frames();
  readonly stackBytes: number;
  slot = 0;
  fuel = 0;
  rounds = 0;
  private readonly surroundings: Surroundings;

  constructor(program: Predecoded, surroundings: Surroundings, identity: Identity) {
    this.name = identity.name;
    this.handle = identity.handle;
    this.hook = identity.hook;
    this.source = identity.source;
    this.program = program;
    this.stackBytes = program.stackBytes;
    this.registers = program.registers;
    this.surroundings = surroundings;
    this.memory = surroundings.memory;
    this.regions = new Regions(surroundings.memory, HOOKS[identity.hook]);
  }

  get high(): number { return this.registers[1]!; }
  get low(): number { return this.registers[0]!; }

  run(r1: number, r2: number, fuel: number): number {
    this.begin(r1, r2);
    this.fuel = fuel;
    if (!go(this)) throw new ProgramFault('fuel', 'loops went round, or calls went down, too often', this.slot);
    return this.low;
  }

  runWithin(r1: number, r2: number, fuel: number): readonly [low: number, high: number] {
    const { registers, frames, slot, fuel: left, rounds } = this;
    this.registers = registers.slice();
    this.frames = new Frames();
    this.run(r1, r2, fuel);
    const result = [this.low, this.high] as const;
    Object.assign(this, { registers, frames, slot, rounds, fuel: left });
    return result;
  }

  /** As a program is entered: all registers 0 but r1, r2 and r10. */
  begin(r1: number, r2: number): void {
    this.registers.fill(0, 0, R10);
    this.registers[R1] = r1;
    this.registers[R2] = r2;
    this.registers[R10] = STACK.high;
    this.registers[R10 + 1] = 0;
    this.frames.depth = 0;
    this.frames.floor = 0;
    this.slot = 0;
    this.rounds = 0;
  }

  callback(slot: number, r1: number, r2: number, r3: number, r4: number): number {
    const { slot: caller, frames, registers } = this;
    if (!this.program.taken.has(slot)) throw new ProgramFault('call', `there is no callback at slot ${slot}`, caller);
    const { floor } = frames;
    frames.enter(registers, caller);
    frames.floor = frames.depth;
    const result = this.from(slot, r1, r2, r3, r4);
    frames.floor = floor;
    frames.leave(registers);
    this.slot = caller;
    return result;
  }

  callbackAlone(slot: number, r1: number, r2: number, r3: number, fuel: number): number {
    this.begin(r1, r2);
    this.fuel = fuel;
    return this.from(slot, r1, r2, r3, 0);
  }

  private from(slot: number, ...args: readonly number[]): number {
    for (const [i, arg] of [...args, 0].entries()) {
      this.registers[R1 + 2 * i] = arg;
      this.registers[R1 + 2 * i + 1] = 0;
    }
    this.slot = slot;
    if (!go(this)) throw new ProgramFault('fuel', 'loops went round, or calls went down, too often', this.slot);
    return this.low;
  }

  /** So many instructions. True: it has ended. Throws a ProgramFault. */
  advance(instructions: number): boolean {
    this.fuel = instructions;
    return go(this);
  }

  helper(id: number): void {
    this.surroundings.helpers.get(id)!(this.registers);
  }

  legacyLoad(offset: number, size: number): number | undefined {
    return this.surroundings.legacyLoad(offset, size);
  }

  callByNumber(word: number): void {
    const at = (w: number): bigint => whole(this.registers[w]!, this.registers[w + 1]!);
    const result = this.surroundings.callByNumber(at(word), at(R1), at(R2), at(R3), at(8), at(10));
    this.registers[0] = Number(BigInt.asIntN(32, result));
    this.registers[1] = Number(BigInt.asIntN(32, result >> 32n));
  }

  tailCall(): boolean {
    return this.surroundings.tailCall(this.tailCallMap(), this.registers[R3]!) === 1;
  }

  tailCallWithin(): boolean {
    const result = this.surroundings.tailCallWithin(this.tailCallMap(), this.registers[R3]!);
    if (result !== undefined) [this.registers[0], this.registers[1]] = result;
    return result !== undefined;
  }

  private tailCallMap(): number {
    return this.registers[R2 + 1] === 0 ? this.registers[R2]! : -1;
  }
}
