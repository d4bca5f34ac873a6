// mmap(2) of a descriptor as typed memory. A view must not be touched after `unmap`: that is a segmentation fault, not an exception.

import { SysError } from './errors.ts';
import type { Fd } from './fd.ts';
import { lastErrno, libcInteger, libcPointer, viewOf } from './libc.ts';

const cMmap = libcPointer('void *mmap(void *addr, size_t len, int prot, int flags, int fd, int64_t offset)');
const cMunmap = libcInteger('int munmap(void *addr, size_t len)');
const cPageBytes = libcInteger('long sysconf(int name)');
const FAILED = 0xffff_ffff_ffff_ffffn;
const SC_PAGESIZE = 30;

export interface Mapping {
  readonly memory: ArrayBuffer;
  unmap(): void;
}

/** Bytes in a page of this machine (4096; up to 65536 on arm64). */
export function pageBytes(): number {
  return cPageBytes(SC_PAGESIZE);
}

/** Maps shared memory of `fd`. Writing to a `read` mapping kills the process. @throws SysError */
export function mapMemory(fd: Fd, options: { readonly offset: number; readonly bytes: number; readonly access: 'read' | 'read-write' }): Mapping {
  const address = cMmap(null, options.bytes, options.access === 'read' ? 1 : 3, 1, fd, options.offset);
  if (BigInt.asUintN(64, address) === FAILED) throw new SysError('mmap', lastErrno());
  let mapped = true;
  return {
    memory: viewOf(address, options.bytes),
    unmap() {
      if (mapped) cMunmap(address, options.bytes);
      mapped = false;
    },
  };
}
