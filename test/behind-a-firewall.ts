// Two workloads of a bridge, the second behind a firewall that lets pings in: the modules' own images on a kernel, with its own stacks. For any
// kernel, also that of a machine in which there is nothing but Node (scripts/matrix), so it compiles nothing.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import bridgeControl from '../modules/bridge/bridge.control.ts';
import firewallControl from '../modules/firewall/firewall.control.ts';
import type { Datapath } from '../src/datapath/datapath.ts';
import type { World } from '../src/datapath/suite-net.ts';
import type { Image } from '../src/image/image.ts';
import { build } from '../src/lang/packets/build.ts';
import { data, eth, icmp, ipv4, tcp, type Frame } from '../src/lang/packets.ts';
import { Netlink } from '../src/netlink/client.ts';
import { indexOf } from '../src/netlink/links.ts';
import { openPacketSocket } from '../src/sys/packets.ts';

interface Images { readonly bridge: Image; readonly firewall: Image }

const PEERS = [1, 2].map(n => ({ uid: `e${n}`, id: n, port: 999 + n, mac: `02:00:00:00:00:0${n}`, address: `10.0.0.${n}` }));
const [ASKER, ASKED] = PEERS as [typeof PEERS[number], typeof PEERS[number]];
const OPEN = { admin: 0, application: 0, baseline: 0 };
const WAIT_MS = 2000, SILENCE_MS = 100;

/** Attached, asked, adopted by another process, changed to another image, taken down. */
export async function behindAFirewall(t: TestContext, world: World, images: Images): Promise<void> {
  const open = (): Datapath => world.open('a');
  let datapath = open();
  t.after(() => { datapath.close(); });
  const put = (version: string): void => {
    datapath.putImage(`bridge${version}`, images.bridge);
    datapath.putImage(`firewall${version}`, images.firewall);
    datapath.putElement({ uid: 'policy', id: 2, imageHash: `firewall${version}`, around: { element: 'net', inner: 'net' }, wires: [], contents: firewallControl({
      members: PEERS.map(({ port }) => ({ port, in: port === ASKED.port ? { ...OPEN, application: 1 } : OPEN, out: OPEN })), addresses: [], epoch: {},
      sets: [{ number: 1, closed: true, rules: [{ action: 'allow', ports: [{ protocol: 'icmp' }], hits: 0 }] }],
    }) });
    datapath.putElement({ uid: 'net', id: 1, imageHash: `bridge${version}`, filter: 'policy', wires: PEERS.map(({ uid, port }) => ({ port, to: 'endpoint', endpoint: uid })),
      contents: bridgeControl({ unmanaged: [], stations: PEERS.map(({ mac, address, port }) => ({ mac, addresses: [address], port, guarded: true })) }) });
    for (const hash of datapath.observe().images) if (!hash.endsWith(version)) datapath.removeImage(hash);
  };
  put('1');
  const hosts = PEERS.map(({ uid, id, port, mac, address }) => {
    const netns = world.host('a', uid);
    datapath.putEndpoint({ uid, id, domain: 1, group: 0, element: 'policy', port, netns, device: 'eth0', mac, addresses: [`${address}/24`], mtu: 1450 });
    return netns;
  });
  const netns = hosts[0]!;
  using netlink = new Netlink({ netns });
  const socket = openPacketSocket({ ifindex: indexOf(netlink, 'eth0'), netns });
  t.after(() => { socket.close(); });
  const ask = (frame: Frame): void => { socket.send(build([eth({ dst: ASKED.mac, src: ASKER.mac }), ipv4({ src: ASKER.address, dst: ASKED.address }), ...frame])); };
  let seq = 0;
  /** Whether the other's kernel answers. */
  const ping = async (waitMs = WAIT_MS): Promise<boolean> => {
    ask([icmp({ type: 8, id: 77, seq: ++seq }), data('who is there')]);
    for (const end = performance.now() + waitMs; performance.now() < end; await new Promise(done => setTimeout(done, 1))) {
      for (let got = socket.receive(); got; got = socket.receive()) {
        const at = (offset: number): number => got.bytes[offset] ?? 0;
        if (at(12) === 8 && at(23) === 1 && at(34) === 0 && (at(40) << 8 | at(41)) === seq) return true;
      }
    }
    return false;
  };
  const refused = (): number => datapath.drops().filter(d => d.reason === 'no-rule' && d.element === 'policy').reduce((sum, d) => sum + d.packets, 0);

  assert.ok(await ping(), 'first');
  ask([tcp({ srcPort: 40_000, dstPort: 80, flags: 'S' })]);
  assert.equal(refused(), 1, 'what no rule allows');
  datapath.close();
  assert.ok(await ping(), 'with nobody there');
  datapath = open();
  put('1');
  assert.equal(datapath.changes, 0, 'adopted');
  assert.deepEqual(datapath.observe().endpoints.map(e => e.alive), [true, true]);
  assert.ok(await ping(), 'adopted');
  put('2');
  assert.ok(await ping(), 'of another image');
  assert.equal(refused(), 1, 'counters are kept');
  assert.deepEqual(datapath.drops().filter(d => d.reason !== 'no-rule'), []);
  datapath.removeEndpoint(ASKED.uid);
  assert.equal(await ping(SILENCE_MS), false, 'nobody is there any more');
  datapath.destroy();
  assert.deepEqual(world.leftovers('a'), []);
}
