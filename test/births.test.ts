// Workloads that come while no Director is there, on the kernel engine, with Linux's own stacks: they reach each other by what was leased to their server,
// as policies allow; it is all theirs when the Director is back.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resource } from '../src/director/core/zone.fixture.ts';
import { withNamespace } from '../src/sys/namespace.ts';
import { kernelTest } from './require.ts';
import { until, zoneOfNamespaces } from './zone-of-namespaces.ts';

const SERVER = "import { createServer } from 'node:net'; for (const port of [7, 9]) createServer(c => { c.on('error', () => c.destroy()); c.pipe(c); }).listen(port, '::', () => { if (port === 9) console.log('ready'); });";
const CLIENT = `import { connect } from 'node:net'; const say = text => { console.log(text); process.exit(); }; setTimeout(() => say('silence'), 1500);
  const [host, port] = process.argv.slice(1); connect({ host, port: Number(port) }, () => say('open')).on('error', e => say(e.code));`;
const node = (script: string, ...args: readonly string[]): string[] => ['--input-type=module', '-e', script, ...args];

kernelTest('two workloads are born without a Director, in two networks behind a router, under a policy: by IPv4 and IPv6, and known to it later', async t => {
  const zone = await zoneOfNamespaces(t, 'iov-births-', { servers: 1, workloads: ['web-1', 'db-1', 'web-2', 'db-2'] });
  const visor = zone.visors[0]!;
  const network = (name: string, n: number): unknown => resource('Network', `red/${name}`, { subnets: [`10.1.${n}.0/24`, `fd00:${n}::/64`], attach: { grant: { tier: name } } });
  await zone.director.apply([
    resource('Domain', 'red'), resource('Router', 'red/r', { networks: ['web', 'db'] }), network('web', 1), network('db', 2),
    resource('Policy', 'red/db', { group: { tier: 'db' }, ingress: [{ from: { tier: 'web' }, ports: ['tcp/7', 'icmp'] }] }),
  ]);
  const attach = (of: string, name: string) => visor.attach({ domain: 'red', network: of, netns: zone.at(name), name });
  await attach('web', 'web-1');
  await attach('db', 'db-1');
  for (const name of ['web', 'db']) await until(async () => (Object((await zone.director.get({ kind: 'Network', domain: 'red', name })).status).leases as Record<string, number>)['s1'] === 8);
  await zone.settled();

  await zone.stopDirector();
  const [web, db] = [await attach('web', 'web-2'), await attach('db', 'db-2')];
  assert.deepEqual([web.addresses, db.addresses], [['10.1.1.128/24', 'fd00:1::8000:0:0:1/64'], ['10.1.2.128/24', 'fd00:2::8000:0:0:1/64']]);
  const child = withNamespace(zone.at('db-2'), () => spawn(process.execPath, node(SERVER), { stdio: ['ignore', 'pipe', 'inherit'], timeout: 90_000 }));
  t.after(() => { child.kill('SIGKILL'); });
  await once(child.stdout, 'data');
  const reach = (from: string): string[] => db.addresses.flatMap(address => ['7', '9'].map(port => {
    const asked = withNamespace(zone.at(from), () => spawnSync(process.execPath, node(CLIENT, address.split('/')[0]!, port), { encoding: 'utf8', timeout: 20_000 }));
    return asked.stdout.trim();
  }));
  const allowed = ['open', 'silence', 'open', 'silence'];
  assert.deepEqual([reach('web-2'), reach('web-1'), reach('db-1')], [allowed, allowed, ['silence', 'silence', 'silence', 'silence']]);

  await zone.startDirector();
  await until(async () => (await zone.director.list({ kind: 'Endpoint' })).items.length === 4);
  await zone.settled();
  for (const made of [web, db]) {
    const [domain = '', name = ''] = made.endpoint.split('/');
    const { uid, mac, addresses, state } = Object((await zone.director.get({ kind: 'Endpoint', domain, name })).status) as Record<string, unknown>;
    assert.deepEqual([uid, mac, addresses, state], [made.uid, made.mac, made.addresses.map(a => a.split('/')[0]), 'ready']);
  }
  assert.deepEqual(reach('web-2'), allowed);
});
