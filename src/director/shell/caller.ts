// Who makes a request, for the audit log: the user of a unix socket's other end, or `anonymous` until there is authentication.

import type { Socket } from 'node:net';
import { peerOf } from '../../sys/peer.ts';

export const ANONYMOUS = 'anonymous';
const known = new WeakMap<Socket, string>();

/** `uid 1000`; over TCP, or where the kernel cannot be asked, `anonymous`. */
export function callerOf(socket: Socket): string {
  const before = known.get(socket);
  if (before !== undefined) return before;
  const caller = ask(socket);
  known.set(socket, caller);
  return caller;
}

function ask(socket: Socket): string {
  const { fd } = (socket as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle ?? {};
  if (socket.remoteAddress !== undefined || fd === undefined || fd < 0) return ANONYMOUS;
  try {
    return `uid ${peerOf(fd).uid}`;
  } catch {
    return ANONYMOUS;
  }
}
