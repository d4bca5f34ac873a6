// Helper functions by a number in a register (callx of uBPF and LLVM). The kernel's verifier knows no such call; bare-memory programs
// written for other engines do. Slow and rare.

import type { HookName } from '../hooks/hook.ts';
import type { HelperDefinition, Parameter } from './definition.ts';

/** What number it is and the five registers, to r0. `refuse` throws. */
export type CallByNumber = (number: bigint, ...registers: bigint[]) => bigint;

export function callByNumber(
  helpers: ReadonlyMap<number, HelperDefinition>, made: ReadonlyMap<number, (...args: never[]) => number>, hook: HookName, refuse: (number: bigint) => never,
): CallByNumber {
  return (number, ...registers) => {
    const id = Number(BigInt.asUintN(64, number));
    const definition = helpers.get(id);
    if (definition === undefined || (definition.hooks !== undefined && !definition.hooks.includes(hook))) return refuse(number);
    const args = definition.parameters.map((parameter, i) => argument(registers[i]!, parameter));
    const result = BigInt(made.get(id)!(...args as never[]));
    return definition.result === 'unsigned' ? BigInt.asUintN(32, result) : result;
  };
}

function argument(register: bigint, parameter: Parameter): number | bigint {
  if (parameter === 'wide') return register;
  if (parameter === 'narrow' && BigInt.asUintN(64, register) > 0xffff_ffffn) return -1;
  return Number(BigInt.asIntN(32, register));
}
