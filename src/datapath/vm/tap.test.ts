// A real network stack against a laboratory: ARP, neighbour discovery, ICMP, UDP and TCP of this machine's kernel, answered by a simulated
// host behind an element that runs in the vm.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after } from 'node:test';
import { createNamespace, deleteNamespace } from '../../netlink/namespaces.ts';
import { writeSysctl } from '../../netlink/sysctl.ts';
import { withNamespace } from '../../sys/namespace.ts';
import { internetAddress, openIcmpSocket } from '../../sys/packets.ts';
import { untilReadable } from '../../sys/poll.ts';
import { kernelTest } from '../../../test/require.ts';
import { switchImage } from '../fixtures/switch.ts';
import { Lab } from './lab.ts';
import { openVmDatapath } from './open.ts';
import { attachTap } from './tap.ts';

const NAMESPACE = 'iov-t-tap';
const LIMIT_MS = 20_000;
/** As a program of anyone's: Node's own sockets. It says what came back. */
const CLIENT = `
  const { createSocket } = require('node:dgram'), { connect } = require('node:net');
  const udp = (type, to) => new Promise(done => { const s = createSocket(type); s.on('message', m => { s.close(); done('udp ' + to + ' ' + m); }); s.send('a datagram', 7, to); });
  const tcp = to => new Promise(done => {
    let got = 0; const text = 'x'.repeat(5000);
    const s = connect(7, to, () => s.write(text));
    s.on('data', d => { got += d.length; if (got === text.length) s.end(); });
    s.on('close', failed => done('tcp ' + to + ' ' + got + (failed ? ' reset' : ' closed')));
  });
  const refused = to => new Promise(done => connect(8, to).on('error', e => done('tcp ' + to + ' ' + e.code)));
  (async () => { for (const one of [() => udp('udp4', '10.0.0.2'), () => udp('udp6', 'fd00::2'), () => tcp('10.0.0.2'), () => tcp('fd00::2'), () => refused('10.0.0.2')]) console.log(await one()); })();
`;

const clean = (): void => { deleteNamespace(NAMESPACE); };

kernelTest('the machine\'s own ping, UDP and TCP are answered by a simulated host, through an element in the vm', async () => {
  clean();
  after(clean);
  const netns = createNamespace(NAMESPACE);
  writeSysctl(netns, 'net/ipv6/conf/all/accept_dad', 0);
  writeSysctl(netns, 'net/ipv6/conf/default/accept_dad', 0);
  const lab = new Lab();
  const datapath = openVmDatapath({ lab, server: 's1' });
  datapath.putImage('i', switchImage());
  const stations = [1, 2].map(port => ({ port, mac: `02:00:00:00:00:0${port}` }));
  datapath.putElement({
    uid: 'net', id: 1, imageHash: 'i', contents: { stations: stations.map(s => [s.mac, s.port]) },
    wires: stations.map(({ port }) => ({ port, to: 'endpoint' as const, endpoint: `e${port}` })),
  });
  for (const { port, mac } of stations) {
    lab.addHost(`h${port}`);
    datapath.putEndpoint({
      uid: `e${port}`, id: port, domain: 1, group: 0, element: 'net', port, netns: `h${port}`, device: 'eth0', mac,
      addresses: [`10.0.0.${port}/24`, `fd00::${port}/64`], mtu: 1450,
    });
  }
  using tap = attachTap(lab.host('h1').device(), { name: 'eth0', netns });

  using icmp = openIcmpSocket({ version: 4, netns });
  icmp.send(Uint8Array.of(8, 0, 0xe5, 0xca, 0x12, 0x34, 0, 1), internetAddress(Uint8Array.of(10, 0, 0, 2)));
  assert.ok(await untilReadable(icmp.fd, LIMIT_MS), 'no echo reply');
  assert.deepEqual([...icmp.receive()!.bytes.subarray(20)], [0, 0, 0xed, 0xca, 0x12, 0x34, 0, 1]);

  const client = withNamespace(netns, () => spawn(process.execPath, ['-e', CLIENT], { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS }));
  let said = '';
  client.stdout.on('data', (text: Buffer) => { said += text.toString(); });
  await new Promise(done => client.once('close', done));
  assert.deepEqual(said.trim().split('\n'), ['udp 10.0.0.2 a datagram', 'udp fd00::2 a datagram', 'tcp 10.0.0.2 5000 closed', 'tcp fd00::2 5000 closed', 'tcp 10.0.0.2 ECONNREFUSED']);
  assert.equal(tap.lost, 0);
});
