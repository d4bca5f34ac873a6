// BPF_MAP_TYPE_PROG_ARRAY: what tail calls jump to. Values are handles of programs, where the kernel takes file descriptors and gives ids.

import { ERRNO } from './errno.ts';
import { VmMap, type MapSpec, type Store } from './map.ts';

export class ProgArrayMap extends VmMap {
  private readonly base: number;
  private readonly indexScratch: number;
  private readonly isProgram: (handle: number) => boolean;

  constructor(spec: MapSpec, handle: number, store: Store, isProgram: (handle: number) => boolean) {
    super(spec, handle, store);
    this.base = this.take(4 * spec.capacity);
    this.indexScratch = this.take(4);
    this.isProgram = isProgram;
  }

  /** The program's handle, or 0. */
  programAt(index: number): number {
    return index < this.capacity ? this.memory.u32(this.base + index * 4) : 0;
  }

  override lookupAt(key: number): number {
    const index = this.memory.u32(key);
    return this.programAt(index) === 0 ? 0 : this.base + index * 4;
  }

  override updateAt(key: number, value: number, flags: number): number {
    const index = this.memory.u32(key);
    if (flags !== 0) return ERRNO.EINVAL;
    if (index >= this.capacity) return ERRNO.E2BIG;
    const program = this.memory.u32(value);
    if (!this.isProgram(program)) return ERRNO.EINVAL;
    this.memory.setU32(this.base + index * 4, program);
    return 0;
  }

  override deleteAt(key: number): number {
    const index = this.memory.u32(key);
    if (index >= this.capacity) return ERRNO.E2BIG;
    if (this.programAt(index) === 0) return ERRNO.ENOENT;
    this.memory.setU32(this.base + index * 4, 0);
    return 0;
  }

  protected override *keys(): Iterable<number> {
    for (let index = 0; index < this.capacity; index++) {
      this.memory.setU32(this.indexScratch, index);
      yield this.indexScratch;
    }
  }
}
