// File descriptors: a branded number, opened close-on-exec, and a handle that closes once. What they refer to is others' matter.

import { checked } from './errors.ts';
import { libcInteger } from './libc.ts';

/** An open file descriptor of this process. */
export type Fd = number & { readonly __fd: true };

export const O = { RDONLY: 0, WRONLY: 1, RDWR: 2, CREAT: 0o100, EXCL: 0o200, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;

// open(2) is variadic in C; on both ABIs a variadic int is passed like a fixed one.
const cOpen = libcInteger('int open(const char *path, int flags, int mode)');
const cClose = libcInteger('int close(int fd)');
const cRead = libcInteger('int64_t read(int fd, void *buf, size_t len)');
const cWrite = libcInteger('int64_t write(int fd, void *buf, size_t len)');
const cDup = libcInteger('int fcntl(int fd, int cmd, long arg)');
const F_DUPFD_CLOEXEC = 1030;

/** @throws SysError */
export function open(path: string, flags: number, mode = 0o600): Fd {
  return checked(`open ${path}`, cOpen(path, flags | O.CLOEXEC, mode)) as Fd;
}

/** Closes at once. Errors of close(2) leave the descriptor closed on Linux, so they are not reported. */
export function closeFd(fd: Fd): void {
  cClose(fd);
}

/** Another descriptor of the same open file. @throws SysError */
export function duplicate(fd: Fd): Fd {
  return checked('fcntl F_DUPFD', cDup(fd, F_DUPFD_CLOEXEC, 0)) as Fd;
}

/** Bytes read; −1 with the errno left for `lastErrno`. */
export function readFd(fd: Fd, into: Uint8Array): number {
  return cRead(fd, into, into.byteLength);
}

/** Bytes written; −1 with the errno left for `lastErrno`. */
export function writeFd(fd: Fd, bytes: Uint8Array): number {
  return cWrite(fd, bytes, bytes.byteLength);
}

/** Owns a descriptor: closes it once, and refuses use afterwards, when the number may already mean another file. */
export class OwnedFd implements Disposable {
  #fd: Fd | undefined;
  readonly #what: string;
  constructor(fd: Fd, what: string) {
    this.#fd = fd;
    this.#what = what;
  }
  get fd(): Fd {
    if (this.#fd === undefined) throw new Error(`${this.#what} is used after it was closed`);
    return this.#fd;
  }
  get isOpen(): boolean {
    return this.#fd !== undefined;
  }
  /** Somebody else closes it from now on. */
  release(): Fd {
    const fd = this.fd;
    this.#fd = undefined;
    return fd;
  }
  close(): void {
    if (this.#fd === undefined) return;
    closeFd(this.#fd);
    this.#fd = undefined;
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
