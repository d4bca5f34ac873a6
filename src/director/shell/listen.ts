// Where an API may listen: loopback or a unix socket, until there is authentication. Shared by no one else on purpose: the visor's socket is never TCP.

import { connect } from 'node:net';
import { mkdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { StartRefused } from './refused.ts';

export type Listen = { readonly path: string } | { readonly host: string; readonly port: number };

/** `unix:/run/x.sock`, `http://127.0.0.1:8470`, `127.0.0.1:8470`, `[::1]:8470`. */
export function parseListen(text: string): Listen {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (!path.startsWith('/')) throw new StartRefused(`'${text}' is not an address to listen on`, 'give an absolute path: unix:/run/iovisor/director.sock');
    if (Buffer.byteLength(path) > 107) throw new StartRefused(`the path of the socket is longer than 107 bytes: ${path}`, 'give a shorter one');
    return { path };
  }
  const match = /^(?:http:\/\/)?(\[[0-9a-fA-F:]+\]|[^:/[\]]+):(\d{1,5})\/?$/.exec(text);
  if (!match || Number(match[2]) > 65535) throw new StartRefused(`'${text}' is not an address to listen on`, 'give 127.0.0.1:PORT, [::1]:PORT or unix:/PATH');
  const host = match[1]!.replace(/^\[|\]$/g, '');
  if (!/^127\.\d+\.\d+\.\d+$/.test(host) && host !== '::1' && host !== 'localhost') {
    throw new StartRefused(`${host} can be reached from other machines, and this version has no authentication`, 'listen on 127.0.0.1 or on a unix socket, and use ssh -L to reach it from elsewhere');
  }
  return { host, port: Number(match[2]) };
}

/** Returns the address as clients write it. */
export async function listen(app: FastifyInstance, on: Listen): Promise<string> {
  if ('path' in on) {
    mkdirSync(dirname(on.path), { recursive: true });
    if (await answers(on.path)) throw new StartRefused(`another process listens on ${on.path}`, 'stop it, or give another --listen');
    try { unlinkSync(on.path); } catch { /* there was none */ }
    await app.listen({ path: on.path });
    return `unix:${on.path}`;
  }
  try {
    await app.listen(on);
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new StartRefused(`port ${on.port} of ${on.host} is in use`, `stop what listens there (ss -ltnp 'sport = :${on.port}'), or give another --listen`);
    if (code === 'EACCES') throw new StartRefused(`port ${on.port} needs privileges`, 'give a port above 1023');
    throw new StartRefused(`cannot listen on ${on.host}:${on.port}: ${message}`, 'give another --listen');
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : on.port;
  return `http://${on.host.includes(':') ? `[${on.host}]` : on.host}:${port}`;
}

/** Whether someone alive is behind the socket; a file that a killed process left is not. */
function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}
