// Readiness of a descriptor on Node's own event loop (uv_poll through koffi): wakes without threads. It reads nothing itself.
//
// libuv aborts the process for a closed descriptor, a regular file or one that is watched already; so all three are asked first.

import { checked } from './errors.ts';
import { closeFd, type Fd } from './fd.ts';
import { libcInteger, native } from './libc.ts';

const cEpollCreate = libcInteger('int epoll_create1(int flags)');
const cEpollCtl = libcInteger('int epoll_ctl(int epfd, int op, int fd, void *event)');
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;

const watched = new Set<Fd>();

export interface Watch {
  /** Stops watching. Do it before the descriptor is closed. */
  close(): void;
  /** Lets the process end while this watch is open. */
  unref(): void;
}

/**
 * Calls `onReadable` while there is something to read. `onError` is called when the descriptor reports an error (a netlink socket that
 * overran): read it off, then watching goes on.
 * @throws SysError  the descriptor cannot be watched
 */
export function watchReadable(fd: Fd, onReadable: () => void, onError?: () => void): Watch {
  if (watched.has(fd)) throw new Error(`descriptor ${fd} is watched already`);
  probe(fd);
  let live = true;
  // The typings say (events); koffi calls with (status, events).
  const callback = (status: unknown) => {
    if (!live) return;
    if (typeof status === 'number' && status < 0) {
      onError?.();
      if (live) handle.start({ readable: true }, callback);
    } else onReadable();
  };
  const handle = native().koffi.node.poll(fd, { readable: true }, callback);
  watched.add(fd);
  return {
    close() {
      if (!live) return;
      live = false;
      handle.close();
      watched.delete(fd);
    },
    unref: () => handle.unref(),
  };
}

/** Resolves when `fd` is readable, or after `timeoutMs` with false. @throws SysError */
export function untilReadable(fd: Fd, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const done = (readable: boolean) => {
      clearTimeout(timer);
      watch.close();
      resolve(readable);
    };
    const timer = setTimeout(() => done(false), timeoutMs);
    let watch: Watch;
    try {
      watch = watchReadable(fd, () => done(true), () => done(true));
    } catch (error) {
      clearTimeout(timer);
      reject(error);
    }
  });
}

function probe(fd: Fd): void {
  const epoll = checked('epoll_create1', cEpollCreate(EPOLL_CLOEXEC)) as Fd;
  try {
    const event = new Uint8Array(16);
    event[0] = EPOLLIN;
    checked(`epoll_ctl ${fd}`, cEpollCtl(epoll, EPOLL_CTL_ADD, fd, event));
  } finally {
    closeFd(epoll);
  }
}
