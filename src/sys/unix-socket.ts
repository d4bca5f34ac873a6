// The place of a unix socket, made free for who will listen there. Who listens, and what is said of a place that is taken, is the caller's.

import { mkdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

/** What `sun_path` holds, with its zero (unix(7)). */
export const MOST_SOCKET_PATH_BYTES = 107;

/** Makes its folder, and takes away a file that a killed process left. False: someone listens there. @throws the errors of node:fs */
export async function freeSocket(path: string): Promise<boolean> {
  mkdirSync(dirname(path), { recursive: true });
  if (await answers(path)) return false;
  try { unlinkSync(path); } catch { /* there was none, or the listener is told */ }
  return true;
}

/** Whether someone alive is behind it. */
function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}
