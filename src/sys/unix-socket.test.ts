// A place to listen at: taken by who lives, free where a killed process left its file.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freeSocket } from './unix-socket.ts';

test('who listens keeps it; a file that is left goes', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-socket-'));
  const path = join(dir, 'below', 'x.sock');
  try {
    assert.equal(await freeSocket(path), true);
    const server = createServer();
    await new Promise<void>(done => { server.listen(path, done); });
    assert.equal(await freeSocket(path), false);
    assert.ok(existsSync(path));
    await new Promise(done => { server.close(done); });
    writeFileSync(path, '');
    assert.equal(await freeSocket(path), true);
    assert.ok(!existsSync(path));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
