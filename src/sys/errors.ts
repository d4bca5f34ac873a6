// SysError: a system call that the kernel refused, with the errno's name and, where it is known, what to do. Not for our own mistakes.

import { constants } from 'node:os';
import { lastErrno } from './libc.ts';

const NAMES = new Map<number, string>(Object.entries(constants.errno).map(([name, value]) => [value, name]));
NAMES.set(524, 'ENOTSUPP');          // internal to the kernel, but leaks out of bpf(2)
NAMES.set(95, 'EOPNOTSUPP');

/** Errno values that callers decide on (the same on x86-64 and arm64). */
export const ERRNO = {
  EPERM: 1, ENOENT: 2, EINTR: 4, E2BIG: 7, EBADF: 9, EAGAIN: 11, ENOMEM: 12, EACCES: 13, EBUSY: 16, EEXIST: 17, ENODEV: 19, EINVAL: 22,
  ENOSPC: 28, ENOSYS: 38, ENOBUFS: 105, EADDRINUSE: 98, EOPNOTSUPP: 95, ENOTSUPP: 524,
} as const;

const CURES: Readonly<Record<string, string>> = {
  EPERM: 'run as root (CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_BPF are needed)',
  EACCES: 'run as root, or check the permissions of the path',
  ENOSYS: 'this kernel lacks the call: use Linux 6.1 or newer, or the vm engine (--engine vm)',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  ENFILE: 'raise the machine\'s limit of open files (sysctl fs.file-max)',
  ENOMEM: 'free memory, or raise the memory limit of this service',
  ENOBUFS: 'the kernel\'s buffer overran: read again from a fresh dump',
};

/**
 * The kernel refused a call. `code` is the errno's name (`EPERM`), `call` what was tried (`bpf MAP_CREATE flows`), `detail` the kernel's
 * own words where it gave any, `cure` what to do where that is known.
 */
export class SysError extends Error {
  readonly call: string;
  readonly errno: number;
  readonly code: string;
  readonly detail: string;
  readonly cure: string | undefined;
  constructor(call: string, errno: number, options: { readonly detail?: string; readonly cure?: string } = {}) {
    const code = errnoName(errno);
    super(`${call}: ${code}${options.detail ? ` (${options.detail})` : ''}`);
    this.name = 'SysError';
    this.call = call;
    this.errno = errno;
    this.code = code;
    this.detail = options.detail ?? '';
    this.cure = options.cure ?? CURES[code];
  }
}

export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}

/** Whether `error` is the kernel's refusal with one of these codes (`ENOENT`). */
export function isSysError(error: unknown, ...codes: readonly string[]): error is SysError {
  return error instanceof SysError && (codes.length === 0 || codes.includes(error.code));
}

/** Whether `error` has one of these codes, whoever asked the kernel: node:fs, or we. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(error.code as string);
}

/** The result of a call that answers −1 for failure. @throws SysError */
export function checked(call: string, result: number): number {
  if (result < 0) throw new SysError(call, lastErrno());
  return result;
}
