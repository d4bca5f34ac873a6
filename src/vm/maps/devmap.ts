// BPF_MAP_TYPE_DEVMAP and DEVMAP_HASH (kernel/bpf/devmap.c): where redirect_map sends XDP packets. A value is struct bpf_devmap_val
//
//     u32 ifindex · u32 program, of those maps that have it: 0 here, for no programs run on the way out
//
// or its first half. Programs read it, and do not write it.

import { ERRNO } from './errno.ts';
import { IndexedMap } from './indexed-map.ts';
import { BPF_EXIST, BPF_NOEXIST, type MapSpec, type Store } from './map.ts';
import { TableMap } from './table-map.ts';

export type DeviceIsThere = (ifindex: number) => boolean;

interface Devmap {
  /** The device of a key, or 0. */
  deviceOf(key: number): number;
  devices(): number[];
}

export class DevmapArray extends IndexedMap implements Devmap {
  private readonly isThere: DeviceIsThere;

  constructor(spec: MapSpec, handle: number, store: Store, isThere: DeviceIsThere) {
    super(spec, handle, store);
    this.isThere = isThere;
  }

  override lookupAt(key: number): number {
    const index = this.memory.u32(key);
    return index < this.capacity && this.memory.u32(this.valueAt(index)) !== 0 ? this.valueAt(index) : 0;
  }

  /** An ifindex of 0 empties the place. */
  override updateAt(key: number, value: number, flags: number): number {
    const index = this.memory.u32(key);
    if (flags > BPF_EXIST) return ERRNO.EINVAL;
    if (index >= this.capacity) return ERRNO.E2BIG;
    if (flags === BPF_NOEXIST) return ERRNO.EEXIST;
    const ifindex = this.memory.u32(value);
    if (ifindex !== 0 && !this.isThere(ifindex)) return ERRNO.EINVAL;
    if (this.valueBytes === 8 && this.memory.view.getInt32(value + 4, true) > 0) return ERRNO.EINVAL;
    this.memory.bytes.copyWithin(this.valueAt(index), value, value + this.valueBytes);
    return 0;
  }

  override deleteAt(key: number): number {
    const index = this.memory.u32(key);
    if (index >= this.capacity) return ERRNO.EINVAL;
    this.memory.setU32(this.valueAt(index), 0);
    return 0;
  }

  deviceOf(key: number): number { return this.wordAt(this.lookupAt(key)); }
  devices(): number[] { return [...this.keys()].map(key => this.deviceOf(key)).filter(ifindex => ifindex !== 0); }
}

export class DevmapHash extends TableMap implements Devmap {
  private readonly isThere: DeviceIsThere;

  constructor(spec: MapSpec, handle: number, store: Store, isThere: DeviceIsThere) {
    super(spec, handle, store);
    this.isThere = isThere;
  }

  /** BPF_EXIST does not ask for what is there, as on the kernel. */
  override updateAt(key: number, value: number, flags: number): number {
    const ifindex = this.memory.u32(value);
    if (flags > BPF_EXIST || ifindex === 0 || !this.isThere(ifindex)) return ERRNO.EINVAL;
    if (this.valueBytes === 8 && this.memory.view.getInt32(value + 4, true) > 0) return ERRNO.EINVAL;
    return super.updateAt(key, value, flags === BPF_EXIST ? 0 : flags);
  }

  deviceOf(key: number): number { return this.wordAt(this.lookupAt(key)); }
  devices(): number[] { return [...this.keys()].map(key => this.deviceOf(key)).filter(ifindex => ifindex !== 0); }


  override places(): undefined { return undefined; }
}
