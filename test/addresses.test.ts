// What a workload's own kernel and a client by hand are told by a network: router advertisements (RFC 4861, RFC 8106, RFC 4191) and DHCPv6
// (RFC 8415), on the kernel engine.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resource } from '../src/director/core/zone.fixture.ts';

import { openNetlinkSocket, Netlink } from '../src/netlink/client.ts';
import { setLink } from '../src/netlink/links.ts';
import { writeSysctl } from '../src/netlink/sysctl.ts';
import { withNamespace } from '../src/sys/namespace.ts';
import { kernelTest } from './require.ts';
import { until, zoneOfNamespaces } from './zone-of-namespaces.ts';

/** RTNLGRP_ND_USEROPT, as a bit: options of advertisements that are user space's, as resolvers are. */
const ND_USEROPT = 1 << 19;
/** linux/ipv6_route.h */
const RTF = { EXPIRES: 0x40_0000, ADDRCONF: 0x4_0000, DEFAULT: 0x1_0000 } as const;

const CLIENT = new URL('./fixtures/dhcpv6-client.ts', import.meta.url).pathname;
const digits = (address: string): string => {
  const [front = '', back = ''] = address.split('::').map(half => half.split(':').filter(w => w !== '').map(w => w.padStart(4, '0')).join(''));
  return front + '0'.repeat(32 - front.length - back.length) + back;
};

kernelTest('a workload whose kernel listens to routers gets its default route without end, its resolver and MTU; a client by hand its address by DHCPv6', async t => {
  const zone = await zoneOfNamespaces(t, 'iov-addr-', { servers: 1, workloads: ['web-1'] });
  const dns = 'fd00:1::53';
  await zone.director.apply([
    resource('Domain', 'red'), resource('Network', 'red/web', { subnets: ['fd00:1::/64'], mtu: 1380, dhcp: { dns: [dns], domain: 'red.example', leaseSeconds: 600 } }),
    resource('Router', 'red/r', { networks: ['web'] }),
  ]);
  const netns = zone.at('web-1');
  await zone.visors[0]!.attach({ domain: 'red', network: 'web', netns, name: 'web-1' });
  await zone.settled();
  const { status } = await zone.director.get({ kind: 'Endpoint', domain: 'red', name: 'web-1' });
  const own = String(Object(status).addresses[0]);

  const socket = openNetlinkSocket({ netns, groups: ND_USEROPT });
  t.after(() => socket.close());
  using inside = new Netlink({ netns });
  setLink(inside, 'eth0', { state: 'down' });
  writeSysctl(netns, 'net/ipv6/conf/eth0/accept_ra', 1);
  setLink(inside, 'eth0', { state: 'up' });
  const routes = (): { readonly via: string; readonly flags: number }[] => withNamespace(netns, () => readFileSync('/proc/thread-self/net/ipv6_route', 'utf8')).split('\n')
    .map(line => line.split(/\s+/)).filter(([to, bits]) => to === '0'.repeat(32) && bits === '00').map(fields => ({ via: fields[4] ?? '', flags: Number.parseInt(fields[8] ?? '0', 16) }));
  const told = (): { readonly via: string; readonly flags: number }[] => routes().filter(r => (r.flags & RTF.ADDRCONF) !== 0);
  await until(() => told().length > 0);
  assert.deepEqual(told().map(({ via, flags }) => [/^fe80/.test(via), flags & RTF.EXPIRES, flags & RTF.DEFAULT]), [[true, 0, RTF.DEFAULT]], 'the router has no end');
  assert.equal(withNamespace(netns, () => readFileSync('/proc/sys/net/ipv6/conf/eth0/mtu', 'utf8')).trim(), '1380');
  const options: string[] = [];
  for (let got = socket.receive(); got; got = socket.receive()) options.push(Buffer.from(got.bytes).toString('hex'));
  assert.ok(options.some(o => o.includes(`1903${'0000'}ffffffff${digits(dns)}`)), `the resolver, of ${options}`);
  assert.ok(options.some(o => o.includes(`${'0000'}ffffffff${'03726564076578616d706c6500'}`)), `the domain, of ${options}`);
  // No address of its own making.
  const addresses = withNamespace(netns, () => readFileSync('/proc/thread-self/net/if_inet6', 'utf8')).trim().split('\n').filter(line => line.endsWith('eth0')).map(line => line.slice(0, 4));
  assert.deepEqual(addresses, ['fe80']);

  const { stdout, stderr } = withNamespace(netns, () => spawnSync(process.execPath, [CLIENT, 'eth0'], { encoding: 'utf8', timeout: 20_000 }));
  const answers = stdout.trim().split('\n');
  assert.deepEqual(answers.map(a => a.slice(0, 8)), ['0200000a', '0700000a', '0700000a', '0700000a'], stderr);
  for (const answer of answers.slice(0, 3)) {
    assert.ok(answer.includes(`00050018${digits(own)}0000025800000258`), `${own} for 600 s, of ${answer}`);
    assert.ok(answer.includes(`00170010${digits(dns)}`) && answer.includes('03726564076578616d706c6500'));
  }
  assert.ok(answers[3]?.includes('000d00020000'), 'released');
  assert.deepEqual((await zone.visors[0]!.drops()).filter(d => /bridge|dhcp/.test(d.module)).map(d => d.reason), []);
});
