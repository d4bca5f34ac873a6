// iov down: what a visor left in the kernel on purpose is taken away, and only when no visor would put it back.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { createNamespace, deleteNamespace } from '../../src/netlink/namespaces.ts';
import { withNamespace } from '../../src/sys/namespace.ts';
import { openKernelDatapath } from '../../src/datapath/kernel/open.ts';
import { ensureBpffs, listPins } from '../../src/kernel/pins.ts';
import { kernelTest } from '../require.ts';

const SERVER = 'iov-t-down';
const PINS = `/sys/fs/bpf/${SERVER}`;

kernelTest('down takes away what is pinned, and succeeds again when nothing is there', () => {
  deleteNamespace(SERVER);
  const netns = createNamespace(SERVER);
  const state = mkdtempSync(join(tmpdir(), 'iov-down-'));
  try {
    ensureBpffs();
    withNamespace(netns, () => {
      const datapath = openKernelDatapath({ server: SERVER, root: PINS, stateDir: join(state, 'datapath') });
      datapath.putTunnel({ local: '192.0.2.1', udpPort: 4789 });
      datapath.close();
    });
    assert.ok(listPins(PINS).length > 0);
    for (const _ of ['first', 'again']) {
      const down = withNamespace(netns, () => spawnSync(process.execPath, ['bin/iov.js', 'down', '--name', SERVER, '--state', state, '--pins', PINS], { encoding: 'utf8' }));
      assert.equal(down.status, 0, down.stderr);
      assert.match(down.stdout, /0 endpoints and 0 elements are gone/);
      assert.deepEqual(listPins(PINS), []);
    }
  } finally {
    deleteNamespace(SERVER);
    rmSync(state, { recursive: true, force: true });
  }
});
