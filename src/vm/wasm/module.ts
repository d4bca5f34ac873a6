// A WebAssembly module as data, and its binary form (WebAssembly core specification 5.5). One memory, always imported.

import { Bytes } from './bytes.ts';
import type { Code } from './code.ts';
import { TYPE, type ValueType } from './opcodes.ts';

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface WasmModule {
  readonly memory: { readonly module: string; readonly name: string; readonly maxPages: number };
  /** Imported functions have the first indexes. */
  readonly imports: readonly { readonly module: string; readonly name: string; readonly signature: Signature }[];
  readonly functions: readonly { readonly signature: Signature; readonly code: Code; readonly exported?: string }[];
  /** Mutable, zero at start. */
  readonly globals: readonly { readonly type: 'i32' | 'i64'; readonly exported?: string }[];
}

const EXTERNAL = { function: 0, memory: 2, global: 3 } as const;
const CONST = { i32: 0x41, i64: 0x42 } as const;

export function encode(module: WasmModule): Uint8Array<ArrayBuffer> {
  const types: Signature[] = [];
  const typeOf = (s: Signature): number => {
    const key = JSON.stringify(s);
    const found = types.findIndex(t => JSON.stringify(t) === key);
    return found >= 0 ? found : types.push(s) - 1;
  };
  const imported = module.imports.map(i => typeOf(i.signature));
  const defined = module.functions.map(f => typeOf(f.signature));

  const out = new Bytes().bytes([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  section(out, 1, types, (b, t) => {
    b.byte(TYPE.func).unsigned(t.parameters.length).bytes(t.parameters.map(p => TYPE[p]));
    b.unsigned(t.results.length).bytes(t.results.map(r => TYPE[r]));
  });
  section(out, 2, [undefined, ...module.imports], (b, entry, i) => {
    if (entry === undefined) b.name(module.memory.module).name(module.memory.name).byte(EXTERNAL.memory).byte(1).unsigned(1).unsigned(module.memory.maxPages);
    else b.name(entry.module).name(entry.name).byte(EXTERNAL.function).unsigned(imported[i - 1]!);
  });
  section(out, 3, defined, (b, type) => { b.unsigned(type); });
  section(out, 6, module.globals, (b, g) => { b.byte(TYPE[g.type]).byte(1).byte(CONST[g.type]).byte(0).byte(0x0b); });
  section(out, 7, exportsOf(module), (b, e) => { b.name(e.name).byte(e.kind).unsigned(e.index); });
  section(out, 10, module.functions, (b, f) => { b.bytes(f.code.finish().toBytes()); });
  return out.toBytes();
}

function exportsOf(module: WasmModule): { name: string; kind: number; index: number }[] {
  return [
    ...module.functions.flatMap((f, i) => f.exported === undefined ? [] : [{ name: f.exported, kind: EXTERNAL.function, index: module.imports.length + i }]),
    ...module.globals.flatMap((g, i) => g.exported === undefined ? [] : [{ name: g.exported, kind: EXTERNAL.global, index: i }]),
  ];
}

function section<T>(out: Bytes, id: number, entries: readonly T[], write: (bytes: Bytes, entry: T, index: number) => void): void {
  if (entries.length === 0) return;
  const body = new Bytes().unsigned(entries.length);
  entries.forEach((entry, i) => { write(body, entry, i); });
  out.byte(id).sized(body);
}
