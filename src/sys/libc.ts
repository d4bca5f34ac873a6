// The one door to native code: libc's functions through koffi, bound when first called. Nothing outside src/sys imports koffi, so that
// another FFI can replace it. It knows no function's meaning; those are in the files beside it.

import { createRequire } from 'node:module';
import type { LibraryHandle } from 'koffi';

type Koffi = typeof import('koffi');

/** Native calls cannot be made at all in this process: not Linux, an unsupported CPU, or koffi was left out of the install. */
export class NativeUnavailable extends Error {
  readonly cure: string;
  constructor(message: string, cure: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'NativeUnavailable';
    this.cure = cure;
  }
}

type Native = { readonly koffi: Koffi; readonly libc: LibraryHandle };
let loaded: Native | undefined;

/** Loads koffi and libc once. @throws NativeUnavailable */
export function native(): Native {
  if (loaded) return loaded;
  if (process.platform !== 'linux') throw new NativeUnavailable(`native calls need Linux, this is ${process.platform}`, 'use the vm engine (--engine vm)');
  if (process.arch !== 'x64' && process.arch !== 'arm64') throw new NativeUnavailable(`no system call numbers for the CPU ${process.arch}`, 'x64 and arm64 are supported; use the vm engine (--engine vm) here');
  let koffi: Koffi;
  try {
    koffi = createRequire(import.meta.url)('koffi') as Koffi;
  } catch (cause) {
    throw new NativeUnavailable('the package koffi cannot be loaded', 'run `npm ci` without --omit=optional: koffi brings its binary as an optional dependency', cause);
  }
  let libc: LibraryHandle;
  try {
    libc = koffi.load(null);                    // what the process itself is linked to: glibc and musl alike
  } catch (cause) {
    throw new NativeUnavailable('the C library cannot be opened', 'use a Node binary that is linked dynamically', cause);
  }
  loaded = { koffi, libc };
  return loaded;
}

type Argument = number | bigint | string | Uint8Array | null;

/** A libc function by its C prototype, which must return an integer of at most 53 bits; bound at the first call. */
export function libcInteger(prototype: string): (...args: Argument[]) => number {
  let bound: ((...args: Argument[]) => number | bigint) | undefined;
  return (...args) => {
    bound ??= native().libc.func(prototype);
    return Number((bound as (...args: Argument[]) => number | bigint)(...args));
  };
}

/** A libc function that returns a pointer. */
export function libcPointer(prototype: string): (...args: Argument[]) => bigint {
  let bound: ((...args: Argument[]) => bigint | null) | undefined;
  return (...args) => {
    bound ??= native().libc.func(prototype);
    return BigInt((bound as (...args: Argument[]) => bigint | null)(...args) ?? 0n);
  };
}

/** errno of the last native call of this thread; valid until the next. */
export function lastErrno(): number {
  return native().koffi.errno();
}

/** Where the bytes lie in memory. The address does not keep them alive: hold `bytes` until the call that uses it has returned. */
export function addressOf(bytes: Uint8Array | null | undefined): bigint {
  return bytes && bytes.byteLength > 0 ? native().koffi.address(bytes) : 0n;
}

/** Native memory as an ArrayBuffer. Touching it after it was unmapped kills the process. */
export function viewOf(address: bigint, bytes: number): ArrayBuffer {
  return native().koffi.view(address, bytes);
}
