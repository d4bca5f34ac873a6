// Network namespaces of the calling thread: run a synchronous function inside one and come back. Naming namespaces is src/netlink.
//
// A socket, TAP or BPF link keeps the namespace it was made in, so one visit is enough for a life of use from outside.

import { checked, SysError } from './errors.ts';
import { closeFd, type Fd, O, open } from './fd.ts';
import { lastErrno, libcInteger } from './libc.ts';

const CLONE_NEWNET = 0x4000_0000;
const cSetns = libcInteger('int setns(int fd, int nstype)');
const cUnshare = libcInteger('int unshare(int flags)');

/** A namespace by path (`/run/netns/x`, `/proc/42/ns/net`) or by an open descriptor of it. */
export type NamespaceRef = string | Fd;

/** Opens a namespace. @throws SysError */
export function openNamespace(path: string): Fd {
  return open(path, O.RDONLY);
}

/**
 * Runs `body` with this thread in the namespace. It must be synchronous through and through: a thread of libuv's pool that is born in there
 * stays there for the life of the process. If the way back fails the process aborts, for it would go on in another's network.
 * @throws SysError
 */
export function withNamespace<T>(namespace: NamespaceRef, body: () => T): T {
  return away(() => {
    const fd = typeof namespace === 'string' ? openNamespace(namespace) : namespace;
    try {
      checked(`setns ${namespace}`, cSetns(fd, CLONE_NEWNET));
    } finally {
      if (typeof namespace === 'string') closeFd(fd);
    }
  }, body);
}

/** Runs `body` with this thread in a new, empty namespace, which lives on while something in `body` bound or opened it. @throws SysError */
export function withNewNamespace<T>(body: () => T): T {
  return away(() => checked('unshare CLONE_NEWNET', cUnshare(CLONE_NEWNET)), body);
}

function away<T>(leave: () => void, body: () => T): T {
  const home = open('/proc/thread-self/ns/net', O.RDONLY);
  try {
    leave();
    try {
      const result = body();
      if (result instanceof Promise) throw new Error('the body of withNamespace must be synchronous');
      return result;
    } finally {
      if (cSetns(home, CLONE_NEWNET) < 0) {
        console.error(new SysError('setns back to the home namespace', lastErrno()).message);
        process.abort();
      }
    }
  } finally {
    closeFd(home);
  }
}
