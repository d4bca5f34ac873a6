// A loaded program: its WebAssembly instance and what the engine keeps of it. Running it in a hook's context is run.ts.

import type { HookName } from './hooks/hook.ts';

export interface Loaded {
  readonly name: string;
  /** What prog arrays hold; ≥ 1. */
  readonly handle: number;
  readonly hook: HookName;
  readonly entry: (r1: number, r2: number, fuel: number) => number;
  readonly slot: WebAssembly.Global;
  readonly high: WebAssembly.Global;
}

export function instantiate(
  wasm: Uint8Array<ArrayBuffer>, imports: Record<string, WebAssembly.ImportValue>, identity: Pick<Loaded, 'name' | 'handle' | 'hook'>,
): Loaded {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { vm: imports });
  const { run, slot, high } = exports;
  return {
    ...identity, entry: run as Loaded['entry'],
    slot: slot as WebAssembly.Global, high: high as WebAssembly.Global,
  };
}
