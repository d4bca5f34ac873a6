// Trust between a Director and its visors, and what people may do: real TLS on loopback, real certificates, negative cases above all.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import pino from 'pino';
import { DirectorClient, Refused } from '../../client/director.ts';
import { Unreachable } from '../../client/http.ts';
import { createJoinToken } from '../../client/tokens.ts';
import { VisorClient } from '../../client/visor.ts';
import { Lab } from '../../datapath/vm/lab.ts';
import { openVmDatapath } from '../../datapath/vm/open.ts';
import { resource, twoTenants } from '../../director/core/zone.fixture.ts';
import { loadModules } from '../../director/shell/modules.ts';
import { Authority } from '../../director/shell/trust/authority.ts';
import { runDirector, type RunningDirector } from '../../director/shell/run.ts';
import { hashOf } from '../../model/trust.ts';
import { VisorIdentity } from './identity.ts';
import { VisorRefused } from './refused.ts';
import { runVisor } from './run.ts';

const logger = pino({ level: 'silent' });
const modules = loadModules();
const HOUR_MS = 3_600_000;
const isRefused = (error: string, message: RegExp) => (e: unknown): boolean => e instanceof Refused && e.error.error === error && message.test(e.message);

class Zone {
  readonly dir = mkdtempSync(join(tmpdir(), 'iov-trust-'));
  readonly #t: TestContext;
  director!: RunningDirector;
  /** Root, on the unix socket. */
  root!: DirectorClient;

  private constructor(t: TestContext) {
    this.#t = t;
  }

  static async start(t: TestContext, certificateMs?: number): Promise<Zone> {
    const zone = new Zone(t);
    zone.director = await runDirector({ listen: [`unix:${zone.dir}/d.sock`, 'https://127.0.0.1:0', '127.0.0.1:0'], stateDir: `${zone.dir}/director`, modules: await modules, version: '0', logger, certificateMs });
    t.after(async () => { await zone.director.close(); rmSync(zone.dir, { recursive: true, force: true }); });
    zone.root = new DirectorClient(zone.director.address);
    return zone;
  }

  get https(): string { return this.director.addresses[1]!; }
  get loopback(): string { return this.director.addresses[2]!; }

  async joinToken(server?: string, forMs = HOUR_MS): Promise<string> {
    return createJoinToken(this.root, { server, expires: new Date(Date.now() + forMs).toISOString() });
  }

  async identity(server: string, underlay: string | undefined, token: string | undefined, stateDir = `${this.dir}/${server}`): Promise<{ client: DirectorClient; identity: VisorIdentity }> {
    mkdirSync(stateDir, { recursive: true });
    const identity = await VisorIdentity.open({ director: this.https, server, underlay, stateDir, logger }, token);
    this.#t.after(() => identity.close());
    return { identity, client: new DirectorClient(this.https, { trust: () => identity.trust }) };
  }

  /** A user with these roles; as a client with a token. */
  async user(name: string, ...roles: readonly { role: string; domains?: readonly string[] }[]): Promise<DirectorClient> {
    const token = `iovt-${name}`;
    await this.root.apply([
      resource('User', name, { tokens: [{ sha256: hashOf(token) }] }),
      ...roles.map((r, i) => resource('RoleBinding', `${name}-${i}`, { ...r, users: [name] })),
    ]);
    const { pem } = await this.root.authorities();
    const trust = { ca: pem };
    return new DirectorClient(this.https, { token, trust: () => trust });
  }
}

test('a visor joins by a token that works once, and is known by its key from then on', async t => {
  const zone = await Zone.start(t);
  const token = await zone.joinToken();
  const { client } = await zone.identity('s1', '192.0.2.1', token);
  assert.equal((await client.health()).you, 'visor s1');
  const server = await zone.root.get({ kind: 'Server', name: 's1' });
  assert.equal(server.kind === 'Server' && server.spec.keys?.length, 1);
  // Who applies the server's file anew leaves its key alone.
  await zone.root.apply([resource('Server', 's1', { underlay: '192.0.2.1', mtu: 1600 })]);
  assert.equal((await client.health()).you, 'visor s1');
  // Spent; and who comes again with what is on its disk needs none.
  await assert.rejects(zone.identity('s2', '192.0.2.2', token), isRefused('unauthenticated', /was used/));
  assert.equal((await (await zone.identity('s1', undefined, undefined)).client.health()).you, 'visor s1');
  // A token for anyone does not make another machine s1; one for s1 does, and the first is cut off.
  await assert.rejects(zone.identity('s1', '192.0.2.1', await zone.joinToken(), `${zone.dir}/thief`), isRefused('unauthenticated', /for another/));
  await assert.rejects(zone.identity('s3', '192.0.2.3', await zone.joinToken('s4')), isRefused('unauthenticated', /for another/));
  await assert.rejects(zone.identity('s5', '192.0.2.5', await zone.joinToken('s5', -1)), isRefused('unauthenticated', /is over/));
  await assert.rejects(zone.identity('s6', undefined, await zone.joinToken()), isRefused('invalid', /underlay/));
  const heir = await zone.identity('s1', undefined, await zone.joinToken('s1'), `${zone.dir}/heir`);
  assert.equal((await heir.client.health()).you, 'visor s1');
  await assert.rejects(client.list(), isRefused('unauthenticated', /has joined with another key since/));
  assert.deepEqual((await zone.root.audit({ kind: 'Server' })).items.map(r => r.by), ['visor s1, joining', `uid ${process.getuid?.()}`, 'visor s1, joining']);
  await assert.rejects(zone.identity('s9', '192.0.2.9', undefined), (e: unknown) => e instanceof VisorRefused && /has not joined/.test(e.message) && /iov server token s9/.test(e.cure));
});

test('a visor trusts nobody but the Director that made its token', async t => {
  const [zone, other] = [await Zone.start(t), await Zone.start(t)];
  const token = await zone.joinToken();
  const stateDir = `${zone.dir}/s1`;
  mkdirSync(stateDir);
  await assert.rejects(VisorIdentity.open({ director: other.https, server: 's1', underlay: '192.0.2.1', stateDir, logger }, token), (e: unknown) => e instanceof VisorRefused && /is not the Director that made this token/.test(e.message));
  const { identity } = await zone.identity('s1', '192.0.2.1', token);
  await assert.rejects(new DirectorClient(other.https, { trust: () => identity.trust }).health(), (e: unknown) => e instanceof Unreachable && /is not the Director that is trusted/.test(e.message));
  // A certificate for visors is none for Directors, though the same authority signed it.
  const { createServer } = await import('node:https');
  const fake = createServer({ key: identity.trust.key, cert: identity.trust.cert }, (_, reply) => reply.end('{}'));
  await new Promise<void>(done => fake.listen(0, '127.0.0.1', done));
  t.after(() => { fake.close(); fake.closeAllConnections(); });
  const { port } = fake.address() as { port: number };
  await assert.rejects(new DirectorClient(`https://127.0.0.1:${port}`, { trust: () => identity.trust }).health(), Unreachable);
  assert.throws(() => new DirectorClient(zone.https), (e: unknown) => e instanceof Unreachable && /whom to trust/.test(e.message));
});

test('a visor reads and writes what is its own, and nothing else', async t => {
  const zone = await Zone.start(t);
  await zone.root.apply([...twoTenants, resource('Server', 's3', { underlay: '192.0.2.33' }), resource('Domain', 'closed', { servers: ['s3'] }), resource('Network', 'closed/n', { subnets: ['10.9.0.0/24'] })]);
  const { client: s1 } = await zone.identity('s1', undefined, await zone.joinToken('s1'));
  const items = (await s1.list()).items.map(r => `${r.kind} ${r.metadata.name}`);
  assert.deepEqual([...new Set(items)], ['Endpoint a', 'Server s1']);
  const forbidden = (message: RegExp): ReturnType<typeof isRefused> => isRefused('forbidden', message);
  const network = { kind: 'Network', domain: 'red', name: 'web' } as const;
  await assert.rejects(s1.get(network), forbidden(/visor s1 may not read Network red\/web/));
  await assert.rejects(s1.delete(network), forbidden(/only endpoints of its own server/));
  await assert.rejects(s1.create(resource('Endpoint', 'red/x', { network: 'web', server: 's2' })), forbidden(/Endpoint red\/x/));
  await assert.rejects(s1.create(resource('Endpoint', 'red/x', { network: 'web', server: 's1' }, { labels: { role: 'admin' } })), forbidden(/labels/));
  await assert.rejects(s1.create(resource('Endpoint', 'closed/x', { network: 'n', server: 's1' })), isRefused('invalid', /does not admit Server s1; it admits: s3/));
  await assert.rejects(s1.delete({ kind: 'Endpoint', domain: 'red', name: 'b' }), forbidden(/Endpoint red\/b/));
  await assert.rejects(s1.patch({ kind: 'Server', name: 's1' }, { spec: { underlay: '192.0.2.66' } }), forbidden(/Server s1/));
  await assert.rejects(s1.statuses(), forbidden(/what servers have/));
  await assert.rejects(s1.report({ server: 's2' } as never), (e: unknown) => e instanceof Refused);
  await assert.rejects(async () => { for await (const _ of s1.backup()) assert.fail('it was read'); }, forbidden(/store/));
  await assert.rejects(async () => { for await (const _ of s1.plan('s2', [], AbortSignal.timeout(5000))) assert.fail('it was read'); }, forbidden(/plan of another server/));
  await assert.rejects(s1.image('0'.repeat(64)), forbidden(/images that its plan does not name/));
  assert.deepEqual((await s1.audit()).items.map(r => r.key).filter(k => !/^(Endpoint\/\w+\/a|Server\/s1)$/.test(k)), []);
  assert.equal((await s1.create(resource('Endpoint', 'red/mine', { network: 'web', server: 's1' }))).metadata.name, 'mine');
  await s1.delete({ kind: 'Endpoint', domain: 'red', name: 'mine' });
});

test('people by roles: viewers read, editors change what is in their domains, admins all; nobody nothing', async t => {
  const zone = await Zone.start(t);
  await zone.root.apply(twoTenants);
  const [red, viewer, admin, stranger] = [await zone.user('red', { role: 'editor', domains: ['red'] }), await zone.user('vi', { role: 'viewer' }), await zone.user('boss', { role: 'admin' }), await zone.user('new')];
  const forbidden = (message: RegExp): ReturnType<typeof isRefused> => isRefused('forbidden', message);
  assert.deepEqual([...new Set((await red.list()).items.map(r => 'domain' in r.metadata ? r.metadata.domain : r.metadata.name))], ['red']);
  await red.patch({ kind: 'Network', domain: 'red', name: 'web' }, { spec: { mtu: 1400 } });
  await assert.rejects(red.patch({ kind: 'Network', domain: 'blue', name: 'web' }, { spec: { mtu: 1400 } }), forbidden(/user red may not change Network blue\/web/));
  // One resource that is not theirs, and the whole apply is refused.
  await assert.rejects(red.apply([resource('Network', 'red/n2', { subnets: ['10.77.0.0/24'] }), resource('Domain', 'mine')]), forbidden(/Domain mine/));
  await assert.rejects(zone.root.get({ kind: 'Network', domain: 'red', name: 'n2' }), isRefused('not-found', /n2/));
  await assert.rejects(red.create(resource('RoleBinding', 'up', { role: 'admin', users: ['red'] })), forbidden(/RoleBinding up/));
  await assert.rejects(red.get({ kind: 'User', name: 'red' }), forbidden(/User red/));
  assert.equal((await viewer.list({ kind: 'Server' })).items.length, 2);
  assert.equal((await viewer.list({ kind: 'User' })).items.length, 0);
  await assert.rejects(viewer.delete({ kind: 'Endpoint', domain: 'red', name: 'a' }), forbidden(/user vi may not change Endpoint red\/a/));
  await admin.create(resource('Domain', 'green'));
  assert.equal((await zone.root.audit({ kind: 'Domain', name: 'green' })).items[0]?.by, 'user boss');
  assert.deepEqual([(await stranger.health()).you, (await stranger.list()).items], ['user new', []]);
  await assert.rejects(new DirectorClient(zone.loopback).list(), isRefused('unauthenticated', /nothing says who asks/));
  await assert.rejects(new DirectorClient(zone.loopback, { token: 'iovt-wrong' }).list(), isRefused('unauthenticated', /no user/));
  assert.equal((await new DirectorClient(zone.loopback, { token: 'iovt-boss' }).health()).you, 'user boss');
  await assert.rejects(zone.root.create(resource('RoleBinding', 'x', { role: 'viewer', users: ['rad'] })), isRefused('invalid', /unknown User 'rad'; did you mean 'red'/));
  // Nor does a role that is taken away read on where it began to.
  const other = await zone.user('ex', { role: 'viewer' });
  const plan = (async () => { for await (const m of other.plan('s1', [], AbortSignal.timeout(10_000))) if (m.type === 'synced') await zone.root.delete({ kind: 'RoleBinding', name: 'ex-0' }); })();
  await assert.rejects(plan, Unreachable);
  // A token that is taken away is worth nothing, and what it watches ends.
  const watched = (async () => { for await (const m of viewer.watch({}, AbortSignal.timeout(10_000))) if (m.type === 'synced') await zone.root.patch({ kind: 'User', name: 'vi' }, { spec: { tokens: [] } }); })();
  await assert.rejects(watched, Unreachable);
  await assert.rejects(viewer.list(), isRefused('unauthenticated', /no user/));
});

test('a flood of guesses is slowed; those who are known are not', async t => {
  const zone = await Zone.start(t);
  const answers = await Promise.all(Array.from({ length: 60 }, () => new DirectorClient(zone.loopback, { token: 'iovt-guess' }).list().then(() => 'let in', (e: unknown) => e instanceof Refused ? e.error.error : 'lost')));
  assert.deepEqual([...new Set(answers)].sort(), ['busy', 'unauthenticated']);
  assert.equal((await zone.root.list()).items.length, 0);
  const nowhere = await Promise.all(Array.from({ length: 60 }, () => fetch(`${zone.loopback}/nowhere`).then(async r => (await r.json() as { error: string }).error)));
  assert.ok(nowhere.includes('busy'), 'what is no route is limited too');
});

test('a server that was cut off comes back by a new token, with what lies on its disk; a spent one is no reason not to start', async t => {
  const zone = await Zone.start(t);
  const token = await zone.joinToken('s1');
  const key = async (client: DirectorClient): Promise<string> => (await client.health()).you;
  await zone.identity('s1', '192.0.2.1', token);
  await zone.root.patch({ kind: 'Server', name: 's1' }, { spec: { keys: [] } });
  await assert.rejects((await zone.identity('s1', undefined, token)).client.list(), isRefused('unauthenticated', /was revoked/));
  const again = await zone.joinToken('s1');
  assert.equal(await key((await zone.identity('s1', undefined, again)).client), 'visor s1');
  assert.equal(await key((await zone.identity('s1', undefined, again)).client), 'visor s1');
  assert.equal(await key((await zone.identity('s1', undefined, token)).client), 'visor s1');
});

test('nothing goes over networks without TLS, and an empty file trusts nobody', async t => {
  const zone = await Zone.start(t);
  await assert.rejects(new DirectorClient('http://192.0.2.1:8470', { token: 'iovt-x' }).list(), (e: unknown) => e instanceof Unreachable && /without TLS/.test(e.message) && e.cure === 'write https://192.0.2.1:8470');
  const speaks = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<boolean> => new Promise(done => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(zone.https).port), rejectUnauthorized: false, maxVersion }, () => { socket.destroy(); done(true); });
    socket.once('error', () => done(false));
  });
  const versions = async (): Promise<boolean[]> => [await speaks('TLSv1.2'), await speaks('TLSv1.3')];
  assert.deepEqual(await versions(), [false, true]);
  await zone.root.rotateAuthority();                                      // the Director renews its own certificate
  assert.deepEqual(await versions(), [false, true]);
  await assert.rejects(new DirectorClient(zone.https, { token: 'iovt-x', trust: () => ({ ca: '' }) }).list(), (e: unknown) => e instanceof Unreachable && /no certificate is in/.test(e.message));
});

test('authorities after a start are the two that they were before', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-authority-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const authority = await Authority.open(dir, 1);
  for (let i = 0; i < 2; i++) {
    await new Promise(done => setTimeout(done, 5));
    assert.equal(await authority.rotate(async () => undefined), undefined);
  }
  const { bundle } = authority;
  assert.equal((await Authority.open(dir, 1)).bundle, bundle);
  // Of the next one visors hear with their certificates: until then what it signs is nothing to them.
  const slow = await Authority.open(`${dir}/slow`);
  const first = new X509Certificate(slow.bundle);
  await slow.rotate(async () => undefined);
  assert.equal(new X509Certificate(await slow.imageSigner()).verify(first.publicKey), true);
});

test('certificates are renewed on the old key while connections go on; a new authority takes over; a revoked server is cut off', { timeout: 60_000 }, async t => {
  const zone = await Zone.start(t, 3_000);
  const token = await zone.joinToken();
  const lab = new Lab({ hosts: 'on-demand' });
  const visor = await runVisor({
    name: 's1', underlay: '192.0.2.1', director: zone.https, join: token, stateDir: `${zone.dir}/s1`, listen: `unix:${zone.dir}/v.sock`, lockDir: `${zone.dir}/locks`, logger, openDatapath: () => openVmDatapath({ lab, server: 's1' }),
  });
  t.after(() => visor.close());
  await zone.root.apply([resource('Domain', 'red'), resource('Network', 'red/n', { subnets: ['10.0.0.0/24'] })]);
  const local = new VisorClient(visor.address);
  await local.attach({ domain: 'red', network: 'n', netns: '/run/netns/w', name: 'w' });
  const certificate = async (): Promise<X509Certificate> => new X509Certificate(readFileSync(`${zone.dir}/s1/certificate.pem`));
  const first = await certificate();
  const until = async (what: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; i < 200; i++) { if (await what().catch(() => false)) return; await new Promise(done => setTimeout(done, 50)); }
    assert.fail(`not in 10 s: ${what}`);
  };
  await zone.root.rotateAuthority();
  // A third would take away the only one that some visors know.
  await assert.rejects(zone.root.rotateAuthority(), isRefused('conflict', /not every visor has heard/));
  await until(async () => (await certificate()).issuer !== first.issuer);
  assert.deepEqual((await certificate()).publicKey.export({ type: 'spki', format: 'der' }), first.publicKey.export({ type: 'spki', format: 'der' }));
  // Longer than any certificate of the beginning lives: it is connected, and what it is told arrives.
  await new Promise(done => setTimeout(done, 4_000));
  await zone.root.patch({ kind: 'Network', domain: 'red', name: 'n' }, { spec: { mtu: 1300 } });
  await until(async () => (await zone.root.get({ kind: 'Server', name: 's1' })).status?.['state'] === 'ready');
  await zone.root.patch({ kind: 'Server', name: 's1' }, { spec: { keys: [] } });
  await assert.rejects(local.attach({ domain: 'red', network: 'n', netns: '/run/netns/v', name: 'v' }), (e: unknown) => {
    assert.ok(e instanceof Refused, String(e));
    assert.match(e.message, /^the Director refuses this server \(the certificate of Server s1 was revoked\)/);
    return e.error.cure?.includes('iov server token s1; then there: iov visor --name s1 --join TOKEN') === true;
  });
  assert.match((await local.status()).degraded.map(d => `${d.object}: ${d.message}`).join(), /^director: it refuses this server: the certificate of Server s1 was revoked; .*iov server token s1/);
  assert.equal((await zone.root.get({ kind: 'Server', name: 's1' })).status?.['state'], 'revoked');
  assert.equal((await local.status()).endpoints.length, 1, 'the data path goes on');
});
