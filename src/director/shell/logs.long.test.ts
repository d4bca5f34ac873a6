// What modules log in a network, read through the API: who said it, where and when; what was too much; who may read it; what follows after an answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, Zone } from '../../../test/zone.ts';
import { DirectorClient, Refused } from '../../client/director.ts';
import type { ReadLogs } from '../../model/asks.ts';
import { RecentLines } from '../../model/log-lines.ts';
import { hashOf } from '../../model/trust.ts';
import { resource } from '../core/zone.fixture.ts';

const SAYS = `import { Eth, Ipv4, Icmp, filter, log, next } from 'iovisor/module';
export default filter({
  egress(pkt) {
    const ip = pkt.at(Eth).payload(Ipv4);
    const icmp = ip?.payload(Icmp);
    if (ip && icmp) log\`\${ip.src} pings \${ip.dst}\`;
    return next();
  },
});
`;
const isRefused = (error: string, message: RegExp) => (e: unknown): boolean => e instanceof Refused && e.error.error === error && message.test(e.message);

test('lines of modules come from where they run, in order, and to who may read them', { timeout: 120_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const { client } = zone;
  const recent = new RecentLines();
  const s1 = await zone.startVisor('s1', '192.0.2.1', { recent }), s2 = await zone.startVisor('s2', '192.0.2.2');
  await client.push({ name: 'says', entry: 'says.ts', sources: { 'says.ts': SAYS } });
  await client.apply([
    ...['shop', 'blue'].flatMap(domain => [
      resource('Domain', domain), resource('Network', `${domain}/web`, { subnets: ['10.0.0.0/24'] }), resource('Function', `${domain}/says`, { module: 'says@1', on: { network: 'web' } }),
    ]),
  ]);
  for (const [{ visor }, name, address] of [[s1, 'a', '10.0.0.2'], [s2, 'b', '10.0.0.3']] as const) for (const domain of ['shop', 'blue']) await visor.attach({ domain, network: 'web', netns: `${domain}-${name}`, name, addresses: [address] });
  await zone.settled();
  const ping = (host: string, to: string): boolean => zone.lab.host(host).device().stack.ping(to);
  // Which of two servers looked first is not said.
  // On a machine that is busy elsewhere an answer may be late: who was silent has lost nothing by that.
  const logs = async (by: DirectorClient, wanted: Parameters<DirectorClient['logs']>[0]): Promise<ReadLogs> => {
    let heard = await by.logs(wanted);
    for (let i = 0; i < 20 && heard.silent.length > 0; i++) heard = await by.logs(wanted);
    return heard;
  };
  const texts = (logs: ReadLogs): unknown => logs.items.map(l => [l.server, l.owner, l.at, l.text]).sort(([a], [b]) => (a! < b! ? -1 : 1));

  assert.equal(ping('shop-a', '10.0.0.3'), true);
  const line = (server: string, text: string, domain = 'shop'): string[] => [server, `Function/${domain}/says/web`, 'says.ts:6', text];
  const first = await logs(client, { of: 'Function/shop/says' });
  assert.deepEqual([texts(first), first.silent], [[line('s1', '10.0.0.2 pings 10.0.0.3'), line('s2', '10.0.0.3 pings 10.0.0.2')], []]);
  assert.ok(first.items.every(l => Math.abs(l.wallMs - Date.now()) < 60_000 && l.source === 'module'));

  assert.equal(ping('blue-b', '10.0.0.2'), true);
  assert.equal(ping('shop-b', '10.0.0.2'), true);
  const next = await logs(client, { of: 'Function/shop/says', after: first.after });
  assert.deepEqual(texts(next), [line('s1', '10.0.0.2 pings 10.0.0.3'), line('s2', '10.0.0.3 pings 10.0.0.2')], 'what was said since, of this function');
  assert.deepEqual(texts(await logs(client, { of: 'Function/shop/says', after: next.after })), []);
  assert.deepEqual(texts(await logs(client, { of: 'Function/shop/says', server: 's2', limit: 1 })), [line('s2', '10.0.0.3 pings 10.0.0.2')], 'the newest of one server');
  assert.deepEqual(texts(await logs(client, { of: 'Function/shop/says', network: 'db' })), []);
  assert.deepEqual((await logs(client, { of: 'Domain/blue' })).items.map(l => l.owner), ['Function/blue/says/web', 'Function/blue/says/web']);
  recent.add({ wallMs: 1, server: 's1', source: 'visor', level: 'info', text: 'of the visor itself' });
  assert.deepEqual((await logs(client, { of: 'Server/s1' })).items.map(l => l.source).sort(), ['module', 'module', 'module', 'visor']);
  assert.equal((await s1.visor.logs()).lines.length, 4);

  // Too much of it is a number.
  for (let i = 0; i < 30; i++) ping('shop-a', '10.0.0.3');
  let said: ReadLogs['items'] = [];
  await until(async () => { said = (await logs(client, { of: 'Function/shop/says', server: 's1', after: next.after })).items; return said.reduce((sum, l) => sum + (l.unsaid ?? 1), 0) === 30; });
  assert.ok(said.filter(l => l.unsaid === undefined).length < 30, 'some were not kept');

  const user = async (name: string, domain?: string): Promise<DirectorClient> => {
    const token = `${name}-token-of-a-test`;
    await client.apply([resource('User', name, { tokens: [{ sha256: hashOf(token) }] }), resource('RoleBinding', name, { role: 'viewer', users: [name], ...domain !== undefined && { domains: [domain] } })]);
    return new DirectorClient(zone.director.address, { token });
  };
  const [shop, all] = [await user('shop', 'shop'), await user('all')];
  assert.equal((await logs(shop, { of: 'Function/shop/says', limit: 1 })).items.length, 2);
  for (const key of ['Function/blue/says', 'Domain/blue', 'Server/s1', 'Director']) await assert.rejects(shop.logs({ of: key }), isRefused('forbidden', /user shop may not read the logs of/), key);
  for (const key of ['Function/blue/says', 'Server/s1', 'Director']) await all.logs({ of: key });
  for (const key of ['Function/shop/none', 'Function/shop', 'Server/s3', 'Server/s1/x', 'Network/shop/web', 'Domain/none']) await assert.rejects(client.logs({ of: key }), isRefused('not-found', /there is no/), key);
  await assert.rejects(client.logs({ of: 'Server/s1', after: 'nonsense' }), isRefused('bad-request', /'after' is not what an answer ended with/));

  // A visor that starts anew counts anew: nothing of it is missed; who is away is named.
  const before = await logs(client, { of: 'Server/s1' });
  await s1.running.close();
  await until(async () => (await client.logs({ of: 'Server/s1' })).silent.length > 0);
  assert.deepEqual((await client.logs({ of: 'Function/shop/says' })).silent, [{ server: 's1', why: 'its visor is not connected' }]);
  await zone.startVisor('s1', '192.0.2.1');
  ping('blue-a', '10.0.0.3');
  await until(async () => (await client.logs({ of: 'Server/s1', after: before.after })).items.some(l => l.owner === 'Function/blue/says/web'));
});
