// The linear memory of a vm, and views of it. It grows only when a map is made, never while a program runs; views are made anew then,
// so nobody keeps one across the making of a map.

import { CONTROL, MAPS, MAX_PAGES, PAGE_BYTES, WRITABLE } from './layout.ts';

export class Memory {
  readonly wasm = new WebAssembly.Memory({ initial: MAPS / PAGE_BYTES, maximum: MAX_PAGES });
  bytes = new Uint8Array(this.wasm.buffer);
  view = new DataView(this.wasm.buffer);
  /** As little-endian words; the engine runs on little-endian machines, as all that run WebAssembly in practice. */
  words = new Uint32Array(this.wasm.buffer);

  constructor() {
    this.view.setInt32(CONTROL.mapsEnd, MAPS, true);
  }

  /** Makes addresses below `end` usable. False: it would pass the limit. */
  reach(end: number): boolean {
    const missing = Math.ceil((end - this.bytes.length) / PAGE_BYTES);
    if (missing > 0) {
      if (end > MAX_PAGES * PAGE_BYTES) return false;
      try {
        // Some more than asked for: each growth makes all views anew.
        const pages = this.bytes.length / PAGE_BYTES;
        this.wasm.grow(Math.min(Math.max(missing, pages >> 2), MAX_PAGES - pages));
      } catch {
        return false;
      }
      this.bytes = new Uint8Array(this.wasm.buffer);
      this.view = new DataView(this.wasm.buffer);
      this.words = new Uint32Array(this.wasm.buffer);
    }
    if (end > this.view.getInt32(CONTROL.mapsEnd, true)) this.view.setInt32(CONTROL.mapsEnd, end, true);
    return true;
  }

  /** Whether programs may write to these addresses in maps. */
  isWritable(from: number, to: number): boolean {
    for (let page = Math.floor(from / PAGE_BYTES); page * PAGE_BYTES < to; page++) if (this.bytes[WRITABLE + page] === 0) return false;
    return true;
  }

  /** A copy. */
  read(address: number, length: number): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(address, address + length);
  }

  u32(address: number): number { return this.view.getUint32(address, true); }
  setU32(address: number, value: number): void { this.view.setUint32(address, value, true); }
}
