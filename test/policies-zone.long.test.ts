// Policies in a zone of two servers, on the vm engine: what is rejected is told, on both servers; what no rule allows any more ends, and what one
// does goes on; an endpoint has so many connections; rules are counted by their names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resource } from '../src/director/core/zone.fixture.ts';
import { Zone } from './zone.ts';

test('a policy with tiers and rejections over two servers, changed under flows', { timeout: 60_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const s1 = await zone.startVisor('s1', '192.0.2.1');
  const s2 = await zone.startVisor('s2', '192.0.2.2');
  const network = (name: string, subnet: string, more: object = {}): unknown => resource('Network', `red/${name}`, { subnets: [subnet], attach: { grant: { tier: name } }, ...more });
  const policy = (name: string, spec: object): Promise<unknown> => zone.client.apply([resource('Policy', `red/${name}`, spec)]);
  await zone.client.apply([resource('Domain', 'red'), network('web', '10.1.0.0/24'), network('db', '10.2.0.0/24'), resource('Router', 'red/r', { networks: ['web', 'db'] })]);
  await policy('db', { group: { tier: 'db' }, ingress: [{ from: { tier: 'web' }, ports: ['udp'], action: 'reject' }, { from: { tier: 'web' } }] });
  for (const [visor, on, name] of [[s1, 'web', 'web-1'], [s1, 'db', 'db-1'], [s2, 'db', 'db-2']] as const) await visor.visor.attach({ domain: 'red', network: on, netns: name, name });
  const device = (name: string) => zone.lab.host(name).device();
  const web = device('web-1').stack;
  const address = async (name: string): Promise<string> => String(Object(await zone.client.get({ kind: 'Endpoint', domain: 'red', name })).status.addresses[0]);
  await zone.settled();
  const dbs = await Promise.all(['db-1', 'db-2'].map(address));
  /** The last frame that web-1 heard: who sent it, protocol, and of ICMP type and code, of TCP the flags. */
  const told = (): unknown[] => {
    const frame = device('web-1').heard.at(-1)!;
    return [[...frame.subarray(26, 30)].join('.'), frame[23], ...frame[23] === 6 ? [frame[47]] : [...frame.subarray(34, 36)]];
  };
  for (const db of dbs) {
    assert.deepEqual([web.ping(db), web.tcp(db, 'x')], [true, true], db);
    assert.equal(web.udp(db, 'x'), false, db);
    assert.deepEqual(told(), [db, 1, 3, 13], 'administratively prohibited, by who it was for');
  }

  // A tier above has the first word. Established flows that it does not allow end; those that it leaves go on.
  await policy('db', { group: { tier: 'db' }, ingress: [{ from: { tier: 'web' } }] });
  await zone.settled();
  for (const db of dbs) assert.deepEqual([web.udp(db, 'x'), web.ping(db)], [true, true], db);
  await policy('guard', { group: {}, tier: 'admin', ingress: [{ from: { tier: 'web' }, ports: ['udp'], action: 'deny' }, { from: { tier: 'web' }, ports: ['tcp'], action: 'reject' }] });
  await zone.settled();
  for (const db of dbs) {
    assert.deepEqual([web.udp(db, 'x'), web.ping(db), web.tcp(db, 'x')], [false, true, false], db);
    assert.deepEqual(told(), [db, 6, 0x14], 'reset');
  }
  const drops = [...await s1.visor.drops(), ...await s2.visor.drops()];
  assert.deepEqual(drops.map(d => [d.reason, d.packets]).sort(), [['denied', 1], ['denied', 1]]);
  const counted = (await Promise.all([s1, s2].map(s => s.visor.stats()))).map(({ rules }) => rules.filter(r => r.owner === 'Policies/red/db' && r.packets > 0).map(r => [r.rule, r.packets]).sort());
  assert.deepEqual(counted, [0, 1].map(() => [['db ingress.0', 2], ['guard ingress.0', 1], ['guard ingress.1', 1]]));

  // So many connections: a ping and a dialogue; what is there goes on.
  await zone.client.delete({ kind: 'Policy', domain: 'red', name: 'guard' });
  await zone.client.apply([network('db', '10.2.0.0/24', { connections: { most: 2, openingSeconds: 20 } })]);
  await zone.settled();
  assert.equal(web.tcp(dbs[1]!, 'x'), false, 'db-2 has a ping, a dialogue, and a connection of TCP that is over');
  assert.deepEqual((await s2.visor.drops()).map(d => d.reason).sort(), ['connection-limit', 'denied']);
  assert.equal(web.ping(dbs[1]!), true);
});
