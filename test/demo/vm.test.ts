// The demo on the vm engine, as a user without privileges where this process can become one: every expectation, and JSON lines that say so.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../..');
const NOBODY = 65534;

test('npm run demo -- --engine vm --json', () => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-test-'));
  chmodSync(dir, 0o777);
  try {
    const asNobody = process.getuid?.() === 0 && spawnSync(process.execPath, ['-e', `require('fs').readFileSync(${JSON.stringify(`${ROOT}/package.json`)})`], { uid: NOBODY, gid: NOBODY, cwd: '/' }).status === 0;
    const { status, stdout, stderr } = spawnSync(process.execPath, [`${ROOT}/scripts/demo/main.ts`, '--engine', 'vm', '--json'], {
      encoding: 'utf8', timeout: 180_000, env: { ...process.env, TMPDIR: dir, HOME: dir }, ...(asNobody ? { uid: NOBODY, gid: NOBODY, cwd: dir } : {}),
    });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /Warning|Deprecation/);
    const lines = stdout.trimEnd().split('\n').map(l => JSON.parse(l) as { type: string; ok?: boolean; failures?: string[]; engine?: string });
    assert.deepEqual(lines[0], { type: 'engine', engine: 'vm' });
    assert.deepEqual(lines.at(-1), { type: 'verdict', ok: true, failures: [] });
    assert.equal(lines.filter(l => l.type === 'reached').length, 24);
    assert.equal(lines.filter(l => l.type === 'refused').length, 32);
    assert.deepEqual(readdirSync(dir), [], 'nothing is left behind');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
