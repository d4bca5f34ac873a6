// The data path's suite on the kernel: servers and workloads are network namespaces, the underlay is a veth pair.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { kernelTest } from '../../test/require.ts';
import { removePins } from '../kernel/pins.ts';
import { addAddress } from '../netlink/addresses.ts';
import { Netlink } from '../netlink/client.ts';
import { createVeth, indexOf, listLinks, setLink } from '../netlink/links.ts';
import { addNeighbours } from '../netlink/neighbours.ts';
import { createNamespace, deleteNamespace, listNamespaces, namespacePath } from '../netlink/namespaces.ts';
import { writeSysctl } from '../netlink/sysctl.ts';
import { openPacketSocket } from '../sys/packets.ts';
import { openKernelDatapath } from './kernel/open.ts';
import { isOurs, type ServerName, type Tap, type World } from './suite-net.ts';
import { datapathSuite } from './suite.ts';

const PREFIX = 'iov-dpt-';
const ROOT = '/sys/fs/bpf/iov-dpt';
const SERVERS: readonly ServerName[] = ['a', 'b'];
const IPV4 = { a: '192.0.2.1', b: '192.0.2.2' } as const;
const IPV6 = { a: '2001:db8::1', b: '2001:db8::2' } as const;
/** What the family of the underlay makes a difference for. */
const TUNNELLED = /^unicast|^a group|not in the plan/;
const UNDER_MAC = { a: '02:00:00:00:ff:01', b: '02:00:00:00:ff:02' } as const;
const WAIT_MS = 150, POLL_MS = 1;

function clean(): void {
  for (const name of listNamespaces(PREFIX)) deleteNamespace(name);
  removePins(ROOT);
}

function kernelWorld(t: TestContext, underlay: World['underlay']): World {
  clean();
  const state = mkdtempSync(join(tmpdir(), 'iov-dpt-'));
  t.after(() => {
    clean();
    rmSync(state, { recursive: true, force: true });
  });
  const netns = (server: ServerName): string => namespacePath(PREFIX + server);
  for (const server of SERVERS) createNamespace(PREFIX + server);
  {
    using a = new Netlink({ netns: netns('a') });
    createVeth(a, { name: 'under', mac: UNDER_MAC.a, mtu: 1500, state: 'up' }, { name: 'under', mac: UNDER_MAC.b, mtu: 1500, netns: netns('b') });
    using b = new Netlink({ netns: netns('b') });
    setLink(b, 'under', { state: 'up' });
    for (const [netlink, own, other] of [[a, 'a', 'b'], [b, 'b', 'a']] as const) {
      const index = indexOf(netlink, 'under');
      addAddress(netlink, index, `${underlay[own]}/24`);
      // A new IPv6 device asks for no neighbour in its first second.
      addNeighbours(netlink, [{ index, ip: underlay[other], mac: UNDER_MAC[other] }]);
    }
  }
  return {
    underlay,
    open: server => openKernelDatapath({ server, root: `${ROOT}/${server}`, netnsPath: netns(server), stateDir: join(state, server) }),
    host(server, name) {
      const path = createNamespace(`${PREFIX}${server}-${name}`);
      // A stack that speaks IPv6 by itself would be counted.
      writeSysctl(path, 'net/ipv6/conf/default/disable_ipv6', 1);
      return path;
    },
    deleteHost: (server, name) => { deleteNamespace(`${PREFIX}${server}-${name}`); },
    own: netns,
    tap: (_, path, device) => packetTap(path, device),
    leftovers(server) {
      using netlink = new Netlink({ netns: netns(server) });
      const devices = listLinks(netlink).map(link => link.name).filter(name => name.startsWith('iv'));
      return [...devices, ...readdirSync(ROOT).filter(name => name === server), ...readdirSync(state).filter(name => name === server)];
    },
  };
}

function packetTap(netns: string, device: string): Tap {
  using netlink = new Netlink({ netns });
  const socket = openPacketSocket({ ifindex: indexOf(netlink, device), netns });
  let open = true;
  return {
    send: frame => { socket.send(frame); },
    async receive() {
      for (const end = performance.now() + WAIT_MS; performance.now() < end; await new Promise(done => setTimeout(done, POLL_MS))) {
        for (let got = socket.receive(); got; got = socket.receive()) if (isOurs(got.bytes)) return got.bytes.slice();
      }
      return undefined;
    },
    close() {
      if (open) socket.close();
      open = false;
    },
  };
}

datapathSuite((name, body) => kernelTest(`kernel: ${name}`, body), t => kernelWorld(t, IPV4));
datapathSuite((name, body) => { if (TUNNELLED.test(name)) kernelTest(`kernel, IPv6 underlay: ${name}`, body); }, t => kernelWorld(t, IPV6));
