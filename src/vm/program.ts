// A loaded program as the engine runs it, whichever way: translated to WebAssembly here, or interpreted (interpret/program.ts).
// Running it in a hook's context is run.ts.

import type { SourceLines } from '../image/source-lines.ts';
import type { HookName } from './hooks/hook.ts';
import { FRAME_BYTES, STACK } from './memory/layout.ts';
import type { Translated } from './translate/translate.ts';

export interface Identity {
  readonly name: string;
  /** What prog arrays hold; ≥ 1. */
  readonly handle: number;
  readonly hook: HookName;
  /** For leading a fault back to its line. */
  readonly source: SourceLines | undefined;
}

export interface Loaded extends Identity {
  /** What it may leave on the stack. */
  readonly stackBytes: number;
  /** To the low half of r0. Throws a ProgramFault. */
  run(r1: number, r2: number, fuel: number): number;
  /** While it or another runs, whose state it leaves as it is. Throws a ProgramFault. */
  runWithin(r1: number, r2: number, fuel: number): readonly [low: number, high: number];
  /** For a helper function that the program called: runs the function at a slot, whose address was taken. Throws a ProgramFault. */
  callback(slot: number, r1: number, r2: number, r3: number, r4: number): number;
  /** The same with the whole stack and fuel of its own, while nothing runs. */
  callbackAlone(slot: number, r1: number, r2: number, r3: number, fuel: number): number;
  /** The upper half of r0 at the end of the last run. */
  readonly high: number;
  /** Slot of the last helper call, or of a fault. */
  readonly slot: number;
}

/** Of what was translated once and is loaded again. */
const modules = new WeakMap<Translated, WebAssembly.Module>();

export function instantiate(
  translated: Translated, imports: Record<string, WebAssembly.ImportValue>, identity: Identity,
): Loaded {
  const { stackBytes } = translated;
  const module = modules.get(translated) ?? new WebAssembly.Module(translated.wasm);
  modules.set(translated, module);
  const { exports } = new WebAssembly.Instance(module, { vm: imports });
  const { slot, high, frame, fuel: left } = exports as Record<string, WebAssembly.Global>;
  const callback = exports['callback'] as Loaded['callback'];
  const run = exports['run'] as Loaded['run'];
  return {
    ...identity, stackBytes, run,
    runWithin(r1, r2, fuel) {
      const kept = left!.value as number;
      const low = run(r1, r2, fuel);
      left!.value = kept;
      return [low, high!.value as number];
    },
    callback,
    callbackAlone(at, r1, r2, r3, fuel) {
      frame!.value = STACK.high + FRAME_BYTES;
      left!.value = fuel;
      return callback(at, r1, r2, r3, 0);
    },
    get high() { return high!.value as number; },
    get slot() { return slot!.value as number; },
  };
}
