// Who is at the other end of a unix socket, as the kernel knows it (SO_PEERCRED): unix(7). What the user may do is the caller's matter.

import { checked } from './errors.ts';
import { libcInteger } from './libc.ts';

const cGetsockopt = libcInteger('int getsockopt(int fd, int level, int option, void *value, void *len)');
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** struct ucred { pid_t pid; uid_t uid; gid_t gid; } of when it connected. @throws SysError, NativeUnavailable */
export function peerOf(fd: number): { readonly pid: number; readonly uid: number; readonly gid: number } {
  const value = new Uint32Array(3);
  checked('getsockopt SO_PEERCRED', cGetsockopt(fd, SOL_SOCKET, SO_PEERCRED, new Uint8Array(value.buffer), new Uint8Array(Uint32Array.of(value.byteLength).buffer)));
  const [pid = 0, uid = 0, gid = 0] = value;
  return { pid, uid, gid };
}
