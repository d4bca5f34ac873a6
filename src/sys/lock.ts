// A lock that dies with its process: flock(2) on a file. For "one visor of this name on this machine"; not for locking between threads.

import { readFileSync, ftruncateSync, mkdirSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ERRNO, SysError } from './errors.ts';
import { closeFd, O, open, OwnedFd } from './fd.ts';
import { lastErrno, libcInteger } from './libc.ts';

const cFlock = libcInteger('int flock(int fd, int operation)');
const LOCK_EX = 2;
const LOCK_NB = 4;

/** Another live process holds the lock. `holder` is its process id where the file says it. */
export class LockHeld extends Error {
  readonly path: string;
  readonly holder: number | undefined;
  constructor(path: string, holder: number | undefined) {
    super(`${path} is held by ${holder === undefined ? 'another process' : `process ${holder}`}`);
    this.name = 'LockHeld';
    this.path = path;
    this.holder = holder;
  }
}

/**
 * Takes the lock at `path`, or throws at once. It is freed by `close` and by the death of the process, however it dies. The file stays:
 * deleting it would let two processes hold locks on two files of the same name.
 * @throws LockHeld | SysError
 */
export function acquireLock(path: string): OwnedFd {
  mkdirSync(dirname(path), { recursive: true });
  const fd = open(path, O.RDWR | O.CREAT, 0o644);
  if (cFlock(fd, LOCK_EX | LOCK_NB) < 0) {
    const errno = lastErrno();
    closeFd(fd);
    if (errno !== ERRNO.EAGAIN) throw new SysError(`flock ${path}`, errno);
    const holder = Number.parseInt(readFileSync(path, 'utf8'), 10);
    throw new LockHeld(path, Number.isNaN(holder) ? undefined : holder);
  }
  ftruncateSync(fd, 0);
  writeSync(fd, `${process.pid}\n`, 0);
  return new OwnedFd(fd, `lock ${path}`);
}
