// What a map of maps knows of the maps in it (kernel/bpf/map_in_map.c): which are like the one it was made after, who holds them.

import { ERRNO } from './errno.ts';
import type { VmMap } from './map.ts';

/** BPF_F_INNER_MAP: arrays of other lengths are alike too. */
export const INNER_MAP = 0x1000;

export type MapOf = (handle: number) => VmMap | undefined;

/** An inner map by its handle, or the error number of why it may not go in. */
export class InnerMaps {
  private readonly model: Pick<VmMap, 'type' | 'keyBytes' | 'valueBytes' | 'capacity' | 'flags'>;
  private readonly mapOf: MapOf;

  constructor(model: VmMap, mapOf: MapOf) {
    const { type, keyBytes, valueBytes, capacity, flags } = model;
    this.model = { type, keyBytes, valueBytes, capacity, flags };
    this.mapOf = mapOf;
  }

  /** Holds the map with a handle: 0, or an error number. */
  hold(handle: number): number {
    const map = this.mapOf(handle);
    if (map === undefined || !map.isOpen) return ERRNO.EBADF;
    if (!this.isAlike(map)) return ERRNO.EINVAL;
    map.retain();
    return 0;
  }

  drop(handle: number): void {
    this.mapOf(handle)?.release();
  }

  private isAlike(map: VmMap): boolean {
    const { model } = this;
    if (map.type !== model.type || map.keyBytes !== model.keyBytes || map.valueBytes !== model.valueBytes || map.flags !== model.flags) return false;
    return map.type !== 'ARRAY' || map.capacity === model.capacity || (map.flags & INNER_MAP) !== 0;
  }
}
