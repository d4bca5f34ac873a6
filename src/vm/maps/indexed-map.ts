// What all maps have whose keys are indexes: values side by side at addresses that stay.

import { round8, VmMap, type MapSpec, type Store } from './map.ts';

export abstract class IndexedMap extends VmMap {
  protected readonly base: number;
  protected readonly stride: number;
  private readonly indexScratch: number;

  constructor(spec: MapSpec, handle: number, store: Store) {
    super(spec, handle, store);
    this.stride = round8(spec.valueBytes);
    this.base = this.take(this.stride * spec.capacity, VmMap.useOf(spec));
    this.indexScratch = this.take(4);
  }

  protected valueAt(index: number): number { return this.base + index * this.stride; }

  protected override *keys(): Iterable<number> {
    for (let index = 0; index < this.capacity; index++) yield this.stageIndex(index);
  }

  protected override nextKeyAt(key: number): number {
    const index = this.memory.u32(key);
    if (index === this.capacity - 1) return 0;
    return this.stageIndex(index < this.capacity ? index + 1 : 0);
  }

  private stageIndex(index: number): number {
    this.memory.setU32(this.indexScratch, index);
    return this.indexScratch;
  }
}
