// What the emitters of one function share: its code, where its registers live, and how it reaches checks and callees.
// Registers are i64 locals: r1-r5 and r10 are parameters, so that a local call is a WebAssembly call.

import type { Register } from '../../isa/insn.ts';
import type { MapLookup } from '../maps/addresses.ts';
import { Code } from '../wasm/code.ts';
import { OP, type ValueType } from '../wasm/opcodes.ts';
import type { Signature } from '../wasm/module.ts';

export const BPF_SIGNATURE: Signature = { parameters: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64'], results: ['i64'] };
const FRAME_POINTER_LOCAL = 5;

/** `regions`: each access lies in one region, or is a fault. `memory`: only the end of linear memory is checked, by WebAssembly. */
export type Checks = 'regions' | 'memory';

/** Indexes of functions and globals in the module that is being written; and what is checked. */
export interface Module {
  readonly checks: Checks;
  /** Globals. */
  readonly fuel: number;
  readonly slot: number;
  /** Holds r10 of whoever called a helper function that calls back. */
  readonly frame: number;
  /** Checks an address for an access, and gives it back as i32: (address i64, slot i32) → i32. */
  check(size: number, access: 'read' | 'write'): number;
  /** Finds a value of a map: see lookup.ts. */
  lookup(handle: number, map: MapLookup): number;
  /** (slot i32), does not return. */
  readonly outOfFuel: number;
  readonly tailCall: number;
  readonly tailCallWithin: number;
  readonly resultWithin: number;
  readonly callByNumber: number;
  readonly legacyLoad: number;
  helper(id: number): number;
  /** A BPF function by its index. */
  local(index: number): number;
}

/** What so many instructions burn: one for each 32 begun, so that long loops end as soon as short ones. */
export function fuelOf(instructions: number): number {
  return 1 + (instructions >> 5);
}

export class FunctionWriter {
  readonly code = new Code(BPF_SIGNATURE.parameters.length);
  readonly module: Module;
  /** Local that holds the rounds of loops that are left; undefined in a function without loops, which burns none. */
  readonly fuel: number | undefined;
  private readonly locals: readonly number[];
  /** Maps whose handles are in registers, as far as this block shows. */
  readonly known = new Map<Register, number>();
  private readonly names = new Map<string, number>();
  private readonly temporaries = new Map<ValueType, number>();

  constructor(module: Module, hasLoops: boolean) {
    this.module = module;
    this.fuel = hasLoops ? this.code.local('i32') : undefined;
    this.loadFuel();
    const own = (): number => this.code.local('i64');
    this.locals = [own(), 0, 1, 2, 3, 4, own(), own(), own(), own(), FRAME_POINTER_LOCAL];
  }

  /** In a global it would be a store and a load on every round: it is there only while others run. */
  loadFuel(): void {
    if (this.fuel !== undefined) this.code.getGlobal(this.module.fuel).set(this.fuel);
  }
  storeFuel(): void {
    if (this.fuel !== undefined) this.code.get(this.fuel).setGlobal(this.module.fuel);
  }

  get(register: Register): Code { return this.code.get(this.locals[register]!); }
  set(register: Register): Code { return this.code.set(this.locals[register]!); }

  /** The low half, as i32. */
  get32(register: Register): Code { return this.get(register).op(OP.i32WrapI64); }
  /** From an i32; the upper half becomes 0. */
  set32(register: Register): Code {
    this.code.op(OP.i64ExtendI32U);
    return this.set(register);
  }

  /** Local of a label of 2-reducible.ts. */
  label(label: number): number { return this.named(`label ${label}`); }
  /** Local that counts how often may_goto went on. */
  get rounds(): number { return this.named('rounds'); }

  private named(name: string): number {
    const found = this.names.get(name);
    if (found !== undefined) return found;
    const made = this.code.local('i32');
    this.names.set(name, made);
    return made;
  }

  /** One local of a type for use within an instruction. */
  temporary(type: ValueType): number {
    const found = this.temporaries.get(type);
    if (found !== undefined) return found;
    const made = this.code.local(type);
    this.temporaries.set(type, made);
    return made;
  }
}
