// The clients against real servers: what they say when nobody answers, and how a watch is read again.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { DirectorClient, Refused, unreachable } from './director.ts';
import { bytes, call, lines, parseTarget, Unreachable } from './http.ts';
import { readForever } from './retry.ts';
import { VisorClient } from './visor.ts';

const serve = async (server: Server): Promise<string> => {
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('nobody there: one sentence and a cure', async () => {
  const server = createServer();
  const address = await serve(server);
  server.close();
  await assert.rejects(new DirectorClient(address).health(), (e: unknown) => e instanceof Unreachable && e.message === `no Director listens on ${address}` && /iov director/.test(e.cure));
  await assert.rejects(new VisorClient('unix:/nowhere/visor.sock').status(), (e: unknown) => e instanceof Unreachable && e.message === 'no visor listens on unix:/nowhere/visor.sock');
  assert.throws(() => new DirectorClient('nonsense'), Unreachable);
});

test('who listens and does not answer, or stops in the middle, is not there: that is no bug of ours', async t => {
  const server = createServer(({ url }, reply) => { if (url === '/half') reply.write('{"type":'); });
  t.after(() => { server.close(); server.closeAllConnections(); });
  const target = parseTarget(await serve(server));
  const { signal } = new AbortController();
  const all = async (from: AsyncIterable<unknown>): Promise<void> => { for await (const _ of from); };
  for (const path of ['/none', '/half']) {
    for (const ask of [() => call(target, { method: 'GET', path, timeoutMs: 30 }), () => all(lines(target, path, signal, 30)), () => all(bytes(target, path, undefined, 30))]) {
      const said = unreachable('Director', target, await ask().catch((e: unknown) => e));
      assert.ok(said instanceof Unreachable && said.message === `the Director at ${target.text} does not answer`, String(said));
    }
  }
  const left = new AbortController();
  const reading = all(lines(target, '/half', left.signal));
  left.abort();
  assert.equal(unreachable('Director', target, await reading.catch((e: unknown) => e)).name, 'AbortError');
});

test('an error answer is the error of the API', async () => {
  const server = createServer((_, reply) => { reply.statusCode = 404; reply.end(JSON.stringify({ error: 'not-found', message: 'there is no Domain x' })); });
  const address = await serve(server);
  await assert.rejects(new DirectorClient(address).get({ kind: 'Domain', name: 'x' }), (e: unknown) => e instanceof Refused && e.error.error === 'not-found' && e.status === 404);
  server.close();
});

test('a watch that ends is read again, lines that come in pieces are whole', async () => {
  let connections = 0;
  const server = createServer((_, reply) => {
    connections++;
    reply.write(`{"type":"bookmark","n":${connections}}\n{"type":`);
    setImmediate(() => { reply.write(`"synced"}\n`); reply.end(); });
  });
  const client = new DirectorClient(await serve(server));
  const stop = new AbortController();
  const heard: string[] = [];
  await readForever({
    open: signal => client.plan('s1', [], signal), signal: stop.signal, random: () => 0,
    onMessage: m => { heard.push(m.type); if (heard.length === 4) stop.abort(); },
  });
  assert.deepEqual(heard, ['bookmark', 'synced', 'bookmark', 'synced']);
  server.close();
  server.closeAllConnections();
});
