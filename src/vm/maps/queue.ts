// BPF_MAP_TYPE_QUEUE and STACK (kernel/bpf/queue_stack_maps.c): values without keys. Updating pushes, looking up peeks, taking pops.

import { ERRNO } from './errno.ts';
import { BPF_EXIST, BPF_NOEXIST, VmMap, type MapSpec, type Store } from './map.ts';

export class QueueMap extends VmMap {
  private readonly base: number;
  /** Place of the oldest, and how many there are. */
  private first = 0;
  private count = 0;

  constructor(spec: MapSpec, handle: number, store: Store) {
    super(spec, handle, store);
    this.base = this.take(spec.valueBytes * spec.capacity);
  }

  /** The one that comes out next. */
  override lookupAt(): number {
    return this.count === 0 ? 0 : this.placeAt(this.type === 'QUEUE' ? 0 : this.count - 1);
  }

  /** With BPF_EXIST a full one lets its oldest go. */
  override updateAt(_key: number, value: number, flags: number): number {
    if (flags === BPF_NOEXIST || flags > BPF_EXIST) return ERRNO.EINVAL;
    if (this.count === this.capacity) {
      if (flags !== BPF_EXIST) return ERRNO.E2BIG;
      this.dropOldest();
    }
    const at = this.placeAt(this.count++);
    this.memory.bytes.copyWithin(at, value, value + this.valueBytes);
    return 0;
  }

  override deleteAt(): number { return ERRNO.EINVAL; }

  /** Takes out what `lookupAt` gives; it stays where it is until the next push. */
  pop(): number {
    const at = this.lookupAt();
    if (at === 0) return 0;
    if (this.type === 'QUEUE') this.dropOldest();
    else this.count--;
    return at;
  }

  override lookupAndDelete(): Uint8Array | undefined {
    const at = this.pop();
    return at === 0 ? undefined : this.memory.read(at, this.valueBytes);
  }

  override nextKey(): never { return this.refuse('the next key', ERRNO.EINVAL); }
  protected override keys(): Iterable<number> { return []; }

  private dropOldest(): void {
    this.first = (this.first + 1) % this.capacity;
    this.count--;
  }

  private placeAt(index: number): number {
    return this.base + (this.first + index) % this.capacity * this.valueBytes;
  }
}
