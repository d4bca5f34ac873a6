// A visor under which the BPF file system is unmounted: it sees that by itself and all flows again, also where it was not there when it happened.

import type { TestContext } from 'node:test';
import { ownMounts } from '../src/datapath/fixtures/own-mounts.ts';
import { resource } from '../src/director/core/zone.fixture.ts';
import { BPFFS, isBpffs } from '../src/kernel/pins.ts';
import { unmount } from '../src/sys/mount.ts';
import { withNamespace } from '../src/sys/namespace.ts';
import { internetAddress, openIcmpSocket } from '../src/sys/packets.ts';
import { echoRequest } from '../scripts/demo/icmp.ts';
import { kernelTest } from './require.ts';
import { until, zoneOfNamespaces } from './zone-of-namespaces.ts';

kernelTest('the BPF file system goes under a running visor, and while there is none', async (t: TestContext) => {
  ownMounts();
  const zone = await zoneOfNamespaces(t, 'iov-remount-', { servers: 1, workloads: ['one', 'two'] });
  await zone.director.apply([resource('Domain', 'red'), resource('Network', 'red/web', { subnets: ['10.1.0.0/24'] })]);
  for (const name of ['one', 'two']) await zone.visors[0]!.attach({ domain: 'red', network: 'web', netns: zone.at(name), name });
  await zone.settled();
  const { addresses } = Object((await zone.director.get({ kind: 'Endpoint', domain: 'red', name: 'two' })).status) as { readonly addresses: readonly string[] };
  const to = internetAddress(Uint8Array.from(addresses[0]!.split('.').map(Number)));
  let seq = 0;
  const flows = async (): Promise<boolean> => {
    using socket = withNamespace(zone.at('one'), () => openIcmpSocket({ version: 4 }));
    socket.send(echoRequest(7, ++seq), to);
    await new Promise(done => setTimeout(done, 100));
    for (let got = socket.receive(); got; got = socket.receive()) if (got.bytes[20] === 0 && (got.bytes[26]! << 8 | got.bytes[27]!) === seq) return true;
    return false;
  };
  await until(flows);
  unmount(BPFFS);
  await until(async () => !await flows());
  await until(async () => isBpffs(BPFFS) && await flows());

  await zone.restart(0, () => { unmount(BPFFS); });
  await until(flows);
});
