// The compiled bridge on the whole data path, in the vm: simulated hosts of two networks with the same addresses, on two servers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import control from '../modules/bridge/bridge.control.ts';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import type { Contents } from '../src/datapath/datapath.ts';
import { Lab } from '../src/datapath/vm/lab.ts';
import { openVmDatapath } from '../src/datapath/vm/open.ts';
import { ipv4, eth, udp, data } from '../src/lang/packets.ts';
import { build } from '../src/lang/packets/build.ts';

const SERVERS = ['s1', 's2'] as const;
const NETWORKS = ['red', 'blue'] as const;
const UNDERLAY = { s1: '192.0.2.1', s2: '192.0.2.2' } as const;
const TUNNEL_PORT = 1000;

interface Station { readonly name: string; readonly network: string; readonly server: string; readonly port: number; readonly mac: string; readonly addresses: readonly string[] }

const stations: readonly Station[] = NETWORKS.flatMap(network => [1, 2, 3, 4].map(n => ({
  name: `${network}-${n}`, network, server: n <= 2 ? 's1' : 's2', port: n, mac: `02:00:00:00:00:0${n}`, addresses: [`10.0.0.${n}`, `fd00::${n}`],
})));

function twoNetworks() {
  const lab = new Lab();
  const image = imageOf('modules/bridge/bridge.ts');
  const datapaths = SERVERS.map(server => {
    const datapath = openVmDatapath({ lab, server });
    datapath.putImage('bridge', image);
    datapath.putTunnel({ local: UNDERLAY[server], udpPort: 4789 });
    for (const [index, network] of NETWORKS.entries()) {
      const own = stations.filter(s => s.network === network);
      const here = own.filter(s => s.server === server);
      const contents = control({ stations: own.map(s => ({ mac: s.mac, addresses: s.addresses, port: s.server === server ? s.port : TUNNEL_PORT })), unmanaged: [] });
      datapath.putElement({
        uid: network, id: index + 1, imageHash: 'bridge', contents: contents as unknown as Contents,
        wires: [
          ...here.map(s => ({ port: s.port, to: 'endpoint' as const, endpoint: s.name })),
          { port: TUNNEL_PORT, to: 'tunnel', remote: UNDERLAY[server === 's1' ? 's2' : 's1'], vni: 100 + index },
        ],
      });
      for (const s of here) {
        lab.addHost(s.name);
        datapath.putEndpoint({
          uid: s.name, id: 10 * index + s.port, domain: index + 1, group: 0, element: network, port: s.port, netns: s.name, device: 'eth0', mac: s.mac,
          addresses: [`${s.addresses[0]}/24`, `${s.addresses[1]}/64`], mtu: 1450,
        });
      }
    }
    return datapath;
  });
  return { lab, datapaths };
}

test('every pair of a network is connected by every protocol', () => {
  const { lab, datapaths } = twoNetworks();
  for (const from of stations) {
    const { stack } = lab.host(from.name).device();
    for (const to of stations.filter(s => s.network === from.network && s !== from)) {
      for (const address of to.addresses) {
        assert.ok(stack.ping(address), `ping ${from.name} → ${address}`);
        assert.ok(stack.udp(address, 'datagram'), `UDP ${from.name} → ${address}`);
        assert.ok(stack.tcp(address, 'stream '.repeat(1000)), `TCP ${from.name} → ${address}`);
      }
    }
  }
  assert.deepEqual(datapaths.flatMap(d => d.drops()), []);
});

test('a frame for a station of the other network is refused by name, and heard by no one there', () => {
  const { lab, datapaths } = twoNetworks();
  const from = lab.host('red-1').device();
  const frame = build([eth({ dst: '02:00:00:00:00:77', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.3' }), udp({ srcPort: 1, dstPort: 2 }), data('intruder')]);
  from.send(frame);
  const told = datapaths.flatMap(d => d.drops()).map(d => `${d.element} ${d.module} ${d.reason} ${d.packets}`);
  assert.deepEqual(told, ['red bridge unknown-station 1']);
  for (const { name } of stations.filter(s => s.network === 'blue')) assert.equal(lab.host(name).device().heard.length, 0);
});
