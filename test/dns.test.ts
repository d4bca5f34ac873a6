// Names on the kernel engine: two servers and their workloads are namespaces, with real sockets of UDP and TCP, and a resolver that the test runs beside
// the visors. What is answered in detail is modules/dns/dns.packets.ts's and src/visor/dns/dns.test.ts's.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { DirectorClient } from '../src/client/director.ts';
import { VisorClient } from '../src/client/visor.ts';
import { openKernelDatapath } from '../src/datapath/kernel/open.ts';
import { resource } from '../src/director/core/zone.fixture.ts';
import { loadModules } from '../src/director/shell/modules.ts';
import { runDirector } from '../src/director/shell/run.ts';
import { removePins } from '../src/kernel/pins.ts';
import { addAddress } from '../src/netlink/addresses.ts';
import { Netlink } from '../src/netlink/client.ts';
import { createVeth, indexOf, listLinks, setLink } from '../src/netlink/links.ts';
import { createNamespace, deleteNamespace, listNamespaces, namespacePath } from '../src/netlink/namespaces.ts';
import { withNamespace } from '../src/sys/namespace.ts';
import { runVisor, type RunningVisor } from '../src/visor/shell/run.ts';
import { upstreamOf } from '../src/visor/dns/upstream.fixture.ts';
import { kernelTest } from './require.ts';

const PREFIX = 'iov-dns-', PINS = '/sys/fs/bpf/iov-dns';
const UNDERLAY = { s1: '192.0.2.1', s2: '192.0.2.2' } as const;
const LIMIT_MS = 30_000;

/** Node's own resolver, as any program's, and a plain connection. One question a line. */
const CLIENT = `
  const { Resolver } = require('node:dns').promises, { connect } = require('node:net');
  const [server, ...questions] = process.argv.slice(1);
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  resolver.setServers([server]);
  const stream = (id, pieces) => new Promise((done, fail) => {
    const s = connect(53, server, async () => { for (const p of pieces) { s.write(p); await new Promise(n => setTimeout(n, 20)); } });
    let got = Buffer.alloc(0);
    s.setTimeout(3000, () => fail(new Error('silence')));
    s.on('error', fail);
    s.on('data', d => { got = Buffer.concat([got, d]); if (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) { s.end(); done(got.subarray(2)); } });
  });
  // All at once: packets of several segments, and checksums that are still to be made.
  const pipelined = (name, count) => new Promise((done, fail) => {
    const one = Buffer.concat([Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...name.split('.').map(l => Buffer.from(String.fromCharCode(l.length) + l)), Buffer.from([0, 0, 1, 0, 1])]);
    const s = connect(53, server, () => { s.write(Buffer.concat(Array.from({ length: count }, () => Buffer.concat([Buffer.from([0, one.length]), one])))); });
    let got = Buffer.alloc(0), answers = 0, bytes = 0;
    s.setTimeout(5000, () => fail(new Error('silence')));
    s.on('error', fail);
    s.on('data', d => {
      got = Buffer.concat([got, d]);
      bytes += d.length;
      while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) { got = got.subarray(2 + got.readUInt16BE(0)); answers++; }
      if (answers === count) { s.end(); done([answers, bytes]); }
    });
  });
  const framed = name => {
    const message = Buffer.concat([Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...name.split('.').map(l => Buffer.from(String.fromCharCode(l.length) + l)), Buffer.from([0, 0, 1, 0, 1])]);
    return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
  };
  // One connection: a name that there is, then one that comes while it stands.
  const kept = (first, second) => new Promise((done, fail) => {
    const s = connect(53, server, () => s.write(framed(first)));
    let got = Buffer.alloc(0), before;
    s.on('error', fail);
    s.on('close', () => fail(new Error('closed')));
    s.on('data', d => {
      got = Buffer.concat([got, d]);
      if (got.length < 2 || got.length < 2 + got.readUInt16BE(0)) return;
      const answer = got.subarray(2), address = [...answer.subarray(-4)].join('.');
      got = Buffer.alloc(0);
      if (before === undefined) { before = address; console.log(JSON.stringify('kept')); }
      else if ((answer[3] & 15) === 0) { s.end(); done([before, address]); return; }
      setTimeout(() => s.write(framed(second)), 50);
    });
  });
  const ask = async ([kind, ...rest]) => {
    if (kind === 'reverse') return resolver.reverse(rest[0]);
    if (kind === 'tcp') {
      const whole = framed(rest[0]);
      const answer = await stream(0x1234, [whole.subarray(0, 1), whole.subarray(1, 9), whole.subarray(9)]);
      return [answer.readUInt16BE(0) === 0x1234 ? 'ours' : 'theirs', answer[3] & 15, answer.readUInt16BE(6), [...answer.subarray(-4)].join('.')];
    }
    if (kind === 'kept') return kept(...rest);
    if (kind === 'pipelined') return pipelined(rest[0], Number(rest[1]));
    return resolver.resolve(rest[0], kind);
  };
  (async () => { for (const q of questions) console.log(JSON.stringify(await ask(q.split(' ')).catch(e => e.code ?? String(e)))); })();
`;

/** `onSaid`: of what it said so far. */
function ask(netns: string, server: string, questions: readonly string[], onSaid: (said: string) => void = () => {}): Promise<unknown[]> {
  const client = withNamespace(netns, () => spawn(process.execPath, ['-e', CLIENT, server, ...questions], { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS }));
  let said = '';
  client.stdout.on('data', (text: Buffer) => { said += text.toString(); onSaid(said); });
  return new Promise(done => { client.once('close', () => done(said.trim().split('\n').map(line => JSON.parse(line) as unknown))); });
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await what().catch(() => false)) return;
    await new Promise(done => setTimeout(done, 50));
  }
  assert.fail(`not in 20 s: ${what}`);
}

kernelTest('workloads ask for names by UDP and TCP, over both families; others are asked once, and again when the visor is back', async t => {
  const dir = mkdtempSync(join(tmpdir(), PREFIX));
  const open: { close(): Promise<void> }[] = [];
  const clean = (): void => {
    for (const namespace of listNamespaces(PREFIX)) deleteNamespace(namespace);
    removePins(PINS);
  };
  clean();
  t.after(async () => {
    for (const one of open.reverse()) await one.close().catch(() => {});
    clean();
    rmSync(dir, { recursive: true, force: true });
  });
  for (const name of ['s1', 's2', 'web-1', 'db-1']) createNamespace(PREFIX + name);
  {
    using here = new Netlink({ netns: namespacePath(`${PREFIX}s1`) });
    createVeth(here, { name: 'under', state: 'up' }, { name: 'under', netns: namespacePath(`${PREFIX}s2`) });
    using there = new Netlink({ netns: namespacePath(`${PREFIX}s2`) });
    setLink(there, 'under', { state: 'up' });
    for (const [netlink, address] of [[here, UNDERLAY.s1], [there, UNDERLAY.s2]] as const) addAddress(netlink, indexOf(netlink, 'under'), `${address}/24`);
  }
  const upstream = await upstreamOf({ 'example.com': ['192.0.2.80'], 'large.example': Array.from({ length: 90 }, (_, i) => `192.0.2.${i}`) });
  open.push(upstream);

  const logger = pino({ level: process.env['IOV_TEST_LOG'] ?? 'silent' });
  const director = await runDirector({ listen: `unix:${dir}/d.sock`, stateDir: `${dir}/director`, modules: await loadModules(), version: '0', logger });
  open.push(director);
  const client = new DirectorClient(director.address);
  const start = async (name: 's1' | 's2'): Promise<{ running: RunningVisor; visor: VisorClient }> => {
    const running = await runVisor({
      name, underlay: UNDERLAY[name], director: director.address, stateDir: `${dir}/${name}`, listen: `unix:${dir}/${name}.sock`, lockDir: `${dir}/locks`, logger,
      openDatapath: () => openKernelDatapath({ server: name, root: `${PINS}/${name}`, netnsPath: namespacePath(PREFIX + name), stateDir: `${dir}/${name}/datapath` }),
    });
    open.push(running);
    return { running, visor: new VisorClient(running.address) };
  };
  const [s1, s2] = [await start('s1'), await start('s2')];
  await until(async () => (await client.list({ kind: 'Server' })).items.length === 2);
  await client.apply([
    resource('Domain', 'shop'), resource('Network', 'shop/web', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] }), resource('Network', 'shop/db', { subnets: ['10.2.0.0/24'], attach: { grant: { tier: 'db' } } }),
    resource('Router', 'shop/r', { networks: ['web', 'db'] }),
    resource('Dns', 'shop/names', {
      zone: 'shop.internal', upstreams: [`127.0.0.1:${upstream.port}`], services: [{ name: '_sql._tcp', of: { tier: 'db' }, port: 5432, priority: 1 }],
      records: ['many', 'x'.repeat(63)].map(name => ({ name, addresses: Array.from({ length: 100 }, (_, i) => `10.9.0.${i}`) })),
    }),
    // Nothing is asked of policies: names are told before.
    resource('Policy', 'shop/closed', { group: {}, ingress: [], egress: [] }),
  ]);
  await s1.visor.attach({ domain: 'shop', network: 'web', netns: namespacePath(`${PREFIX}web-1`), name: 'web-1' });
  await s2.visor.attach({ domain: 'shop', network: 'db', netns: namespacePath(`${PREFIX}db-1`), name: 'db-1' });
  const settled = async (): Promise<boolean> => {
    const { revision } = await client.health();
    const statuses = await client.statuses();
    return statuses.length === 2 && statuses.every(s => s.status.applied?.revision === revision && s.status.degraded.length === 0 && s.status.endpoints.every(e => e.state === 'ready'));
  };
  await until(settled);
  const addresses = async (name: string): Promise<string[]> => Object(await client.get({ kind: 'Endpoint', domain: 'shop', name })).status.addresses as string[];
  const [web4, web6] = await addresses('web-1') as [string, string];
  const [db4] = await addresses('db-1') as [string];
  const web = namespacePath(`${PREFIX}web-1`), db = namespacePath(`${PREFIX}db-1`);
  const many = Array.from({ length: 100 }, (_, i) => `10.9.0.${i}`);
  const long = `${'x'.repeat(63)}.shop.internal`;
  const srv = [{ type: 'SRV', name: 'db-1.db.shop.internal', port: 5432, priority: 1, weight: 0 }];

  for (const server of ['10.1.0.1', 'fd00:1::1']) {
    assert.deepEqual(await ask(web, server, [
      'A web-1.web.shop.internal', 'AAAA WEB-1.web.Shop.internal', 'A db-1.db.shop.internal', `reverse ${db4}`, `reverse ${web6}`, 'SRV _sql._tcp.shop.internal', 'A nobody.shop.internal', 'AAAA db-1.db.shop.internal',
      'tcp db-1.db.shop.internal', 'A many.shop.internal', 'reverse 10.1.0.99', `pipelined ${long} 60`,
    ]), [[web4], [web6], [db4], ['db-1.db.shop.internal'], ['web-1.web.shop.internal'], srv, 'ENOTFOUND', 'ENODATA', ['ours', 0, 1, db4], many, 'ENOTFOUND', [60, 60 * (2 + 12 + long.length + 2 + 4 + 100 * 16)]], `of ${server}`);
  }
  assert.deepEqual(upstream.asked, [], 'others have no business with names of the domain');

  // Others are asked once; from the other server's visor once more.
  const others = ['A example.com', 'A EXAMPLE.com', 'tcp example.com', 'A nothing.example', 'A nothing.example', 'A large.example'];
  const told = [['192.0.2.80'], ['192.0.2.80'], ['ours', 0, 1, '192.0.2.80'], 'ENOTFOUND', 'ENOTFOUND', Array.from({ length: 90 }, (_, i) => `192.0.2.${i}`)];
  assert.deepEqual(await ask(web, '10.1.0.1', others), told);
  const once = ['udp example.com', 'udp nothing.example', 'udp large.example', 'tcp large.example'];
  assert.deepEqual(upstream.asked, once);
  assert.deepEqual(await ask(db, '10.2.0.1', [...others, 'A web-1.web.shop.internal']), [...told, [web4]]);
  assert.deepEqual(upstream.asked, [...once, ...once]);
  const counted = (await s1.visor.stats()).rules.filter(r => r.counter === 'resolver' && r.owner === 'Dns/shop/web' && r.packets > 0).map(r => `${r.rule} ${r.packets}`);
  assert.ok(counted.includes('forwarded 3') && counted.some(c => c.startsWith('cached ')), counted.join());

  // Names come and go, and whoever is connected goes on asking.
  const names = { apiVersion: 'iovisor/v1', kind: 'Dns', metadata: { domain: 'shop', name: 'names' } };
  const kept = await ask(web, '10.1.0.1', ['kept db-1.db.shop.internal fresh.shop.internal'], said => { if (said === '"kept"\n') void client.patch({ kind: 'Dns', domain: 'shop', name: 'names' }, { ...names, spec: { records: [{ name: 'fresh', addresses: ['10.9.0.1'] }] } }); });
  assert.deepEqual(kept, ['kept', [db4, '10.9.0.1']]);
  await client.patch({ kind: 'Dns', domain: 'shop', name: 'names' }, { ...names, spec: { records: [{ name: 'many', addresses: many }] } });
  await until(settled);

  // Without a visor the domain's names go on, and the rest is a drop by name; back, it answers as before, and nothing is left over.
  await s1.running.close();
  assert.deepEqual(await ask(web, '10.1.0.1', ['A db-1.db.shop.internal', `reverse ${db4}`]), [[db4], ['db-1.db.shop.internal']]);
  using host = new Netlink({ netns: namespacePath(`${PREFIX}s1`) });
  assert.deepEqual(listLinks(host).filter(l => l.name.startsWith('ivp')), []);
  const again = await start('s1');
  await until(settled);
  assert.equal((await again.visor.status()).changes, 0);
  assert.deepEqual(await ask(web, '10.1.0.1', ['A example.com', 'tcp web-1.web.shop.internal', 'A many.shop.internal']), [['192.0.2.80'], ['ours', 0, 1, web4], many]);
  const drops = (await Promise.all([again.visor, s2.visor].map(v => v.status()))).flatMap(s => s.drops.map(d => `${d.module} ${d.reason}`));
  assert.deepEqual(drops.filter(d => !/another-zone|closed|not-allowed|stack|no-rule/.test(d)), [], drops.join('\n'));
});
