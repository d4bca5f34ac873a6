// Where the API may listen: a unix socket, loopback, and with TLS anywhere. Shared by no one else on purpose: the visor's socket is never TCP.

import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../../model/address.ts';
import { MOST_SOCKET_PATH_BYTES, freeSocket } from '../../sys/unix-socket.ts';
import { StartRefused } from './refused.ts';

export type Listen = { readonly path: string } | { readonly host: string; readonly port: number; readonly tls: boolean };

/** `unix:/run/x.sock`, `https://0.0.0.0:8470`, `http://127.0.0.1:8470`, `127.0.0.1:8470`, `[::1]:8470`. */
export function parseListen(text: string): Listen {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (!path.startsWith('/')) throw new StartRefused(`'${text}' is not an address to listen on`, 'give an absolute path: unix:/run/iovisor/director.sock');
    if (Buffer.byteLength(path) > MOST_SOCKET_PATH_BYTES) throw new StartRefused(`the path of the socket is longer than ${MOST_SOCKET_PATH_BYTES} bytes: ${path}`, 'give a shorter one');
    return { path };
  }
  const match = /^(?:(https?):\/\/)?(\[[0-9a-fA-F:]+\]|[^:/[\]]+):(\d{1,5})\/?$/.exec(text);
  if (!match || Number(match[3]) > 65535) throw new StartRefused(`'${text}' is not an address to listen on`, 'give https://ADDRESS:PORT, 127.0.0.1:PORT, [::1]:PORT or unix:/PATH');
  const tls = match[1] === 'https';
  const host = match[2]!.replace(/^\[|\]$/g, '');
  if (!tls && !isLoopback(host)) {
    throw new StartRefused(`${host} can be reached from other machines, and without TLS tokens could be read on the way`, `write https://${match[2]}:${match[3]}`);
  }
  return { host, port: Number(match[3]), tls };
}

/** Returns the address as clients write it. */
export async function listen(app: FastifyInstance, on: Listen): Promise<string> {
  if ('path' in on) {
    if (!await freeSocket(on.path)) throw new StartRefused(`another process listens on ${on.path}`, 'stop it, or give another --listen');
    await app.listen({ path: on.path });
    return `unix:${on.path}`;
  }
  try {
    await app.listen({ host: on.host, port: on.port });
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new StartRefused(`port ${on.port} of ${on.host} is in use`, `stop what listens there (ss -ltnp 'sport = :${on.port}'), or give another --listen`);
    if (code === 'EACCES') throw new StartRefused(`port ${on.port} needs privileges`, 'give a port above 1023');
    throw new StartRefused(`cannot listen on ${on.host}:${on.port}: ${message}`, 'give another --listen');
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : on.port;
  return `${on.tls ? 'https' : 'http'}://${on.host.includes(':') ? `[${on.host}]` : on.host}:${port}`;
}
