// A workload may raise the MTU of its own device: what it then sends must still reach a program, which refuses it by name.

import assert from 'node:assert/strict';
import { Netlink } from '../../netlink/client.ts';
import { indexOf, setLink } from '../../netlink/links.ts';
import { createNamespace, deleteNamespace } from '../../netlink/namespaces.ts';
import { openPacketSocket } from '../../sys/packets.ts';
import { withNamespace } from '../../sys/namespace.ts';
import { kernelTest } from '../../../test/require.ts';
import { makePair } from './veth.ts';

const SPEC = { uid: 'v', id: 1, domain: 1, group: 0, element: 'e', port: 1, device: 'eth0', mac: '02:00:00:00:00:01', addresses: [], mtu: 1400 };
const HOST = 'iov-veth-host', WORKLOAD = 'iov-veth-load';

kernelTest('a frame longer than the MTU reaches the near end', () => {
  try {
    const netns = createNamespace(WORKLOAD);
    const host = createNamespace(HOST);
    using netlink = new Netlink({ netns: host });
    const ifindex = makePair(netlink, { ...SPEC, netns }, { name: 'near', alias: 'iov:test:v' });
    setLink(netlink, ifindex, { state: 'up' });
    using inside = new Netlink({ netns });
    const far = indexOf(inside, 'eth0');
    setLink(inside, far, { mtu: 9000 });
    const near = withNamespace(host, () => openPacketSocket({ ifindex }));
    const sender = withNamespace(netns, () => openPacketSocket({ ifindex: far }));
    const frame = new Uint8Array(3000);
    frame.set([2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
    assert.ok(sender.send(frame));
    let longest = 0;
    for (const end = performance.now() + 2000; longest < 3000 && performance.now() < end;) longest = Math.max(longest, near.receive()?.bytes.length ?? 0);
    assert.equal(longest, 3000);
    sender.close();
    near.close();
  } finally {
    deleteNamespace(WORKLOAD);
    deleteNamespace(HOST);
  }
});
