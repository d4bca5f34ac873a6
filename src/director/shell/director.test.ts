// The Director's API as its clients meet it: over a real socket, with a real store.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import pino from 'pino';
import { DirectorClient, Refused } from '../../client/director.ts';
import { changedSection, type PlanMessage } from '../../model/plan.ts';
import { modules, resource, twoTenants } from '../core/zone.fixture.ts';
import { StartRefused } from './refused.ts';
import { parseListen } from './listen.ts';
import { restoreStore } from './restore.ts';
import { runDirector, type RunningDirector } from './run.ts';

const logger = pino({ level: 'silent' });
const imageText = '{"format":1}';
const loaded = { bridge: { planned: modules.bridge, imageText }, router: { planned: modules.router, imageText }, firewall: { planned: modules.firewall, imageText }, dhcp: { planned: modules.dhcp, imageText }, dns: { planned: modules.dns, imageText }, uplink: { planned: modules.uplink, imageText }, nat44: { planned: modules.nat44, imageText } };

async function start(t: TestContext, stateDir?: string): Promise<{ director: RunningDirector; client: DirectorClient; dir: string }> {
  const dir = stateDir ?? mkdtempSync(join(tmpdir(), 'iov-director-'));
  const director = await runDirector({ listen: `unix:${dir}/d.sock`, stateDir: dir, modules: loaded, version: '0', logger });
  t.after(() => director.close().catch(() => {}));
  if (stateDir === undefined) t.after(() => rmSync(dir, { recursive: true, force: true }));
  return { director, client: new DirectorClient(director.address), dir };
}

const refused = (error: string, message: RegExp) => (e: unknown): boolean => e instanceof Refused && e.error.error === error && message.test(e.message);

test('resources: apply, list, get with status, replace, conflict, delete', async t => {
  const { client } = await start(t);
  const applied = await client.apply(twoTenants);
  assert.deepEqual([applied.revision, applied.changes.length], [1, twoTenants.length]);
  assert.equal((await client.list({ kind: 'Network' })).items.length, 2);
  assert.equal((await client.list({ domain: 'red' })).items.length, 4);
  const web = await client.get({ kind: 'Network', domain: 'red', name: 'web' });
  assert.deepEqual([web.metadata.revision, web.status?.['servers']], [1, ['s1', 's2']]);
  await client.replace({ kind: 'Network', domain: 'red', name: 'web' }, { ...web, spec: { ...web.spec, mtu: 1400 } });
  await assert.rejects(client.replace({ kind: 'Network', domain: 'red', name: 'web' }, web), refused('conflict', /changed since, in revision 2/));
  await assert.rejects(client.create(resource('Domain', 'red')), refused('exists', /Domain red exists/));
  await assert.rejects(client.delete({ kind: 'Server', name: 's1' }), refused('invalid', /is used by Endpoint blue\/a, Endpoint red\/a/));
  await assert.rejects(client.apply([{ kind: 'x' }]), refused('invalid', /apiVersion/));
  assert.equal((await client.delete({ kind: 'Endpoint', domain: 'red', name: 'a' })).changes[0]?.action, 'deleted');
  await assert.rejects(client.get({ kind: 'Endpoint', domain: 'red', name: 'a' }), refused('not-found', /there is no Endpoint red\/a/));
  assert.equal((await client.get({ kind: 'Server', name: 's1' })).status?.['state'], 'never heard');
});

test('lists: by labels, in pages; a page of a zone that went on is not guessed', async t => {
  const { client } = await start(t);
  await client.apply([...twoTenants, resource('Network', 'red/db', { subnets: ['10.2.0.0/24'], attach: { grant: { tier: 'db' } } }, { labels: { owner: 'x' } }), resource('Endpoint', 'red/d', { network: 'db', server: 's1' })]);
  const names = async (labels: string): Promise<string[]> => (await client.list({ labels })).items.map(r => `${r.kind} ${r.metadata.name}`);
  assert.deepEqual([await names('tier=db'), await names('owner=x'), await names('tier!=db,owner')], [['Endpoint d'], ['Network db'], ['Network db']]);
  await assert.rejects(client.list({ labels: 'a=' }), refused('bad-request', /'a=' does not select/));
  const first = await client.list({ limit: 5 });
  const second = await client.list({ limit: 5, continue: first.continue! });
  const third = await client.list({ limit: 5, continue: second.continue! });
  const keys = [...first.items, ...second.items, ...third.items].map(r => `${r.kind}/${'domain' in r.metadata ? `${r.metadata.domain}/` : ''}${r.metadata.name}`);
  assert.deepEqual([keys.length, third.continue, keys], [12, undefined, [...new Set(keys)].sort()]);
  await assert.rejects(client.list({ continue: 'x' }), refused('bad-request', /not what a list answered/));
  await assert.rejects(client.list({ continue: Buffer.from('00 1 Domain/red').toString('base64url') }), refused('gone', /too old, list again/));
});

test('patch: fields are merged, taken away, guarded by a revision, tried', async t => {
  const { client } = await start(t);
  await client.apply(twoTenants);
  const web = { kind: 'Network', domain: 'red', name: 'web' } as const;
  const patched = await client.patch(web, { spec: { mtu: 1400 }, metadata: { labels: { a: 'b' } } }, { revision: 1 });
  assert.deepEqual([patched.revision, patched.changes[0]!.fields.map(f => f.path)], [2, ['metadata.labels', 'spec.mtu']]);
  await assert.rejects(client.patch(web, { spec: { mtu: 1300 } }, { revision: 1 }), refused('conflict', /changed since, in revision 2/));
  await assert.rejects(client.patch(web, { spec: { mtu: 1300 }, metadata: { revision: 1 } }), refused('conflict', /changed since/));
  await assert.rejects(client.patch(web, { metadata: { name: 'other' } }), refused('invalid', /does not match the address/));
  await assert.rejects(client.patch(web, { spec: null }), refused('invalid', /missing field 'spec'/));
  await assert.rejects(client.patch(web, 'x'), refused('invalid', /is a mapping/));
  await assert.rejects(client.patch({ ...web, name: 'none' }, {}), refused('not-found', /no Network red\/none/));
  const tried = await client.patch(web, { spec: { mtu: null } }, { dryRun: true });
  assert.deepEqual([tried.revision, tried.dryRun, tried.plans?.map(p => [p.server, p.endpoints])], [2, true, [['s1', [{ name: 'red/a', action: 'changed' }]], ['s2', [{ name: 'red/b', action: 'changed' }]]]]);
  assert.deepEqual((await client.patch(web, { spec: { mtu: null }, status: { x: 1 } })).changes[0]!.fields, [{ path: 'spec.mtu', before: 1400 }]);
});

test('what is too much or too deep is refused before it is read', async t => {
  const { client } = await start(t);
  const deep: unknown = JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`);
  await assert.rejects(client.create({ apiVersion: deep }), refused('bad-request', /nested more than/));
  await assert.rejects(client.patch({ kind: 'Domain', name: 'x' }, { spec: deep }), refused('bad-request', /nested more than/));
});

test('state survives a restart; OpenAPI and images are served', async t => {
  const first = await start(t);
  await first.client.apply(twoTenants);
  const { epoch } = await first.client.health();
  await first.director.close();
  const { client } = await start(t, first.dir);
  assert.deepEqual(await client.health(), { ok: true, epoch, revision: 1, version: '0', you: `uid ${process.getuid?.()}` });
  assert.ok('/v1/apply' in (await client.openapi() as { paths: object }).paths);
  assert.equal((await client.image('bridge-image')).text, '{"format":1}');
  await assert.rejects(client.image('other'), refused('not-found', /image/));
});

test('a plan watch: sections, plan, synced, then changes; sections that the reader has are not sent again', async t => {
  const { client } = await start(t);
  await client.apply(twoTenants);
  const stop = new AbortController();
  const watch = client.plan('s1', [], stop.signal);
  const read = async (until: PlanMessage['type'], from = watch): Promise<PlanMessage[]> => {
    const heard: PlanMessage[] = [];
    for (;;) {
      const { value } = await from.next();
      heard.push(value as PlanMessage);
      if ((value as PlanMessage).type === until) return heard;
    }
  };
  const first = await read('synced');
  assert.deepEqual(first.map(m => m.type), ['section', 'section', 'section', 'plan', 'synced']);
  const plan = first[3]!;
  assert.ok(plan.type === 'plan' && plan.generation.revision === 1);
  await client.apply([resource('Endpoint', 'red/c', { network: 'web', server: 's2' })]);
  const [delta, next] = await read('plan');
  assert.ok(delta?.type === 'delta' && next?.type === 'plan' && plan.elements.includes(delta.base) && next.elements.includes(delta.hash));
  const base = first.find(m => m.type === 'section' && m.hash === delta.base);
  assert.ok(base?.type === 'section' && JSON.stringify(delta).length < JSON.stringify(base).length);
  const changed = changedSection(base.section, delta);
  assert.deepEqual([changed?.kind, changedSection(undefined, delta), changedSection(base.section, { ...delta, hash: delta.base })], ['element', undefined, undefined]);
  await client.apply([resource('Domain', 'green')]);
  const bookmark = (await read('bookmark')).at(-1)!;
  assert.ok(bookmark.type === 'bookmark' && bookmark.generation.revision >= 2);
  const again = client.plan('s1', [plan.own!, plan.elements[0]!], stop.signal);
  assert.deepEqual((await read('synced', again)).map(m => m.type), ['section', 'plan', 'synced']);
  stop.abort();
});

test('a resource watch: all, synced, changes, deletions', async t => {
  const { client } = await start(t);
  await client.apply(twoTenants);
  const stop = new AbortController();
  const watch = client.watch({ kind: 'Domain' }, stop.signal);
  const next = async (): Promise<string> => { const m = (await watch.next()).value!; return m.type === 'put' ? `put ${m.resource.metadata.name}` : m.type === 'deleted' ? `deleted ${m.key}` : m.type; };
  assert.deepEqual([await next(), await next(), await next()], ['put blue', 'put red', 'synced']);
  await client.apply([resource('Domain', 'green'), resource('Server', 's3', { underlay: '192.0.2.3' })]);
  assert.equal(await next(), 'put green');
  await client.delete({ kind: 'Domain', name: 'green' });
  assert.equal(await next(), 'deleted Domain/green');
  stop.abort();
});

test('a resource watch says that it is synced when all that was there is sent, however much it is, and though it changes meanwhile', async t => {
  const { client } = await start(t);
  const labels = (value: string) => Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`label-${i}`, value.repeat(60)]));
  await client.apply(Array.from({ length: 1000 }, (_, i) => resource('Domain', `d${i}`, {}, { labels: labels('a') })));
  const stop = new AbortController();
  const watch = client.watch({ kind: 'Domain' }, stop.signal);
  const heard = [(await watch.next()).value!];
  await client.apply([resource('Domain', 'd0', {}, { labels: labels('b') }), resource('Domain', 'z')]);
  while (heard.at(-1)!.type !== 'synced') heard.push((await watch.next()).value!);
  const names = new Set(heard.flatMap(m => m.type === 'put' ? [m.resource.metadata.name] : []));
  assert.equal(names.size, 1001);
  assert.equal((heard.at(-1) as { revision: number }).revision, 2);
  stop.abort();
});

test('a watch goes on from a revision, over a restart too; what is too old is said', async t => {
  const first = await start(t);
  await first.client.apply(twoTenants);
  const { epoch } = await first.client.health();
  await first.client.apply([resource('Domain', 'green')]);
  await first.client.delete({ kind: 'Domain', name: 'green' });
  await first.client.apply([resource('Domain', 'blue', {}, { labels: { a: 'b' } })]);
  await first.director.close();
  const { client } = await start(t, first.dir);
  const stop = new AbortController();
  const heard: string[] = [];
  for await (const m of client.watch({ epoch, revision: 1 }, stop.signal)) {
    heard.push(m.type === 'put' ? `put ${m.resource.metadata.name}` : m.type === 'deleted' ? `deleted ${m.key}` : m.type);
    if (m.type === 'synced') break;
  }
  assert.deepEqual(heard, ['put blue', 'deleted Domain/green', 'synced']);
  await assert.rejects(client.watch({ epoch: '00', revision: 1 }, stop.signal).next(), refused('gone', /too old, list again/));
  await assert.rejects(client.watch({ epoch, revision: 99 }, stop.signal).next(), refused('gone', /too old, list again/));
  stop.abort();
});

test('a status is told with its resources, and drops are summed up', async t => {
  const { client } = await start(t);
  await client.apply(twoTenants);
  const uid = (await client.get({ kind: 'Endpoint', domain: 'red', name: 'a' })).status?.['uid'] as string;
  const element = (await client.get({ kind: 'Network', domain: 'red', name: 'web' })).status?.['uid'] as string;
  const { epoch } = await client.health();
  const generation = { epoch, revision: 1, planner: 1 };
  await client.report({
    server: 's1', engine: 'vm', started: '1', received: generation, applied: generation, elements: [], degraded: [], changes: 0,
    endpoints: [{ uid, name: 'red/a', state: 'ready' }], drops: [{ element, module: 'bridge', file: 'bridge.ts', line: 3, reason: 'unknown-station', packets: 7 }],
  });
  assert.equal((await client.get({ kind: 'Endpoint', domain: 'red', name: 'a' })).status?.['state'], 'ready');
  assert.equal((await client.get({ kind: 'Server', name: 's1' })).status?.['state'], 'ready');
  assert.deepEqual(await client.drops(), [{ element, module: 'bridge', file: 'bridge.ts', line: 3, reason: 'unknown-station', packets: 7, server: 's1', owner: 'Network/red/web' }]);
});

test('events and audit: what happened, who did it, from what to what', async t => {
  const { client } = await start(t);
  await client.apply(twoTenants);
  const web = { kind: 'Network', domain: 'red', name: 'web' } as const;
  await client.patch(web, { spec: { mtu: 1400 } });
  await client.delete({ kind: 'Endpoint', domain: 'red', name: 'a' });
  const { items, revision } = await client.audit({ after: 1 });
  const me = `uid ${process.getuid!()}`;
  assert.deepEqual(items.map(r => [r.revision, r.by, r.action, r.key]), [[2, me, 'changed', 'Network/red/web'], [3, me, 'deleted', 'Endpoint/red/a']]);
  assert.deepEqual([revision, (items[0]!.before as { spec: object }).spec, (items[0]!.after as { spec: object }).spec], [3, { subnets: ['10.1.0.0/24'] }, { subnets: ['10.1.0.0/24'], mtu: 1400 }]);
  assert.deepEqual([(items[1]!.before as { spec: { server: string } }).spec.server, 'after' in items[1]!], ['s1', false]);
  assert.equal((await client.audit()).items.filter(r => r.action === 'created').length, twoTenants.length);
  const uid = (await client.get({ kind: 'Endpoint', domain: 'red', name: 'b' })).status?.['uid'] as string;
  const say = (state: 'ready' | 'degraded', message?: string): Promise<void> => client.report({
    server: 's2', engine: 'vm', started: '1', received: null, applied: null, elements: [], degraded: [], changes: 0, drops: [],
    endpoints: [{ uid, name: 'red/b', state, ...(message === undefined ? {} : { message }) }],
  });
  await say('ready');
  await say('ready');
  await say('degraded', 'no device');
  const told = async (about: object): Promise<string[]> => (await client.events(about)).map(e => `${e.key} ${e.what}${e.server === undefined ? '' : ` on ${e.server}`}: ${e.message}`);
  assert.deepEqual(await told(web), [`Network/red/web created: in revision 1, by ${me}`, `Network/red/web changed: in revision 2, by ${me}`]);
  assert.deepEqual(await told({ kind: 'Endpoint', domain: 'red', name: 'b' }), [`Endpoint/red/b created: in revision 1, by ${me}`, 'Endpoint/red/b degraded on s2: no device']);
  assert.deepEqual((await told({ kind: 'Server', name: 's2' })).slice(1), ['Server/s2 heard on s2: its visor runs with the vm engine']);
});

test('a backup while it runs is what another Director starts from, under an epoch of its own', async t => {
  const { client, dir } = await start(t);
  await client.apply(twoTenants);
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.backup()) chunks.push(chunk);
  assert.deepEqual(readdirSync(dir).filter(n => n.startsWith('backup')), []);
  writeFileSync(join(dir, 'file'), Buffer.concat(chunks));
  const { epoch } = restoreStore(join(dir, 'file'), join(dir, 'other'));
  const other = await start(t, join(dir, 'other'));
  assert.deepEqual([await other.client.health().then(h => [h.epoch, h.revision]), (await other.client.list()).items.length], [[epoch, 2], twoTenants.length]);
  assert.notEqual((await client.health()).epoch, epoch);
  const memory = await runDirector({ listen: `unix:${dir}/m.sock`, modules: loaded, version: '0', logger });
  t.after(() => memory.close());
  await assert.rejects(new DirectorClient(memory.address).backup().next(), refused('unavailable', /in memory/));
});

test('it listens on this machine only, and says why it cannot listen', async t => {
  for (const text of ['0.0.0.0:1', '192.0.2.1:80', '[2001:db8::1]:80', 'example.org:80']) {
    assert.throws(() => parseListen(text), (e: unknown) => e instanceof StartRefused && /without TLS/.test(e.message), text);
  }
  assert.deepEqual(parseListen('https://0.0.0.0:8470'), { host: '0.0.0.0', port: 8470, tls: true });
  assert.deepEqual([parseListen('127.0.0.1:1'), parseListen('[::1]:2'), parseListen('unix:/x')], [{ host: '127.0.0.1', port: 1, tls: false }, { host: '::1', port: 2, tls: false }, { path: '/x' }]);
  const { director, dir } = await start(t);
  await assert.rejects(runDirector({ listen: director.address, modules: loaded, version: '0', logger }), (e: unknown) => e instanceof StartRefused && /another process listens/.test(e.message));
  await assert.rejects(runDirector({ listen: '127.0.0.1:0', stateDir: dir, modules: loaded, version: '0', logger }), (e: unknown) => e instanceof StartRefused && /another Director uses/.test(e.message));
  const tcp = await runDirector({ listen: '127.0.0.1:0', modules: loaded, version: '0', logger });
  await assert.rejects(runDirector({ listen: tcp.address, modules: loaded, version: '0', logger }), (e: unknown) => e instanceof StartRefused && /port \d+ of 127.0.0.1 is in use/.test(e.message));
  await tcp.close();
});
