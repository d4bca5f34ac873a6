// Requests that no route has seen: not HTTP, too large, not JSON, not as the schema says. Each gets an answer of the one form that errors have.
// What a request wants and may not have is the core's to say.

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { ApiError } from '../../model/api.ts';
import { MAX_DEPTH, isDeep } from '../../model/depth.ts';

export const MAX_BODY_BYTES = 32 << 20;
/** In seconds: a request arrives whole by then. */
export const REQUEST_MS = 60_000;

/** For Fastify: addresses that are none. They are not said back, as long as they may be. */
export function badAddress(error: FastifyError, _: unknown, reply: FastifyReply): void {
  void reply.code(error.statusCode ?? 400).send({ error: 'bad-request', message: error.statusCode === 414 ? 'a part of the address is too long' : 'the address is not one', cure: 'see /openapi.json' } satisfies ApiError);
}

/** For Fastify: what Node's parser of HTTP refuses. Nothing of it can be answered in time but this. */
export function notHttp(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const [status, message] = error.code === 'HPE_HEADER_OVERFLOW' ? [431, 'the headers or the address are too long'] : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? [408, `the request did not arrive within ${REQUEST_MS / 1000} s`] : [400, 'this is not HTTP'];
  const body = JSON.stringify({ error: 'bad-request', message } satisfies ApiError);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

export function refuseUnreadable(app: FastifyInstance, logger: FastifyBaseLogger): void {
  app.setErrorHandler((e: Error & { statusCode?: number }, _request, reply) => {
    const bad = hasZodFastifySchemaValidationErrors(e) || (e.statusCode !== undefined && e.statusCode < 500);
    if (!bad) logger.error(e);
    return reply.code(bad ? e.statusCode ?? 400 : 500).send(errorOf(e, bad));
  });
  const parse = app.getDefaultJsonParser('error', 'error');
  for (const type of ['application/json', 'application/merge-patch+json']) {
    app.removeContentTypeParser(type);
    app.addContentTypeParser(type, { parseAs: 'string' }, (request, text, done) => {
      void parse(request, String(text), (e: Error | null, value?: unknown) => { if (e) done(Object.assign(new Error(whyNoJson(String(text))), { statusCode: 400 })); else done(null, value); });
    });
  }
  app.removeContentTypeParser('text/plain');
  app.addHook('preValidation', (request, reply, done) => {
    if (isDeep(request.body)) void reply.code(400).send({ error: 'bad-request', message: `the request is nested more than ${MAX_DEPTH} times` } satisfies ApiError);
    else done();
  });
  app.setNotFoundHandler((request, reply) => reply.code(404).send({ error: 'not-found', message: `there is no ${request.method} ${request.url}`, cure: 'see /openapi.json' } satisfies ApiError));
}

function errorOf(e: Error & { statusCode?: number }, bad: boolean): ApiError {
  switch (bad ? e.statusCode : 500) {
    case 413: return { error: 'too-large', message: `the request is larger than ${MAX_BODY_BYTES >> 20} MiB`, cure: 'split it' };
    case 415: return { error: 'bad-request', message: 'the body is of no type that is read here', cure: 'send JSON, as application/json; iov reads YAML' };
    case 429: return { error: 'busy', message: e.message, cure: 'ask again later' };
    case 500: return { error: 'internal', message: e.message };
    default: return { error: 'bad-request', message: e.message };
  }
}

function whyNoJson(text: string): string {
  try {
    JSON.parse(text);
    return "the body has a field '__proto__', or a 'constructor' with a 'prototype': these are no names of fields anywhere";
  } catch (e) {
    return text === '' ? 'the body is empty' : e instanceof RangeError ? `the request is nested more than ${MAX_DEPTH} times` : `the body is not JSON: ${(e as Error).message}`;
  }
}
