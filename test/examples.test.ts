// What examples/ tells people to apply: every YAML there is one that the Director takes, on servers that have registered.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseFiles } from '../src/model/parse.ts';
import { keyOf, type Resource } from '../src/model/resource.ts';
import { validate } from '../src/model/validate.ts';

const root = new URL('../examples/', import.meta.url);
const folders = readdirSync(root, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(entry => entry.name)
  .map(name => ({ name, files: readdirSync(new URL(`${name}/`, root)).filter(file => file.endsWith('.yaml')) })).filter(({ files }) => files.length > 0);

for (const { name, files } of folders) {
  test(`examples/${name} can be applied`, () => {
    const servers = ['s1', 's2'].map((server, i): Resource => ({ apiVersion: 'iovisor/v1', kind: 'Server', metadata: { name: server }, spec: { underlay: `192.0.2.${i + 1}` } }));
    const { resources, problems } = parseFiles(files.map(file => ({ file, text: readFileSync(new URL(`${name}/${file}`, root), 'utf8') })));
    assert.deepEqual(problems, []);
    const all = [...servers, ...resources.map(r => r.resource)];
    assert.deepEqual(validate(new Map(all.map(r => [keyOf(r), r]))), []);
  });
}

test('there are examples', () => { assert.ok(folders.some(f => f.name === 'office')); });
