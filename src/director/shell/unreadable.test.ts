// What hostile or broken clients send: each gets a short answer of the one form, with what is wrong, and nothing of it is applied.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import pino from 'pino';
import { MAX_APPLY } from '../../model/api.ts';
import { modules, resource } from '../core/zone.fixture.ts';
import { runDirector } from './run.ts';

const MAX_ANSWER_BYTES = 128 << 10;
const JSON_TYPE = 'application/json';
const apply = (...resources: unknown[]): string => JSON.stringify({ resources });

/** Method and path, type, body; what the answer is. */
const ASKED: readonly (readonly [what: string, path: string, type: string, body: string, status: number, message: RegExp])[] = [
  ['half of it', 'POST /v1/apply', JSON_TYPE, '{"resources": [', 400, /^the body is not JSON: Unexpected end/],
  ['nothing', 'POST /v1/apply', JSON_TYPE, '', 400, /^the body is empty$/],
  ['YAML', 'POST /v1/apply', 'application/yaml', 'a: b', 415, /of no type that is read here/],
  ['text', 'POST /v1/apply', 'text/plain', '{}', 415, /of no type that is read here/],
  ["JavaScript's own names", 'POST /v1/apply', JSON_TYPE, '{"__proto__": {"x": 1}, "resources": []}', 400, /a field '__proto__'/],
  ['the same in a patch', 'PATCH /v1/resources/Domain/-/red', 'application/merge-patch+json', '{"metadata": {"labels": {"__proto__": "x"}}}', 400, /a field '__proto__'/],
  ['a kind of that name', 'POST /v1/apply', JSON_TYPE, '{"resources": [{"apiVersion": "iovisor/v1", "kind": "constructor", "metadata": {"name": "x"}}]}', 400, /unknown kind 'constructor'/],
  ['other types', 'POST /v1/apply', JSON_TYPE, apply(resource('Domain', 'one'), 7), 400, /^resources\.1: a resource is a mapping/],
  ['a path for a name', 'POST /v1/apply', JSON_TYPE, apply(resource('Domain', 'one'), { ...resource('Domain', 'x') as object, metadata: { name: '../../etc/passwd' } }), 400, /is not a name/],
  ['a name of 8 MB', 'POST /v1/apply', JSON_TYPE, apply(resource('Domain', 'one'), resource('Domain', 'a'.repeat(8 << 20))), 400, /'a{100}…' is not a name/],
  ['as many mistakes as fit', 'POST /v1/apply', JSON_TYPE, apply(...Array.from({ length: MAX_APPLY }, (_, i) => resource('Network', `A!${i}`))), 400, /and 12287 more/],
  ['more than fit', 'POST /v1/apply', JSON_TYPE, apply(...Array.from({ length: MAX_APPLY + 1 }, (_, i) => resource('Domain', `d${i}`))), 400, /Too big/],
  ['one server twice', 'POST /v1/apply', JSON_TYPE, apply(resource('Server', 's1', { underlay: '192.0.2.1' }), resource('Server', 's1', { underlay: '192.0.2.2' })), 400, /twice/],
  ['what is too deep for the parser', 'POST /v1/apply', JSON_TYPE, `{"resources": ${'['.repeat(1e6)}${']'.repeat(1e6)}}`, 400, /nested more than/],
  ['33 MiB', 'POST /v1/apply', JSON_TYPE, ' '.repeat(33 << 20), 413, /larger than 32 MiB/],
  ['an address that is none', 'GET /v1/resources/Domain/-/%E0%A4%A', JSON_TYPE, '', 400, /^the address is not one$/],
  ['a long address', `GET /v1/resources/Domain/-/${'a'.repeat(9000)}`, JSON_TYPE, '', 414, /too long/],
  ['a longer one', `GET /v1/plans/s1?have=${','.repeat(100_000)}`, JSON_TYPE, '', 431, /too long/],
];

test('every bad request is answered shortly, with what is wrong, and changes nothing', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-unreadable-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const loaded = Object.fromEntries(Object.entries(modules).map(([name, planned]) => [name, { planned, imageText: '{}' }])) as unknown as Parameters<typeof runDirector>[0]['modules'];
  const socketPath = join(dir, 'd.sock');
  const director = await runDirector({ listen: `unix:${socketPath}`, modules: loaded, version: '0.1.0', logger: pino({ level: 'silent' }) });
  t.after(() => director.close());

  const ask = (line: string, type: string, body: string): Promise<{ status: number; text: string }> => new Promise((done, failed) => {
    const [method, path] = line.split(' ') as [string, string];
    const asked = request({ socketPath, method, path, headers: { 'content-type': type, 'content-length': Buffer.byteLength(body) } }, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done({ status: response.statusCode!, text: Buffer.concat(chunks).toString() }));
    });
    asked.on('error', failed);
    asked.end(method === 'GET' ? undefined : body);
  });

  for (const [what, line, type, body, status, message] of ASKED) {
    const answer = await ask(line, type, body);
    assert.equal(answer.status, status, `${what}: ${answer.text.slice(0, 200)}`);
    assert.ok(answer.text.length < MAX_ANSWER_BYTES, `${what}: ${answer.text.length} bytes`);
    const said = JSON.parse(answer.text) as { error: string; message: string };
    assert.match(said.message, message, what);
    assert.equal(typeof said.error, 'string');
  }

  const noHttp = await new Promise<string>((done, failed) => {
    const socket = connect(socketPath, () => socket.write('EHLO example.net\r\n'));
    let text = '';
    socket.on('data', chunk => { text += String(chunk); });
    socket.on('end', () => done(text));
    socket.on('error', failed);
  });
  assert.match(noHttp, /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*"message":"this is not HTTP"/);

  assert.equal((JSON.parse((await ask('GET /healthz', JSON_TYPE, '')).text) as { revision: number }).revision, 0);
});
