// Who makes a request: the user of a unix socket's other end, the holder of a token, the visor whose key the connection was made with.
// What they may do is core/rights.ts.

import type { FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { hashOf } from '../../../model/trust.ts';
import { peerOf } from '../../../sys/peer.ts';
import type { Caller } from '../../core/rights.ts';
import { trustIn } from '../../core/trust-index.ts';
import type { World } from '../../core/world.ts';

const NOBODY: Extract<Caller, { kind: 'nobody' }> = { kind: 'nobody', name: 'anonymous' };

/** Read anew at each request: a token or a key that was taken away is worth nothing from then on. */
export function callerOf(request: FastifyRequest, world: World, nowMs: number): Caller {
  const { socket } = request.raw;
  const shown = request.headers.authorization;
  if (shown !== undefined) return userOf(shown, world, nowMs);
  const key = keyOf(socket);
  if (key !== undefined) {
    const server = trustIn(world.resources).servers.get(key);
    return server ? { kind: 'visor', server: server.metadata.name } : { kind: 'nobody', name: 'a visor that was cut off', why: 'the key of this certificate is no server’s, or it was revoked' };
  }
  return localOf(socket);
}

function userOf(authorization: string, world: World, nowMs: number): Caller {
  const token = /^Bearer ([!-~]{1,256})$/i.exec(authorization)?.[1];
  const found = token === undefined ? undefined : trustIn(world.resources).tokens.get(hashOf(token));
  if (!found) return { ...NOBODY, why: 'the token is no user’s' };
  const { user, expires } = found;
  return expires !== undefined && Date.parse(expires) <= nowMs ? { ...NOBODY, why: `the token of user ${user} is over since ${expires}` } : { kind: 'user', name: user };
}

/** By connection: what the other side proved stays, and a visor makes many requests over one. */
const keys = new WeakMap<Socket, string | undefined>();

/** Of the certificate that the other side proved to hold, if one of our authorities signed it. */
function keyOf(socket: Socket): string | undefined {
  if (!keys.has(socket)) keys.set(socket, provenKey(socket));
  return keys.get(socket);
}

function provenKey(socket: Socket): string | undefined {
  const tls = socket as Partial<TLSSocket>;
  if (!tls.encrypted || !tls.authorized) return undefined;
  const certificate = tls.getPeerX509Certificate?.();
  return certificate && hashOf(certificate.publicKey.export({ type: 'spki', format: 'der' }));
}

const uids = new WeakMap<Socket, number>();

function localOf(socket: Socket): Caller {
  const { fd } = (socket as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle ?? {};
  if (socket.remoteAddress !== undefined || (!uids.has(socket) && (fd === undefined || fd < 0))) return NOBODY;
  try {
    const uid = uids.get(socket) ?? peerOf(fd!).uid;
    uids.set(socket, uid);
    return uid === 0 || uid === process.getuid?.() ? { kind: 'operator', name: `uid ${uid}` } : { kind: 'nobody', name: `uid ${uid}`, why: `uid ${uid} is neither root nor the user of this Director` };
  } catch {
    return NOBODY;
  }
}
