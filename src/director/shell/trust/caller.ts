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
  const shownBy = certificateOf(socket);
  return shownBy ? visorOf(shownBy, world) : localOf(socket);
}

function visorOf({ key, server, fault }: Shown, world: World): Caller {
  const known = fault === undefined ? trustIn(world.resources).servers.get(key) : undefined;
  if (known) return { kind: 'visor', server: known.metadata.name };
  const now = world.resources.get(`Server/${server}`);
  const why = fault !== undefined ? `the certificate that this visor shows is not valid here (${fault})`
    : now?.kind !== 'Server' ? `there is no Server ${server}, whose certificate this visor shows: it was deleted, or this Director has another store`
    : (now.spec.keys ?? []).length === 0 ? `the certificate of Server ${server} was revoked` : `Server ${server} has joined with another key since, and the certificate of the one before was revoked`;
  const cure = fault !== undefined ? 'its visor asks for the next one by itself, while its key is known; if it does not, it has to join again' : `if it shall be a server of this zone, on the Director: iov server token ${server}; then there: iov visor --name ${server} --join TOKEN`;
  return { kind: 'nobody', name: 'a visor that was cut off', why, cure };
}

function userOf(authorization: string, world: World, nowMs: number): Caller {
  const token = /^Bearer ([!-~]{1,256})$/i.exec(authorization)?.[1];
  const found = token === undefined ? undefined : trustIn(world.resources).tokens.get(hashOf(token));
  if (!found) return { ...NOBODY, why: 'the token is no user’s' };
  const { user, expires } = found;
  return expires !== undefined && Date.parse(expires) <= nowMs ? { ...NOBODY, why: `the token of user ${user} is over since ${expires}` } : { kind: 'user', name: user };
}

/** A certificate that the other side proved to hold. `server`: whom it was made for, by one of our authorities, unless it has a fault. */
interface Shown { readonly key: string; readonly server: string; readonly fault?: string }

/** By connection: what the other side proved stays, and a visor makes many requests over one. */
const certificates = new WeakMap<Socket, Shown | undefined>();

function certificateOf(socket: Socket): Shown | undefined {
  if (!certificates.has(socket)) certificates.set(socket, proven(socket));
  return certificates.get(socket);
}

function proven(socket: Socket): Shown | undefined {
  const tls = socket as Partial<TLSSocket>;
  const certificate = tls.encrypted ? tls.getPeerX509Certificate?.() : undefined;
  if (!certificate) return undefined;
  const server = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
  const fault = tls.authorized ? undefined : String(tls.authorizationError);
  return { key: hashOf(certificate.publicKey.export({ type: 'spki', format: 'der' })), server, ...fault !== undefined && { fault } };
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
