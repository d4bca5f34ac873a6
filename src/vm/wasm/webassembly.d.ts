// The part of the WebAssembly JavaScript interface that the vm uses. Not from lib.dom: the rest of a browser is no part of it.

declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Global {
    value: number;
  }
  type ImportValue = CallableFunction | Memory | Global;
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, ImportValue>>);
    readonly exports: Record<string, unknown>;
  }
  class RuntimeError extends Error {}
}
