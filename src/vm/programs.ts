// The programs of a vm: which are open, which are only held (by prog arrays), and the maps that each keeps alive while it is either.

import type { VmMap } from './maps/map.ts';
import type { Loaded } from './program.ts';

interface Held { holders: number; readonly maps: readonly VmMap[] }

export class Programs {
  private readonly open = new Map<number, Loaded>();
  private readonly held = new Map<Loaded, Held>();

  /** Open from now on, and held by whoever opened it. */
  add(program: Loaded, maps: readonly VmMap[]): void {
    for (const map of maps) map.retain();
    this.open.set(program.handle, program);
    this.held.set(program, { holders: 1, maps });
  }

  /** If it is open. */
  of(handle: number): Loaded | undefined {
    return this.open.get(handle);
  }

  close(program: Loaded): void {
    if (this.open.delete(program.handle)) this.drop(program);
  }

  hold(program: Loaded): void {
    const held = this.held.get(program);
    if (held) held.holders++;
  }

  drop(program: Loaded): void {
    const held = this.held.get(program);
    if (held === undefined || --held.holders > 0) return;
    this.held.delete(program);
    for (const map of held.maps) map.release();
  }
}

const WIDE = 0x18, MAP = 1, MAP_VALUE = 2;

/** Handles of the maps that code names. */
export function mapsNamedIn(code: Uint8Array): Set<number> {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const handles = new Set<number>();
  for (let at = 0; at + 16 <= code.length; at += 8) {
    if (view.getUint8(at) !== WIDE) continue;
    const kind = view.getUint8(at + 1) >> 4;
    if (kind === MAP || kind === MAP_VALUE) handles.add(view.getInt32(at + 4, true));
    at += 8;
  }
  return handles;
}
