// What our compiler accepts, plain TypeScript accepts too, in any editor: every module, example and filetest but those that are to be refused.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { linesRefused, TYPESCRIPTS } from './typescript.ts';

const root = new URL('../', import.meta.url);
const FOLDERS = ['modules', 'examples/modules', 'src/lang/lib', 'test/filetests/run', 'test/filetests/asm', 'test/filetests/verify'];

test('there are modules', () => {
  const files = FOLDERS.flatMap(folder => { try { return readdirSync(new URL(folder, root)); } catch { return []; } });
  assert.ok(files.length > 20);
});

for (const typescript of TYPESCRIPTS) {
  test(`${typescript.name} accepts what we accept`, { skip: typescript.missing }, () => {
    const refused = linesRefused(typescript, 'test/fixtures/accepted.json');
    assert.deepEqual(refused.map(({ file, line, text }) => `${file}:${line} ${text}`), []);
  });
}
