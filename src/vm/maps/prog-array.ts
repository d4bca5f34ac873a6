// BPF_MAP_TYPE_PROG_ARRAY: what tail calls jump to. Values are handles of programs, where the kernel takes file descriptors and gives ids.
// A program stays as long as an array holds it, even when it was closed; an array that is closed lets all go.

import { ERRNO } from './errno.ts';
import type { Loaded } from '../program.ts';
import type { Programs } from '../programs.ts';
import type { HookName } from '../hooks/hook.ts';
import type { MapSpec, Store } from './map.ts';
import { SlotArray } from './slot-array.ts';

export class ProgArrayMap extends SlotArray {
  private readonly all: Programs;
  private readonly programs: (Loaded | undefined)[];
  /** Of its first program: others do not go in. */
  private hook: HookName | undefined;

  constructor(spec: MapSpec, handle: number, store: Store, all: Programs) {
    super(spec, handle, store);
    this.all = all;
    this.programs = new Array<undefined>(spec.capacity).fill(undefined);
  }

  programAt(index: number): Loaded | undefined {
    return this.programs[index];
  }

  protected override hold(reference: number, index: number): number {
    const program = this.all.of(reference);
    if (program === undefined) return ERRNO.EBADF;
    this.hook ??= program.hook;
    if (program.hook !== this.hook) return ERRNO.EINVAL;
    this.all.hold(program);
    const old = this.programs[index];
    this.programs[index] = program;
    if (old !== undefined) this.all.drop(old);
    return 0;
  }

  /** Of a slot that holds another by now, `hold` let the old one go. */
  protected override drop(_reference: number, index: number): void {
    const old = this.programs[index];
    if (this.memory.u32(this.valueAt(index)) !== 0 || old === undefined) return;
    this.programs[index] = undefined;
    this.all.drop(old);
  }

  /** Its programs may name it, and would keep each other: it is emptied, as the kernel does. */
  protected override left(): void { this.dropAll(); }
}
