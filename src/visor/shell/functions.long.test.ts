// A user's module in a network, from its text to packets: compiled at admission, placed by a Function, told by its config; signed images over TLS.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import pino from 'pino';
import { DirectorClient, Refused } from '../../client/director.ts';
import { VisorClient } from '../../client/visor.ts';
import { Lab } from '../../datapath/vm/lab.ts';
import { openVmDatapath } from '../../datapath/vm/open.ts';
import { resource } from '../../director/core/zone.fixture.ts';
import { loadModules } from '../../director/shell/modules.ts';
import { runDirector } from '../../director/shell/run.ts';
import { runVisor } from './run.ts';

const logger = pino({ level: process.env['IOV_TEST_LOG'] ?? 'silent' });
const modules = loadModules();
const knock = readFileSync(resolve(import.meta.dirname, '../../../examples/modules/knock/knock.ts'), 'utf8');
const isRefused = (error: string, message: RegExp) => (e: unknown): boolean => e instanceof Refused && e.error.error === error && message.test(`${e.message} ${(e.error.diagnostics ?? []).join(' ')}`);

async function zone(t: TestContext): Promise<{ client: DirectorClient; lab: Lab; visor: VisorClient }> {
  const dir = mkdtempSync(join(tmpdir(), 'iov-functions-'));
  const director = await runDirector({ listen: [`unix:${dir}/d.sock`], stateDir: `${dir}/director`, modules: await modules, version: '0', logger });
  const client = new DirectorClient(director.address);
  const lab = new Lab({ hosts: 'on-demand' });
  const running = await runVisor({ name: 's1', underlay: '192.0.2.1', director: director.address, stateDir: `${dir}/s1`, listen: `unix:${dir}/v.sock`, lockDir: `${dir}/locks`, logger, openDatapath: () => openVmDatapath({ lab, server: 's1' }) });
  t.after(async () => { await running.close(); await director.close(); rmSync(dir, { recursive: true, force: true }); });
  return { client, lab, visor: new VisorClient(running.address) };
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await Promise.resolve().then(what).catch(() => false)) return;
    await new Promise(done => setTimeout(done, 50));
  }
  assert.fail(`not in 10 s: ${what}`);
}

test('a module is let in as what it compiles to; what is wrong with it is said at its line', async t => {
  const { client } = await zone(t);
  const pushed = await client.push({ name: 'knock', entry: 'knock.ts', sources: { 'knock.ts': knock } });
  assert.deepEqual(pushed.changes.map(c => [c.action, c.key]), [['created', 'Module/knock@1']]);
  assert.deepEqual((await client.push({ name: 'knock', entry: 'knock.ts', sources: { 'knock.ts': knock } })).changes.map(c => [c.action, c.key]), [['unchanged', 'Module/knock@1']]);
  assert.equal((await client.push({ name: 'knock', entry: 'knock.ts', sources: { 'knock.ts': knock.replace('= 22', '= 23') } })).changes[0]?.key, 'Module/knock@2');
  await assert.rejects(client.push({ name: 'bad', entry: 'bad.ts', sources: { 'bad.ts': knock.replace('return next();\n\n', 'return nxt();\n\n') } }), isRefused('invalid', /bad\.ts:\d+:\d+ IOV\d+/));
  await assert.rejects(client.push({ name: 'bad', entry: '../../etc/passwd', sources: {} }), isRefused('invalid', /does not compile/));
  const module = await client.get({ kind: 'Module', name: 'knock@1' });
  await assert.rejects(client.create({ ...module, metadata: { name: 'evil@1' } }), isRefused('invalid', /cannot be written: it is compiled when it is admitted/));
  await assert.rejects(client.patch({ kind: 'Module', name: 'knock@1' }, { spec: { entry: 'x' } }), isRefused('invalid', /never changes/));
  await client.apply([resource('Domain', 'shop'), resource('Network', 'shop/web', { subnets: ['10.0.0.0/24'] })]);
  const place = (spec: object): Promise<unknown> => client.create(resource('Function', 'shop/guard', { module: 'knock@1', on: { network: 'web' }, ...spec }));
  await assert.rejects(place({ module: 'knok@1' }), isRefused('invalid', /unknown Module 'knok@1'; did you mean 'knock@1'/));
  await assert.rejects(place({ config: { settings: { guarded: 70_000 } } }), isRefused('invalid', /settings\.guarded: 70000 is not an integer in 0 … 65535/));
  await assert.rejects(place({ config: { setings: {} } }), isRefused('invalid', /knock exports nothing of this name; it exports visitors, settings/));
  await place({ config: { settings: { guarded: 5000 } } });
  await assert.rejects(client.delete({ kind: 'Module', name: 'knock@1' }), isRefused('invalid', /is used by Function shop\/guard/));
  const router = readFileSync(resolve(import.meta.dirname, '../../../examples/modules/syn-guard/syn-guard.ts'), 'utf8');
  await client.push({ name: 'syn-guard', entry: 'syn-guard.ts', sources: { 'syn-guard.ts': router } });
  await assert.rejects(client.patch({ kind: 'Function', domain: 'shop', name: 'guard' }, { spec: { module: 'syn-guard@1' } }), isRefused('invalid', /is an xdp; a Function places filters/));
});

test('a function stands before the endpoints of its group, takes another config, and goes', { timeout: 60_000 }, async t => {
  const { client, lab, visor } = await zone(t);
  await client.push({ name: 'knock', entry: 'knock.ts', sources: { 'knock.ts': knock } });
  await client.apply([
    resource('Domain', 'shop'), resource('Network', 'shop/web', { subnets: ['10.0.0.0/24'], attach: { grant: { tier: 'web' } } }),
    resource('Function', 'shop/guard', { module: 'knock@1', on: { group: { tier: 'web' } }, config: { settings: { guarded: 7, sequence: [1, 2, 3] } } }),
  ]);
  for (const name of ['a', 'b']) await visor.attach({ domain: 'shop', network: 'web', netns: `/run/netns/${name}`, name });
  await until(async () => (await client.get({ kind: 'Function', domain: 'shop', name: 'guard' })).status?.['state'] === 'ready');
  const stack = (name: string) => lab.host(`/run/netns/${name}`).device().stack;
  const addressOf = async (name: string): Promise<string> => ((await client.get({ kind: 'Endpoint', domain: 'shop', name })).status as { addresses: string[] }).addresses[0]!;
  const to = await addressOf('b');
  const opens = (): boolean => stack('a').tcp(to, 'let me in');
  assert.deepEqual([stack('a').ping(to), opens()], [true, false]);
  for (const port of [1, 2, 3]) stack('a').tcp(to, 'knock', port);
  assert.equal(opens(), true, 'who knocked is let in');
  const drops = await visor.drops();
  const line = knock.split('\n').findIndex(l => l.includes("drop('not-welcome')")) + 1;
  assert.ok(drops.some(d => d.module === 'knock' && d.line === line && d.reason === 'not-welcome' && d.packets > 0), JSON.stringify(drops));
  // Other settings: the visitors that were let in stay so.
  await client.patch({ kind: 'Function', domain: 'shop', name: 'guard' }, { spec: { config: { settings: { guarded: 5000 } } } });
  await until(async () => (await client.get({ kind: 'Function', domain: 'shop', name: 'guard' })).status?.['state'] === 'ready');
  assert.deepEqual([stack('b').tcp(await addressOf('a'), 'x'), opens()], [true, true], 'another port is guarded now');
  // An endpoint of the network that is not in the group would meet it too: that is refused, and both are named.
  await client.apply([resource('Network', 'shop/other', { subnets: ['10.1.0.0/24'] }), resource('Endpoint', 'shop/x', { network: 'other', server: 's1' }), resource('Endpoint', 'shop/y', { network: 'other', server: 's1' })]);
  await assert.rejects(client.patch({ kind: 'Endpoint', domain: 'shop', name: 'y' }, { metadata: { labels: { tier: 'web' } } }), isRefused('invalid', /Network shop\/other has endpoints in the group \(y\) and outside of it \(x\)/));
  await client.delete({ kind: 'Function', domain: 'shop', name: 'guard' });
  await client.delete({ kind: 'Module', name: 'knock@1' });
  await until(async () => !(await visor.status()).elements.some(e => e.name.startsWith('Function/')));
  assert.equal(opens(), true);
});
