// Real traffic through modules that translate or answer: what the kernel keeps beside a packet's bytes (its family, a checksum that it has
// still to make) is right behind them, so that stacks take the packets. Two workloads in namespaces of their own, and the kernel's data path.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { openKernelDatapath } from '../src/datapath/kernel/open.ts';
import type { Datapath, EndpointSpec } from '../src/datapath/datapath.ts';
import type { Image } from '../src/image/image.ts';
import type { Contents } from '../src/image/values.ts';
import { removePins } from '../src/kernel/pins.ts';
import { Netlink } from '../src/netlink/client.ts';
import { indexOf } from '../src/netlink/links.ts';
import { addNeighbours } from '../src/netlink/neighbours.ts';
import { createNamespace, deleteNamespace, listNamespaces, namespacePath } from '../src/netlink/namespaces.ts';
import { addRoute } from '../src/netlink/routes.ts';
import { writeSysctl } from '../src/netlink/sysctl.ts';
import { withNamespace } from '../src/sys/namespace.ts';
import { kernelTest } from './require.ts';

const PREFIX = 'iov-t-tr-', ROOT = '/sys/fs/bpf/iov-t-tr';
const LIMIT_MS = 20_000;

interface Host { readonly name: string; readonly mac: string; readonly addresses: readonly string[]; readonly mtu: number; /** Destinations, and the hardware address behind which they are. */ readonly routes: readonly (readonly [string, string])[] }

/** An element of a module with two workloads at its ports 0 and 1. */
function network(t: TestContext, image: Image, contents: Contents, hosts: readonly Host[]): Datapath {
  const clean = (): void => { for (const name of listNamespaces(PREFIX)) deleteNamespace(name); removePins(ROOT); };
  clean();
  const state = mkdtempSync(join(tmpdir(), 'iov-t-tr-'));
  const server = createNamespace(`${PREFIX}server`);
  const datapath = openKernelDatapath({ server: 'a', root: ROOT, netnsPath: server, stateDir: state });
  t.after(() => { datapath.close(); clean(); rmSync(state, { recursive: true, force: true }); });
  datapath.putImage('one', image);
  for (const [port, host] of hosts.entries()) {
    const netns = createNamespace(`${PREFIX}${host.name}`);
    writeSysctl(netns, 'net/ipv6/conf/default/accept_dad', 0);
    const spec: EndpointSpec = { uid: host.name, id: port + 1, domain: 1, group: 7, element: 'red', port, netns, device: 'eth0', mac: host.mac, addresses: host.addresses, mtu: host.mtu };
    datapath.putEndpoint(spec);
    using netlink = new Netlink({ netns });
    const index = indexOf(netlink, 'eth0');
    for (const [destination, mac] of host.routes) {
      addRoute(netlink, { destination, index });
      addNeighbours(netlink, [{ index, ip: destination.replace(/\/.*/, ''), mac }]);
    }
  }
  datapath.putElement({ uid: 'red', id: 1, imageHash: 'one', contents, wires: hosts.map((host, port) => ({ port, to: 'endpoint', endpoint: host.name })) });
  for (const [port, host] of hosts.entries()) {
    datapath.putEndpoint({ uid: host.name, id: port + 1, domain: 1, group: 7, element: 'red', port, netns: namespacePath(`${PREFIX}${host.name}`), device: 'eth0', mac: host.mac, addresses: host.addresses, mtu: host.mtu });
  }
  return datapath;
}

/** A program of Node in a workload's namespace. It ends with the test. */
function run(t: TestContext, host: string, text: string): { readonly child: ChildProcess; readonly said: () => string; until(word: string): Promise<void> } {
  const child = withNamespace(namespacePath(PREFIX + host), () => spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'], cwd: join(import.meta.dirname, '..') }));
  t.after(() => { child.kill('SIGKILL'); });
  let said = '';
  let wake = (): void => undefined;
  child.stdout?.on('data', (d: Buffer) => { said += d; wake(); });
  child.on('exit', () => { wake(); });
  return {
    child, said: () => said,
    async until(word) {
      const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
      while (!said.includes(word)) {
        if (child.exitCode !== null || child.signalCode !== null) assert.fail(`${host} ended without saying '${word}': ${said}`);
        await new Promise<void>(done => { wake = done; });
      }
      clearTimeout(timer);
    },
  };
}

/** Sends back what it hears, of both families. */
const ECHO = `
import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';
createServer(c => { c.on('error', () => c.destroy()); c.pipe(c); }).listen(7, '::', () => {
  const socket = createSocket('udp6');
  socket.on('message', (text, from) => socket.send(text, from.port, from.address));
  socket.bind(7, '::', () => console.log('ready'));
});`;

/** Pings, a datagram, and more over TCP than one segment, to be had back. */
const ASK = (to: string): string => `
import { connect } from 'node:net';
import { createSocket } from 'node:dgram';
import { ping } from './scripts/demo/icmp.ts';
const pings = await ping({ to: '${to}', count: 3, intervalMs: 10, timeoutMs: 2000 });
console.log('pings ' + pings.received);
const socket = createSocket('udp4');
await new Promise(done => { socket.on('message', text => { console.log('udp ' + text); done(); }); socket.send('hello', 7, '${to}'); setTimeout(done, 3000).unref(); });
socket.close();
const text = Buffer.alloc(300_000, 'a longer text ');
let heard = Buffer.alloc(0);
await new Promise(done => {
  const c = connect({ host: '${to}', port: 7 }, () => c.write(text));
  c.setTimeout(5000, () => { c.destroy(); done(); });
  c.on('error', error => { console.log(error.message); done(); });
  c.on('data', d => { heard = Buffer.concat([heard, d]); if (heard.length === text.length) { c.end(); done(); } });
});
console.log('tcp ' + (heard.equals(text) ? 'whole' : heard.length));
console.log('done');`;

const mac = (last: number): string => `02:00:00:00:00:0${last}`;

kernelTest('nat46: an IPv4 client reaches an IPv6 server, by ping, UDP and TCP', async t => {
  const datapath = network(t, imageOf('examples/modules/nat46/nat46.ts'), {
    outward: [['192.0.2.80', 'fd00::80']], inward: [['fd00::80', '192.0.2.80']],
    settings: { four: { mac: mac(4), gateway: mac(1) }, six: { mac: mac(6), gateway: mac(2) } },
  }, [
    { name: 'client', mac: mac(1), addresses: ['10.0.0.7/24'], mtu: 1400, routes: [['192.0.2.80/32', mac(4)]] },
    { name: 'service', mac: mac(2), addresses: ['fd00::80/64'], mtu: 1450, routes: [['64:ff9b::a00:7/128', mac(6)]] },
  ]);
  await run(t, 'service', ECHO).until('ready');
  const client = run(t, 'client', ASK('192.0.2.80'));
  await client.until('done');
  assert.deepEqual(client.said().trim().split('\n'), ['pings 3', 'udp hello', 'tcp whole', 'done'], JSON.stringify(datapath.drops()));
});

const REFUSES = `
import { Eth, Ip, drop, ipv4, ipv6, module } from 'iovisor/module';
import { ErrorKind, answerError } from 'iovisor/answer';
const closed: ErrorKind = { type4: 3, code4: 3, type6: 1, code6: 4 };
export default module(pkt => {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ip);
  return ip ? answerError(pkt, eth, ip, closed, ipv6('fd00::fe'), ipv4('10.0.0.254'), 0) : drop('not-ip');
});`;

kernelTest('a datagram with an unfinished checksum is refused by ICMP, and its sender hears it', async t => {
  const datapath = network(t, imageOf('refuses.ts', { text: REFUSES }), {}, [
    { name: 'client', mac: mac(1), addresses: ['10.0.0.7/24', 'fd00::7/64'], mtu: 1400, routes: [['192.0.2.80/32', mac(4)], ['fd01::80/128', mac(4)]] },
  ]);
  const client = run(t, 'client', `
import { createSocket } from 'node:dgram';
for (const [type, to] of [['udp4', '192.0.2.80'], ['udp6', 'fd01::80']]) {
  for (const bytes of [1, 1300]) {
    const socket = createSocket(type);
    await new Promise(done => socket.connect(7, to, done));
    const heard = new Promise(done => { socket.on('error', error => done(error.code)); setTimeout(() => done('nothing'), 3000).unref(); });
    socket.send(Buffer.alloc(bytes));
    console.log(type + ' ' + await heard);
    socket.close();
  }
}
console.log('done');`);
  await client.until('done');
  assert.deepEqual(client.said().trim().split('\n'), ['udp4 ECONNREFUSED', 'udp4 ECONNREFUSED', 'udp6 ECONNREFUSED', 'udp6 ECONNREFUSED', 'done'], JSON.stringify(datapath.drops()));
});
