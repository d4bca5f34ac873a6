// BPF_MAP_TYPE_PROG_ARRAY: what tail calls jump to. Values are handles of programs, where the kernel takes file descriptors and gives ids.
// A program stays as long as an array holds it, even when it was closed.

import { ERRNO } from './errno.ts';
import type { Loaded } from '../program.ts';
import type { HookName } from '../hooks/hook.ts';
import type { MapSpec, Store } from './map.ts';
import { SlotArray } from './slot-array.ts';

/** Programs that are open, by handle. */
export type ProgramOf = (handle: number) => Loaded | undefined;

export class ProgArrayMap extends SlotArray {
  private readonly programOf: ProgramOf;
  private readonly programs: (Loaded | undefined)[];
  /** Of its first program: others do not go in. */
  private hook: HookName | undefined;

  constructor(spec: MapSpec, handle: number, store: Store, programOf: ProgramOf) {
    super(spec, handle, store);
    this.programOf = programOf;
    this.programs = new Array<undefined>(spec.capacity).fill(undefined);
  }

  programAt(index: number): Loaded | undefined {
    return this.programs[index];
  }

  protected override hold(reference: number, index: number): number {
    const program = this.programOf(reference);
    if (program === undefined) return ERRNO.EBADF;
    this.hook ??= program.hook;
    if (program.hook !== this.hook) return ERRNO.EINVAL;
    this.programs[index] = program;
    return 0;
  }

  /** Of a slot that holds another by now, `hold` has it already. */
  protected override drop(_reference: number, index: number): void {
    if (this.memory.u32(this.valueAt(index)) === 0) this.programs[index] = undefined;
  }
}
