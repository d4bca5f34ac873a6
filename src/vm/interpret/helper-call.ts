// A helper function as the interpreter calls it: registers in, r0 out, by the conventions of calls/definition.ts.

import type { HelperDefinition, Parameter } from '../calls/definition.ts';
import { whole } from './arithmetic.ts';

/** Reads r1 … r5 and writes r0 of a register file. */
export type HelperCall = (registers: Int32Array) => void;

export function helperCall({ parameters, result }: HelperDefinition, body: (...args: never[]) => number): HelperCall {
  const call = body as (...args: (number | bigint)[]) => number;
  const argument = (registers: Int32Array, index: number): number | bigint => argumentOf(registers, 2 + 2 * index, parameters[index]!);
  const ask = ((): ((r: Int32Array) => number) => {
    switch (parameters.length) {
      case 0: return () => call();
      case 1: return r => call(argument(r, 0));
      case 2: return r => call(argument(r, 0), argument(r, 1));
      case 3: return r => call(argument(r, 0), argument(r, 1), argument(r, 2));
      case 4: return r => call(argument(r, 0), argument(r, 1), argument(r, 2), argument(r, 3));
      default: return r => call(argument(r, 0), argument(r, 1), argument(r, 2), argument(r, 3), argument(r, 4));
    }
  })();
  switch (result) {
    case 'error': return r => { r[0] = ask(r); r[1] = r[0]! >> 31; };
    case 'unsigned': return r => { r[0] = ask(r); r[1] = 0; };
    case 'whole': return r => {
      const value = ask(r);
      r[1] = Math.floor(value / 0x1_0000_0000);
      r[0] = value % 0x1_0000_0000;
    };
  }
}

function argumentOf(registers: Int32Array, word: number, parameter: Parameter): number | bigint {
  const low = registers[word]!, high = registers[word + 1]!;
  switch (parameter) {
    case 'low': return low;
    case 'narrow': return high === 0 ? low : -1;
    case 'wide': return BigInt.asIntN(64, whole(low, high));
  }
}
