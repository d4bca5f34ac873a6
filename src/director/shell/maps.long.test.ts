// Maps of a user's module in a network: what they are, what servers have in them, changes while they run; who may, who does not answer.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { until, Zone } from '../../../test/zone.ts';
import { DirectorClient, Refused } from '../../client/director.ts';
import { hashOf } from '../../model/trust.ts';
import { resource } from '../core/zone.fixture.ts';

const knock = readFileSync(resolve(import.meta.dirname, '../../../examples/modules/knock/knock.ts'), 'utf8');
const isRefused = (error: string, message: RegExp) => (e: unknown): boolean => {
  assert.ok(e instanceof Refused, String(e));
  assert.match(e.message, message);
  return e.error.error === error;
};

test('maps of a function are read and changed where it runs, by who may', { timeout: 60_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const { client } = zone;
  const s1 = await zone.startVisor('s1', '192.0.2.1'), s2 = await zone.startVisor('s2', '192.0.2.2');
  await client.push({ name: 'knock', entry: 'knock.ts', sources: { 'knock.ts': knock } });
  await client.apply([
    resource('Domain', 'shop'), resource('Network', 'shop/web', { subnets: ['10.0.0.0/24'] }), resource('Domain', 'blue'),
    resource('Function', 'shop/guard', { module: 'knock@1', on: { network: 'web' }, config: { settings: { guarded: 7 }, visitors: [['10.0.0.200', { knocks: 3 }]] } }),
  ]);
  await s1.visor.attach({ domain: 'shop', network: 'web', netns: 'a', name: 'a', addresses: ['10.0.0.2'] });
  await s2.visor.attach({ domain: 'shop', network: 'web', netns: 'b', name: 'b', addresses: ['10.0.0.3'] });
  await zone.settled();

  const { maps, places, module } = await client.maps('shop/guard');
  assert.deepEqual(maps, [
    { name: 'visitors', kind: 'expiring', key: 'ip6', value: '{knocks: u32}', entries: 4096, set: 'both', inConfig: 1 },
    { name: 'settings', kind: 'config', key: '', value: '{guarded: u16, sequence: u16[3], patienceSeconds: u32, openSeconds: u32}', entries: 1, set: 'config' },
  ]);
  assert.deepEqual([module, places], ['knock@1', ['s1', 's2'].map(server => ({ server, network: 'web', module: 'knock@1' }))]);

  const stack = zone.lab.host('a').device().stack;
  assert.equal(stack.tcp('10.0.0.3', 'let me in'), false);
  const one = await client.changeMap('shop/guard', 'visitors', { set: [['10.0.0.2', { knocks: 3 }]], seconds: 60, server: 's2' });
  assert.deepEqual(one, { items: [{ server: 's2', network: 'web', module: 'knock@1', changed: 1 }], silent: [] });
  assert.equal(stack.tcp('10.0.0.3', 'let me in'), true, 'as if it had knocked');
  const { items, silent } = await client.readMap('shop/guard', 'visitors');
  assert.deepEqual(silent, []);
  assert.deepEqual(items.map(i => [i.server, i.rows?.map(r => [r.key, r.value, r.expiresSeconds === undefined])]), [
    ['s1', [['10.0.0.200', { knocks: 3 }, true]]],
    ['s2', [['10.0.0.2', { knocks: 3 }, false], ['10.0.0.200', { knocks: 3 }, true]]],
  ]);
  assert.deepEqual((await client.readMap('shop/guard', 'settings', { server: 's1' })).items[0]?.rows, [{ value: { guarded: 7, sequence: [7000, 8000, 9000], patienceSeconds: 10, openSeconds: 60 } }]);
  assert.deepEqual((await client.readMap('shop/guard', 'visitors', { key: '10.0.0.2' })).items.map(i => i.rows?.length), [0, 1]);
  const [page] = (await client.readMap('shop/guard', 'visitors', { server: 's2', limit: 1 })).items;
  assert.equal(page?.rows?.length, 1);
  assert.deepEqual((await client.readMap('shop/guard', 'visitors', { server: 's2', limit: 1, after: page.next })).items.map(i => [i.rows?.map(r => r.key), i.next]), [[['10.0.0.200'], undefined]]);
  assert.match((await client.events({ kind: 'Function' })).at(-1)?.message ?? '', /^visitors: 1 set, 0 deleted on s2, by uid \d+$/);
  assert.deepEqual((await client.audit({ kind: 'Function' })).items.filter(r => r.on).map(r => [r.action, r.key, r.on, r.before, r.after]), [
    ['changed', 'Function/shop/guard', ['s2/web'], { map: 'visitors', entries: [] }, { map: 'visitors', entries: [{ key: '10.0.0.2', value: { knocks: 3 }, expiresSeconds: 60 }] }],
  ]);

  // What is not as it should be is said before a server is asked, or by the server.
  await assert.rejects(client.changeMap('shop/guard', 'visitors', { set: [['10.0.0.2', { knocks: 2 ** 32 }]] }), isRefused('invalid', /Function shop\/guard: visitors\.0\.value\.knocks: 4294967296 is not an integer in 0 … 4294967295 \(Module knock@1\)/));
  await assert.rejects(client.changeMap('shop/guard', 'visitors', { delete: ['10.0.0'] }), isRefused('invalid', /'10\.0\.0' is not an address such as/));
  await assert.rejects(client.changeMap('shop/guard', 'settings', { set: [[0, {}]] }), isRefused('invalid', /is set as a whole, by the config/));
  await assert.rejects(client.changeMap('shop/guard', 'visitors', { delete: ['10.0.0.200'] }), isRefused('conflict', /has this entry from the config: 10\.0\.0\.200/));
  await assert.rejects(client.changeMap('shop/guard', 'visitors', {}), isRefused('bad-request', /needs 'set' or 'delete'/));
  await assert.rejects(client.changeMap('shop/guard', 'visitors', { delete: ['10.0.0.2'], server: 's3' }), isRefused('conflict', /runs nowhere there/));
  await assert.rejects(client.readMap('shop/guard', 'visitor'), isRefused('not-found', /exports no map visitor/));
  await assert.rejects(client.maps('shop/none'), isRefused('not-found', /no Function shop\/none/));

  // Who reads the domain sees, who edits it sets, others neither.
  const user = async (name: string, role: string, domain: string): Promise<DirectorClient> => {
    const token = `${name}-token-of-a-test`;
    await client.apply([resource('User', name, { tokens: [{ sha256: hashOf(token) }] }), resource('RoleBinding', name, { role, users: [name], domains: [domain] })]);
    return new DirectorClient(zone.director.address, { token });
  };
  const [viewer, editor, other] = [await user('viewer', 'viewer', 'shop'), await user('editor', 'editor', 'shop'), await user('other', 'editor', 'blue')];
  assert.equal((await viewer.readMap('shop/guard', 'visitors', { server: 's2' })).items[0]?.rows?.length, 2);
  await assert.rejects(viewer.changeMap('shop/guard', 'visitors', { delete: ['10.0.0.2'] }), isRefused('forbidden', /user viewer may not change maps of Function shop\/guard/));
  for (const asked of [() => other.maps('shop/guard'), () => other.readMap('shop/guard', 'visitors'), () => other.changeMap('shop/guard', 'visitors', { delete: ['10.0.0.2'] })]) await assert.rejects(asked, isRefused('forbidden', /user other may not/));
  await assert.rejects(editor.answer('s1', 'x', { kind: 'change-map', changed: 1 }), isRefused('forbidden', /may not answer for another server/));
  assert.deepEqual((await editor.changeMap('shop/guard', 'visitors', { delete: ['10.0.0.2'] })).items.map(i => i.changed), [0, 1]);
  assert.equal(stack.tcp('10.0.0.3', 'let me in'), false, 'shut again');
  // One entry of the log for all places that had the same: s1 had nothing there.
  const [onS1, onS2] = (await client.audit({ kind: 'Function' })).items.filter(r => r.by === 'user editor');
  assert.deepEqual([onS1!.on, onS1!.before, onS2!.on], [['s1/web'], { map: 'visitors', entries: [] }, ['s2/web']]);
  const [had] = (onS2!.before as { entries: { key: string; value: unknown; expiresSeconds: number }[] }).entries;
  assert.deepEqual([had?.key, had?.value, had!.expiresSeconds > 0, onS2!.after], ['10.0.0.2', { knocks: 3 }, true, { map: 'visitors', entries: [], deleted: ['10.0.0.2'] }]);

  // Who is away is named, and the others are heard.
  await s1.running.close();
  await until(async () => (await client.readMap('shop/guard', 'visitors')).silent.length > 0);
  const rest = await client.readMap('shop/guard', 'visitors');
  assert.deepEqual([rest.items.map(i => i.server), rest.silent], [['s2'], [{ server: 's1', why: 'its visor is not connected' }]]);
  await assert.rejects(client.answer('s2', 'nobody-asked', { kind: 'change-map', changed: 1 }), isRefused('not-found', /nobody waits/));
});
