// What the networks of a zone tell their endpoints of IPv6, in the vm: router advertisements and DHCPv6, as Director and visor wired them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resource } from '../../director/core/zone.fixture.ts';
import { ipv6Bytes } from '../../lang/packets/address.ts';
import { build } from '../../lang/packets/build.ts';
import { bytes, eth, icmpv6, ipv6, udp, type Frame } from '../../lang/packets.ts';
import { linkLocalOf } from '../../model/address.ts';
import { until, Zone } from '../../../test/zone.ts';

test('IPv6: a router solicitation and DHCPv6 are answered, behind any policy, with a router or without one', { timeout: 60_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const s1 = await zone.startVisor('s1', '192.0.2.1');
  const network = (name: string, subnet: string, dhcp?: object): unknown => resource('Network', `red/${name}`, { subnets: [subnet], ...dhcp && { dhcp } });
  await zone.client.apply([
    resource('Domain', 'red'), network('web', 'fd00:1::/64', { dns: ['fd00:1::53'], leaseSeconds: 600 }), network('db', 'fd00:2::/64', {}), network('plain', 'fd00:3::/64'), network('none', 'fd00:4::/64'),
    resource('Router', 'red/r', { networks: ['web', 'plain'] }), resource('Policy', 'red/closed', { group: {}, ingress: [], egress: [] }),
  ]);
  for (const name of ['web', 'db', 'plain', 'none']) await s1.visor.attach({ domain: 'red', network: name, netns: name, name });
  await until(async () => (await zone.client.statuses()).every(s => s.status.endpoints.length === 4 && s.status.endpoints.every(e => e.state === 'ready')));
  const heard = (name: string, dst: string, ...layers: Frame): string => {
    const device = zone.lab.host(name).device();
    const { mac } = device.spec;
    const before = device.heard.length;
    device.send(build([eth({ dst: '33:33:00:00:00:02', src: mac }), ipv6({ src: linkLocalOf(mac), dst, hopLimit: 255 }), ...layers]));
    return Buffer.from(device.heard[before] ?? []).toString('hex');
  };
  // Hop limit, flags M and O, lifetime: behind Ethernet, IPv6 and the first word of ICMPv6.
  const advert = (name: string): string => heard(name, 'ff02::2', icmpv6({ type: 133 })).slice(2 * 58, 2 * 62);
  assert.deepEqual(['web', 'db', 'plain', 'none'].map(advert), ['40c0ffff', '40c00000', '4000ffff', '']);
  assert.ok(heard('web', 'ff02::2', icmpv6({ type: 133 })).includes(`03044080ffffffffffffffff00000000${'fd000001'.padEnd(32, '0')}`), 'its subnet, on the link, and nobody makes addresses of it');
  const solicit = (name: string): string => heard(name, 'ff02::1:2', udp({ srcPort: 546, dstPort: 547 }), bytes('0100000a 0001000a0003000102000000abcd 0003000c000000010000000000000000'));
  const own = async (name: string): Promise<string> => String(Object(await zone.client.get({ kind: 'Endpoint', domain: 'red', name })).status.addresses[0]);
  const digits = (address: string): string => Buffer.from(ipv6Bytes(address)).toString('hex');
  assert.ok(solicit('web').includes(`00050018${digits(await own('web'))}0000025800000258`) && solicit('web').includes(`00170010${digits('fd00:1::53')}`));
  assert.ok(solicit('db').includes(`00050018${digits(await own('db'))}`));
  assert.deepEqual([solicit('plain'), solicit('none')], ['', ''], 'no DHCP was asked for');
});
