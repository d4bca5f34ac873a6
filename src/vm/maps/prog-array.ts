// BPF_MAP_TYPE_PROG_ARRAY: what tail calls jump to. Values are handles of programs, where the kernel takes file descriptors and gives ids.
// A program stays as long as an array holds it, even when it was closed.

import { ERRNO } from './errno.ts';
import type { Loaded } from '../program.ts';
import { VmMap, type MapSpec, type Store } from './map.ts';

/** Programs that are open, by handle. */
export type ProgramOf = (handle: number) => Loaded | undefined;

export class ProgArrayMap extends VmMap {
  private readonly base: number;
  private readonly indexScratch: number;
  private readonly programOf: ProgramOf;
  private readonly programs: (Loaded | undefined)[];

  constructor(spec: MapSpec, handle: number, store: Store, programOf: ProgramOf) {
    super(spec, handle, store);
    this.base = this.take(4 * spec.capacity);
    this.indexScratch = this.take(4);
    this.programOf = programOf;
    this.programs = new Array<undefined>(spec.capacity).fill(undefined);
  }

  programAt(index: number): Loaded | undefined {
    return this.programs[index];
  }

  override lookupAt(key: number): number {
    const index = this.memory.u32(key);
    return this.programs[index] === undefined ? 0 : this.base + index * 4;
  }

  override updateAt(key: number, value: number, flags: number): number {
    const index = this.memory.u32(key);
    if (flags !== 0) return ERRNO.EINVAL;
    if (index >= this.capacity) return ERRNO.E2BIG;
    const program = this.programOf(this.memory.u32(value));
    if (program === undefined) return ERRNO.EBADF;
    this.programs[index] = program;
    this.memory.setU32(this.base + index * 4, program.handle);
    return 0;
  }

  override deleteAt(key: number): number {
    const index = this.memory.u32(key);
    if (index >= this.capacity) return ERRNO.E2BIG;
    if (this.programs[index] === undefined) return ERRNO.ENOENT;
    this.programs[index] = undefined;
    return 0;
  }

  protected override *keys(): Iterable<number> {
    for (let index = 0; index < this.capacity; index++) {
      this.memory.setU32(this.indexScratch, index);
      yield this.indexScratch;
    }
  }
}
