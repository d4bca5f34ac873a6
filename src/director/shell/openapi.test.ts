// The OpenAPI document, as a Director serves it: a public linter takes it, and its words about who may ask are true.
// Of every route: one that is added without a name, a tag or an answer fails here.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import pino from 'pino';
import { modules } from '../core/zone.fixture.ts';
import { runDirector } from './run.ts';

interface Document { readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string; readonly security?: readonly unknown[] }>>>> }

test('a linter finds no fault with the document; who shows nothing is asked who he is, but where it says otherwise', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-openapi-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const loaded = Object.fromEntries(Object.entries(modules).map(([name, planned]) => [name, { planned, imageText: '{}' }])) as unknown as Parameters<typeof runDirector>[0]['modules'];
  const director = await runDirector({ listen: 'http://127.0.0.1:0', stateDir: dir, modules: loaded, version: '0.1.0', logger: pino({ level: 'silent' }) });
  t.after(() => director.close());
  const source = await (await fetch(`${director.address}/openapi.json`)).text();

  const config = await createConfig({ extends: ['recommended'], rules: { 'parameter-description': 'error', 'operation-tag-defined': 'error', 'tag-description': 'error' } });
  const problems = await lintFromString({ source, absoluteRef: `${director.address}/openapi.json`, config });
  assert.deepEqual(problems.map(p => `${p.severity} ${p.ruleId} ${p.location[0]?.pointer ?? ''}: ${p.message}`), []);

  const { paths } = JSON.parse(source) as Document;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { operationId, security }] of Object.entries(operations)) {
      const ask = async (): Promise<number> => (await fetch(director.address + path.replace(/\{\w+\}/g, 'x'), { method: method.toUpperCase(), signal: AbortSignal.timeout(10_000) })).status;
      let status = await ask();
      // Who shows nothing may ask twenty times a second.
      while (status === 429) { await new Promise(done => setTimeout(done, 100)); status = await ask(); }
      assert.equal(status === 401, security?.length !== 0, `${operationId}: ${status}`);
    }
  }
});
