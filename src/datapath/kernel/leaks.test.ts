// Made and taken away some times, everything is gone: descriptors, pins, records, devices, and the kernel's maps, programs and links.
// Thousands of times: `npm run leaks`.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kernelTest } from '../../../test/require.ts';
import { removePins } from '../../kernel/pins.ts';
import { createNamespace, deleteNamespace, listNamespaces } from '../../netlink/namespaces.ts';
import { cycle, holdings, Seen } from '../fixtures/cycles.ts';
import { guardImage } from '../fixtures/guard.ts';
import { switchImage } from '../fixtures/switch.ts';
import { until } from '../suite-net.ts';
import { openKernelDatapath } from './open.ts';

const PREFIX = 'iov-dpl-', ROOT = '/sys/fs/bpf/iov-dpl';

for (const attachBy of ['tcx', 'clsact'] as const) kernelTest(`time and again, an endpoint, its network, a filter and a router: nothing is left (${attachBy})`, async t => {
  const stateDir = mkdtempSync(join(tmpdir(), PREFIX));
  const clean = (): void => {
    for (const name of listNamespaces(PREFIX)) deleteNamespace(name);
    removePins(ROOT);
  };
  clean();
  t.after(() => { clean(); rmSync(stateDir, { recursive: true, force: true }); });
  const server = createNamespace(`${PREFIX}s`), host = createNamespace(`${PREFIX}h`);
  const datapath = openKernelDatapath({ server: 'leaks', root: ROOT, netnsPath: server, stateDir, attachBy });
  const cast = { network: switchImage(), filter: guardImage('f'), router: switchImage(2) };
  const at = { root: ROOT, stateDir, netns: [server, host] };
  // The first makes what stays: the table of slots, the device that floods go by.
  cycle(datapath, cast, host);
  const before = holdings(at);
  const stays = new Seen(ROOT), seen = new Seen(ROOT);
  stays.look();
  for (let n = 0; n < 3; n++) cycle(datapath, cast, host, () => { seen.look(); });
  assert.ok(seen.count() > 30, `${seen.count()} objects were there`);
  assert.deepEqual(holdings(at), before);
  await until(() => seen.left().length === stays.count());
  assert.deepEqual(seen.left().sort(), stays.left().sort());
  datapath.destroy();
  await until(() => seen.left().length === 0);
  assert.deepEqual(seen.left(), []);
});
