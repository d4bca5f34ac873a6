// examples/office under the programs that real networks have: clients get their addresses by DHCP, ping, trace, measure, fetch and scan. One server
// with Director and visor as processes, the kernel engine, clients and the world outside in namespaces. One office is shared, so tests go in order.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { MatrixUnavailable } from '../../scripts/matrix/unavailable.ts';
import { isRequired, kernelCounterpartTest, whyNoKernel } from '../require.ts';
import { CLIENTS, lease, lease6 } from './dhcp-clients.ts';
import { guest } from './guest.ts';
import { BIG_BYTES, bigFile } from './http.ts';
import { type Client, NET, Office } from './office.ts';
import { kernelLog, until } from './programs.ts';

const HERE = whyNoKernel() === undefined;
const HTTP = join(import.meta.dirname, 'http.ts');
let office: Office;
const desks = new Map<string, Client>();
let web: Client;
let said = (): string[] => [];

before(async () => {
  if (!HERE) return;
  said = kernelLog();
  office = new Office('off');
  await office.open();
  web = await office.client('servers', 'web', '--address', NET.servers.web4, NET.servers.web6);
  for (const name of CLIENTS) desks.set(name, await office.client('desks', name));
}, { timeout: 240_000 });
after(() => office?.close());

const desk = (): Client => desks.get('dhclient')!;
const ok = async (netns: string, ...command: string[]): Promise<string> => {
  const { status, out, err } = await office.run(netns, command);
  assert.equal(status, 0, `${command.join(' ')}: ${out}${err}`);
  return out;
};

for (const program of CLIENTS) {
  kernelCounterpartTest([program, 'ip'], `${program} gets the address of its endpoint, router, resolver, domain, MTU and name`, async () => {
    const client = desks.get(program)!;
    const got = await lease(office, client, program);
    assert.deepEqual(got, { address: client.ip4, router: NET.desks.router4, dns: NET.desks.router4, domain: 'desks.office.example', mtu: String(client.mtu), host: program });
    assert.match(await ok(client.netns, 'ip', '-4', 'addr', 'show', 'dev', 'eth0'), new RegExp(`inet ${client.ip4.replaceAll('.', '\\.')}/24 `));
  });
}

for (const program of ['dhclient', 'dhcpcd'] as const) {
  kernelCounterpartTest([program, 'ip'], `${program} gets the IPv6 address of its endpoint and the resolver, its kernel the way out by a router's advertisement`, async () => {
    const client = desks.get(program)!;
    assert.deepEqual(await lease6(office, client, program), { address: client.ip6, dns: NET.desks.router6, domain: program === 'dhclient' ? 'desks.office.example.' : 'desks.office.example' });
    assert.match(await ok(client.netns, 'ip', '-6', 'addr', 'show', 'dev', 'eth0'), new RegExp(`inet6 ${client.ip6}/`));
    assert.match(await ok(client.netns, 'ip', '-6', 'route', 'show', 'default'), /via fe80:\S+ dev eth0 proto (ra|static)/);
    // Down and up again, the device has lost its route of IPv4.
    if (client === desk()) await ok(client.netns, 'ip', 'route', 'replace', 'default', 'via', NET.desks.router4);
  });
}

kernelCounterpartTest(['ping'], 'ping: desks reach the router, the servers and the world by both families, with fragments and without; nobody reaches desks', async () => {
  for (const to of [NET.desks.router4, NET.desks.router6, web.ip4, web.ip6, NET.outside.ip4, NET.outside.ip6]) {
    for (const bytes of ['56', '4000']) {
      // The router has no use for fragments: it pings as it is asked, and joins nothing together.
      if (bytes === '4000' && (to === NET.desks.router4 || to === NET.desks.router6)) continue;
      // The first answer from outside is of fragments that are too long for the networks here: its sender is told, for the router makes no fragments of them.
      const most = bytes === '4000' && (to === NET.outside.ip4 || to === NET.outside.ip6) ? /[23] received/ : /3 received, 0% packet loss/;
      assert.match(await ok(desk().netns, 'ping', '-n', '-c', '3', '-i', '0.05', '-W', '5', '-s', bytes, to), most, `${bytes} bytes to ${to}`);
    }
  }
  for (const [from, to] of [[web.netns, desk().ip4], [web.netns, desk().ip6], [office.world, desk().ip6]] as const) {
    const { status, out } = await office.run(from, ['ping', '-n', '-c', '2', '-i', '0.05', '-W', '1', to]);
    assert.equal(status, 1, out);
  }
});

kernelCounterpartTest(['ping'], 'ping: what is too big for the networks here is answered with their MTU', async () => {
  const { out } = await office.run(office.world, ['ping', '-n', '-6', '-M', 'do', '-c', '1', '-W', '5', '-s', '1452', web.ip6]);
  assert.match(out, new RegExp(`Packet too big: mtu=${web.mtu}`));
  assert.match(await ok(office.world, 'ping', '-n', '-6', '-c', '2', '-i', '0.05', '-W', '5', '-s', '1452', web.ip6), /2 received/);
});

kernelCounterpartTest(['traceroute'], 'traceroute: by UDP, ICMP and TCP the router is the first hop, and the target the next', async () => {
  const hops = async (from: Client, ...args: string[]): Promise<string[]> =>
    [...(await ok(from.netns, 'traceroute', '-n', '-q', '1', '-w', '3', '-m', '5', ...args)).matchAll(/^ *\d+ +(\S+)/gm)].map(m => m[1]!);
  for (const [to, router] of [[NET.outside.ip4, NET.desks.router4], [NET.outside.ip6, NET.desks.router6], [web.ip4, NET.desks.router4], [web.ip6, NET.desks.router6]] as const) {
    for (const way of [[], ['-I'], ['-T', '-p', '80']]) assert.deepEqual(await hops(desk(), ...way, to), [router, to], `${way.join(' ')} ${to}`);
  }
});

kernelCounterpartTest(['dig'], 'dig: names of the office by UDP and TCP and both families, also without EDNS; the rest is asked outside, once', async () => {
  const upstream = await office.serve(office.world, [process.execPath, join(import.meta.dirname, 'resolver.ts'), NET.outside.ip4], 'ready');
  let asked = '';
  upstream.stdout?.on('data', (text: string) => { asked += text; });
  const dig = async (server: string, ...args: string[]): Promise<string[]> => (await ok(desk().netns, 'dig', `@${server}`, '+tries=2', '+time=5', '+short', ...args)).trim().split('\n');
  for (const server of [NET.desks.router4, NET.desks.router6]) {
    for (const way of [[], ['+tcp'], ['+noedns'], ['+tcp', '+noedns'], ['+dnssec', '+nocookie']]) {
      assert.deepEqual(await dig(server, ...way, 'WEB.servers.office.example'), [web.ip4], `${server} ${way.join(' ')}`);
      assert.deepEqual(await dig(server, ...way, 'www.office.example', 'AAAA'), [NET.servers.web6]);
      assert.deepEqual(await dig(server, ...way, '-x', desk().ip4), [`${desk().name}.desks.office.example.`]);
      assert.deepEqual(await dig(server, ...way, '_http._tcp.office.example', 'SRV'), ['0 0 80 web.servers.office.example.']);
      assert.deepEqual(await dig(server, ...way, 'example.com'), ['192.0.2.80']);
      assert.equal((await dig(server, ...way, 'long.example')).length, 90);
    }
  }
  assert.match(await ok(desk().netns, 'dig', `@${NET.desks.router4}`, 'nobody.office.example'), /status: NXDOMAIN[\s\S]*flags: qr aa rd ra[\s\S]*SOA\s+dns\.office\.example\. hostmaster\.office\.example\./);
  assert.match(await ok(desk().netns, 'dig', `@${NET.desks.router4}`, 'office.example', 'AXFR'), /Transfer failed/);
  // With a wish for proofs it is another question.
  assert.deepEqual(asked.trim().split('\n').filter(line => line.includes('example.com')), ['udp example.com', 'udp example.com']);
});

kernelCounterpartTest(['iperf3', 'ss'], 'iperf3: TCP and UDP both ways through the router, and out by the translated address', async () => {
  for (const netns of [web.netns, office.world]) await office.serve(netns, ['iperf3', '-s'], { port: 5201 });
  interface Run { readonly error?: string; readonly end: { readonly sum_received?: { readonly bytes: number }; readonly sum?: { readonly packets: number; readonly lost_percent: number } } }
  // A server that has not yet done with the run before says that it is busy.
  const run = async (to: string, ...args: string[]): Promise<Run['end']> => {
    let last = '';
    for (let tries = 0; tries < 10; tries++, await new Promise(done => setTimeout(done, 200))) {
      const { out, err } = await office.run(desk().netns, ['iperf3', '-J', '-c', to, ...args]);
      last = out + err;
      const { error, end } = JSON.parse(out) as Run;
      if (error === undefined) return end;
    }
    return assert.fail(`iperf3 -c ${to} ${args.join(' ')}: ${last}`);
  };
  for (const to of [web.ip4, web.ip6, NET.outside.ip4, NET.outside.ip6]) {
    for (const way of [['-n', '64M'], ['-R', '-P', '2', '-n', '64M']]) assert.ok((await run(to, ...way)).sum_received!.bytes > 1 << 20, `${to} ${way.join(' ')}`);
    for (const way of [[], ['-R']]) {
      const { packets, lost_percent } = (await run(to, '-u', '-b', '5M', '-n', '200K', ...way)).sum!;
      assert.ok(packets > 100 && lost_percent < 5, `${to} ${way.join(' ')}: ${packets} packets, ${lost_percent} % lost`);
    }
  }
});

kernelCounterpartTest(['curl', 'sha256sum'], 'curl: pages from outside, by the address of the gateway; the forwarded port leads to the web server, from inside too', async () => {
  await office.serve(office.world, [process.execPath, HTTP, '80', 'world'], 'ready');
  await office.serve(web.netns, [process.execPath, HTTP, '80', 'web'], 'ready');
  const get = (from: string, url: string): Promise<string> => ok(from, 'curl', '-sS', '--max-time', '10', url);
  assert.equal(await get(desk().netns, `http://${NET.outside.ip4}/`), `world to ${NET.edge.ip4}\n`);
  assert.equal(await get(desk().netns, `http://[${NET.outside.ip6}]/`), `world to ${desk().ip6}\n`);
  assert.equal(await get(desk().netns, `http://${web.ip4}/`), `web to ${desk().ip4}\n`);
  assert.equal(await get(office.world, `http://${NET.edge.ip4}:8080/`), `web to ${NET.outside.ip4}\n`);
  assert.equal(await get(office.world, `http://[${web.ip6}]/`), `web to ${NET.outside.ip6}\n`);
  assert.match(await get(desk().netns, `http://${NET.edge.ip4}:8080/`), /^web to /);
  // By name, as programs look names up.
  const resolv = join(office.dir, 'resolv.conf');
  writeFileSync(resolv, `nameserver ${NET.desks.router4}\nsearch desks.office.example\n`);
  assert.equal(await ok(desk().netns, 'unshare', '--mount', '--propagation', 'private', 'sh', '-c', `mount --bind ${resolv} /etc/resolv.conf && curl -sS --max-time 10 http://www.office.example/`), `web to ${desk().ip6}\n`);
  const sum = createHash('sha256').update(bigFile()).digest('hex');
  for (const url of [`http://${NET.outside.ip4}/big`, `http://[${web.ip6}]/big`]) {
    assert.match(await ok(desk().netns, 'sh', '-c', `curl -sS --max-time 50 '${url}' | sha256sum`), new RegExp(`^${sum}`), url);
  }
  const file = join(office.dir, 'upload');
  writeFileSync(file, bigFile());
  assert.equal(await ok(desk().netns, 'curl', '-sS', '--max-time', '50', '--data-binary', `@${file}`, `http://${NET.outside.ip4}/`), `${BIG_BYTES}\n`);
});

kernelCounterpartTest(['nmap'], 'nmap sees what the policies say, and no more', async () => {
  const scan = async (from: string, to: string, ports: string, ...how: string[]): Promise<Record<string, string>> => {
    const out = await ok(from, 'nmap', '-n', '-Pn', '--max-retries', '1', '--initial-rtt-timeout', '500ms', '--max-rtt-timeout', '500ms', '--host-timeout', '40s', ...(to.includes(':') ? ['-6'] : []), '-p', ports, ...how, to);
    return Object.fromEntries([...out.matchAll(/^(\d+)\/\w+ +(\S+)/gm)].map(m => [m[1]!, m[2]!]));
  };
  const before = await office.drops();
  assert.deepEqual(await scan(desk().netns, web.ip4, '22,80'), { 22: 'closed', 80: 'open' });
  assert.deepEqual(await scan(office.world, web.ip6, '22,80'), { 22: 'filtered', 80: 'open' });
  assert.deepEqual(await scan(office.world, NET.edge.ip4, '80,8080'), { 80: 'filtered', 8080: 'open' });
  assert.deepEqual(await scan(web.netns, desk().ip4, '22,80'), { 22: 'filtered', 80: 'filtered' });
  // Neither FIN nor Xmas tree nor nothing at all opens a connection.
  for (const how of ['-sF', '-sX', '-sN']) assert.deepEqual(await scan(office.world, web.ip6, '80', how), { 80: 'open|filtered' });
  const drops = await office.drops();
  for (const reason of ['no-rule', 'no-mapping', 'no-connection']) assert.ok((drops.get(reason) ?? 0) > (before.get(reason) ?? 0), reason);
});

kernelCounterpartTest(['tcpdump', 'ping'], 'tcpdump finds every checksum right that was changed on the way', async () => {
  const dump = await office.serve(office.world, ['tcpdump', '-n', '-vv', '-c', '8', '--immediate-mode', '-i', 'eth0', 'icmp or icmp6'], 'listening on eth0');
  let said = '';
  dump.stdout?.on('data', (text: string) => { said += text; });
  for (const to of [NET.outside.ip4, NET.outside.ip6]) await ok(desk().netns, 'ping', '-n', '-c', '2', '-i', '0.05', '-W', '5', to);
  await until('tcpdump has seen all', () => dump.exitCode !== null);
  assert.match(said, new RegExp(`${NET.edge.ip4} > ${NET.outside.ip4}: ICMP echo request`));
  assert.match(said, /\[icmp6 sum ok\]/);
  assert.doesNotMatch(said, /wrong|incorrect|bad cksum|invalid/);
});

kernelCounterpartTest(['scapy', 'ip', 'ping'], 'scapy: packets that brought others down are dropped by name, or forwarded, every one', async () => {
  const { netns, name, ip4, ip6 } = desks.get('udhcpc')!;
  await ok(netns, 'ping', '-n', '-c', '1', '-W', '5', NET.desks.router4);
  const router = /lladdr (\S+)/.exec(await ok(netns, 'ip', 'neigh', 'show', NET.desks.router4))![1]!;
  // From the desk into its network: what filters drop before, and what reaches the bridge.
  const counted = async (): Promise<{ readonly entered: number; readonly dropped: ReadonlyMap<string, number> }> => {
    const { ports, drops } = await office.stats();
    const filters = drops.filter(d => /^(Dhcp|Dns|Policies)\/office\/desks$/.test(d.owner)).reduce((sum, d) => sum + d.packets, 0);
    return { entered: filters + ports.find(p => p.peer === `office/${name}`)!.rxPackets, dropped: new Map(drops.map(d => [`${d.owner} ${d.reason} ${d.line}`, d.packets])) };
  };
  const before = await counted();
  const kinds = (await ok(netns, '/usr/bin/python3', join(import.meta.dirname, 'nasty.py'), 'eth0', router, ip4, ip6, web.ip4, web.ip6)).trim().split('\n').map(line => line.split('\t'));
  const sent = kinds.reduce((sum, [, frames]) => sum + Number(frames), 0);
  const after = await counted();
  assert.ok(kinds.length > 20 && after.entered - before.entered >= sent, `${sent} were sent, ${after.entered - before.entered} entered`);
  const reasons = new Set([...after.dropped].filter(([site, packets]) => packets > (before.dropped.get(site) ?? 0)).map(([site]) => site.split(' ')[1]!));
  for (const reason of ['short', 'bad-length', 'extension-headers', 'spoofed-address', 'spoofed-neighbor', 'router-advertisement', 'fragment-without-first', 'no-connection', 'tagged', 'double-tag']) {
    assert.ok(reasons.has(reason), `${reason}, of ${[...reasons].join(', ')}`);
  }
  for (const to of [web.ip4, web.ip6]) assert.match(await ok(netns, 'ping', '-n', '-c', '2', '-i', '0.05', '-W', '5', to), /2 received/);
});

kernelCounterpartTest(['qemu-system-x86_64', 'busybox', 'ip', 'apt-get'], 'a virtual machine on a TAP gets its address by DHCP, pings the router and the world, and fetches a large file', async t => {
  await ok(office.server, 'ip', 'tuntap', 'add', 'tap7', 'mode', 'tap');
  const machine = await office.machine('desks', 'machine', 'tap7');
  let console: string;
  try {
    console = await guest(office.programs, {
      netns: office.server, tap: 'tap7', mac: machine.mac, dir: office.dir,
      commands: [
        ...[NET.desks.router4, web.ip4, NET.outside.ip4].map(to => `ping -c 3 -i 0.2 -W 5 ${to}`),
        `wget -q -O - http://${NET.outside.ip4}/`, `echo "sum $(wget -q -O - http://${web.ip4}/big | sha256sum)"`,
      ],
    });
  } catch (error) {
    if (!(error instanceof MatrixUnavailable) || isRequired('counterparts')) throw error;
    t.skip(error.message);
    return;
  }
  assert.match(console, new RegExp(`^lease ${machine.ip4}/24 router ${NET.desks.router4} dns ${NET.desks.router4} mtu ${machine.mtu} domain desks.office.example name machine$`, 'm'));
  assert.equal(console.match(/3 packets transmitted, 3 packets received, 0% packet loss/g)?.length, 3, console);
  assert.match(console, new RegExp(`^world to ${NET.edge.ip4}$`, 'm'));
  assert.ok(console.includes(`sum ${createHash('sha256').update(bigFile()).digest('hex')}`), console);
  assert.match(await office.iov(['endpoint', 'detach', '--tap', 'tap7']), /office\/machine is detached/);
  assert.match(await ok(office.server, 'ip', '-br', 'link', 'show', 'tap7'), /DOWN/);
});

kernelCounterpartTest([], 'every packet is accounted for, and the kernel had nothing to say', async () => {
  const { ports, drops } = await office.stats();
  // What leads into an element leaves another, or an endpoint or device.
  for (const port of ports.filter(p => p.to === 'element')) {
    const [other] = ports.filter(p => p.owner === port.peer && p.peer === port.owner);
    assert.deepEqual([other?.rxPackets, other?.txPackets], [port.txPackets, port.rxPackets], `${port.owner} and ${port.peer}`);
  }
  assert.deepEqual(drops.filter(d => d.reason === '' || d.packets === 0), []);
  assert.deepEqual(said(), []);
});
