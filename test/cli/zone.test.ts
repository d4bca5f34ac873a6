// The whole product as a person uses it on one machine, through the command line alone: iov up on the vm engine, in a folder of its own,
// without privileges. One zone is shared, so the tests go in order.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parse, parseAllDocuments } from 'yaml';
import { Zone, type Said } from './iov.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/two-tenants');
const zone = new Zone();
before(() => zone.up());
after(() => zone.close());

const ok = async (args: readonly string[], input?: string): Promise<string> => {
  const said = await zone.iov(args, input);
  assert.deepEqual({ code: said.code, err: said.err }, { code: 0, err: '' }, `iov ${args.join(' ')}`);
  return said.out;
};
const refused = (said: Said, code: number, ...parts: readonly RegExp[]): void => {
  for (const part of parts) assert.match(said.err, part);
  assert.equal(said.code, code, said.err);
  assert.doesNotMatch(said.err, /this is a bug|\n\s+at /);
};

test('iov up says where it listens, who may use it, and nothing else', () => {
  assert.match(zone.upOut, /Director at unix:.*director\.sock, visor t-\d+ at unix:.*visor\.sock, vm engine\. Root and this user may use it here; others show tokens \(iov token\)\.\nNext: iov apply/);
  assert.equal(zone.upErr, '');
});

test('an apply is whole, and the second time changes nothing', async () => {
  assert.match(await ok(['apply', '-f', EXAMPLE, '--dry-run']), /Network red\/lan created \(dry run\)/);
  assert.doesNotMatch(await ok(['get', '-o', 'name']), /network/);
  assert.match(await ok(['apply', '-f', EXAMPLE]), /Network red\/lan created/);
  assert.doesNotMatch(await ok(['apply', '-f', EXAMPLE]), / (created|changed)/);
});

test('a workload is attached; the same again is the same', async () => {
  const [web, db] = await Promise.all(['web', 'db'].map(name => ok(['endpoint', 'attach', '-n', 'red/lan', '--netns', name, '--name', name, '-o', 'json'])));
  const again = JSON.parse(await ok(['endpoint', 'attach', '-n', 'red/lan', '--netns', '/run/netns/web', '-o', 'json'])) as { uid: string };
  assert.equal(again.uid, (JSON.parse(web!) as { uid: string }).uid);
  assert.notEqual((JSON.parse(db!) as { mac: string }).mac, (JSON.parse(web!) as { mac: string }).mac);
  assert.match(await ok(['endpoint', 'attach', '-n', 'red/lan', '--tap', 'tap7', '--name', 'machine']), /^red\/machine is attached: TAP tap7, 02:/);
  assert.equal(await ok(['endpoint', 'detach', '--tap', 'tap7']), 'red/machine is detached\n');
  assert.match(await ok(['endpoint', 'attach', '-n', 'lan', '-d', 'blue', '--netns', 'blue-web', '--name', 'web', '--address', '10.0.0.9']), /^blue\/web is attached: eth0 in .*, 10\.0\.0\.9\/24.*, MTU \d+\n$/);
});

test('the store is backed up while it runs, and not overwritten while it is used', async () => {
  const file = `${zone.dir}/backup.db`;
  assert.match(await ok(['backup', file]), /backup\.db: \d+ bytes/);
  refused(await zone.iov(['backup', file]), 1, /is there already/);
  refused(await zone.iov(['restore', file, '--state', `${zone.dir}/state/director`]), 3, /a Director uses/);
  assert.match(await ok(['restore', file, '--state', `${zone.dir}/elsewhere`]), /^revision \d+ is restored in .*elsewhere, as epoch [0-9a-f]{32}\nNext: /);
});

test('selectors, wide tables, differences, waiting, explanations', async () => {
  assert.match(await ok(['get', 'endpoints', '-l', 'nobody', '-o', 'json']), /^\[\]/);
  assert.match(await ok(['get', 'endpoints', '-o', 'wide']), /STATE +REVISION +LABELS +WHY\n/);
  refused(await zone.iov(['get', 'endpoints', '-l', 'a=']), 1, /'a=' does not select labels/);
  const yaml = 'apiVersion: iovisor/v1\nkind: Network\nmetadata: {domain: red, name: lan}\nspec: {subnets: [10.0.0.0/24], mtu: 1300}\n';
  const differs = await zone.iov(['diff', '-f', '-'], yaml);
  assert.match(differs.out, new RegExp(`^Network red/lan changed\\n(  .*\\n)*plan of ${zone.name} changes\\n(  .*\\n)*  endpoint red/db changed\\n`));
  refused(differs, 1, /1 resource differs; nothing was changed/);
  assert.equal(await ok(['diff', '-f', EXAMPLE]), '');
  const waited = await zone.iov(['apply', '--wait=1s', '-f', EXAMPLE]);
  refused(waited, 3, /effective on 1 of \d+ servers after 1 s; stale: /);
  assert.match(await ok(['explain', 'policy.spec.ingress']), /^Policy\.spec\.ingress \(list of fields\)\n {2}what may come to the group.*\n\nFIELD[\s\S]*spec\.ingress\[\]\.ports/);
  refused(await zone.iov(['explain', 'network.spec.subnet']), 2, /Network: unknown field 'subnet'; did you mean 'subnets'\?/);
});

test('edit, top, support, completion', async () => {
  const editor = zone.file('editor.sh', '#!/bin/sh\nsed -i "s/subnets:/mtu: 1350\\n  subnets:/" "$1"\n');
  const edited = await zone.iov(['edit', 'network', 'red/lan'], undefined, { EDITOR: `sh ${editor}` });
  assert.deepEqual([edited.code, edited.err], [0, '']);
  assert.match(edited.out, /Network red\/lan changed\n {2}spec\.mtu: none → 1350/);
  assert.match((await zone.iov(['edit', 'network', 'red/lan'], undefined, { EDITOR: 'true' })).out, /nothing was changed/);
  refused(await zone.iov(['edit', 'network', 'red/lan'], undefined, { EDITOR: 'false' }), 3, /false ended with 1: nothing was changed/);
  const kept = await zone.iov(['edit', 'network', 'red/lan'], undefined, { EDITOR: `sh ${zone.file('bad.sh', 'sed -i "s/mtu: 1350/mtu: 1/" "$1"')}` });
  assert.match(kept.err, /what you wrote is kept in .*network-lan\.yaml/);
  assert.match(await ok(['top', '--once', '--interval', '0.2']), new RegExp(`SERVER +STATE[^]*${zone.name} +ready +vm +0`));
  assert.match(await ok(['support', '-o', `${zone.dir}/support.json.gz`]), /Director, visor and machine\. No tokens/);
  const bundle = gunzipSync(readFileSync(`${zone.dir}/support.json.gz`)).toString();
  assert.ok('director' in (JSON.parse(bundle) as object));
  const script = await ok(['completion', 'bash']);
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `${script}\nCOMP_WORDS=(iov get net); COMP_CWORD=2; _iov; echo "\${COMPREPLY[@]}"; COMP_WORDS=(iov ser); COMP_CWORD=1; _iov; echo "\${COMPREPLY[@]}"; COMP_WORDS=(iov server re); COMP_CWORD=2; _iov; echo "\${COMPREPLY[@]}"`], { encoding: 'utf8' });
  assert.deepEqual([status, stdout, stderr], [0, 'networks\nserver\nrevoke resume\n', '']);
  assert.match(await ok(['completion', 'fish']), /complete -c iov -n __fish_use_subcommand -a apply/);
});

test('events and audit name who and what', async () => {
  assert.match(await ok(['audit', 'network', 'red/lan']), /REVISION +WHEN +BY +WHAT +RESOURCE +FIELDS\n\d+ +\S+ +uid \d+ +created +Network red\/lan/);
  assert.match(await ok(['get', 'events']), /Endpoint red\/web +ready +t-\d+/);
  assert.match(await ok(['describe', 'endpoint', 'red/web']), /events:\nWHEN/);
});

test('every command prints tables, JSON and YAML; what get prints can be applied', async () => {
  const [text, json, yaml, names, described, status, drops] = await Promise.all([
    ok(['get', 'endpoints']), ok(['get', 'endpoints', '-o', 'json']), ok(['get', '-o', 'yaml']), ok(['get', '-o', 'name']),
    ok(['describe', 'network', 'red/lan']), ok(['status', '-o', 'yaml']), ok(['drops', '-o', 'json']),
  ]);
  assert.match(text, /^DOMAIN +ENDPOINT +NETWORK +SERVER +MAC +ADDRESSES +STATE\n/);
  assert.deepEqual((JSON.parse(json) as { metadata: { name: string } }[]).map(e => e.metadata.name).sort(), ['db', 'web', 'web']);
  assert.equal(parseAllDocuments(yaml).length, names.trim().split('\n').length);
  assert.match(described, /BELONGS TO IT.*\nEndpoint\/red\/db/);
  assert.equal((parse(status) as { server: string }).server, zone.name);
  assert.deepEqual(JSON.parse(drops), []);
  assert.doesNotMatch(await ok(['apply', '-f', '-'], yaml), / (created|changed)/);
});

test("maps of a function's module are seen and set where it runs", async () => {
  const knock = resolve(import.meta.dirname, '../../examples/modules/knock/knock.ts');
  await ok(['module', 'push', knock]);
  await ok(['apply', '-f', '-'], 'apiVersion: iovisor/v1\nkind: Function\nmetadata: {domain: red, name: guard}\nspec: {module: knock@1, on: {network: lan}, config: {settings: {guarded: 5432}}}\n');
  assert.match(await ok(['maps', 'red/guard']), /^MAP +KIND +KEY +VALUE +ROOM +IN CONFIG +SET BY\nvisitors +expiring +ip6 +\{knocks: u32\} +4096 +config, iov maps set\nsettings +config +\{guarded: u16, /);
  assert.match(await ok(['describe', 'function', 'red/guard']), /guarded: 5432[\s\S]*maps: what is in them: iov maps red\/guard MAP; what it says: iov logs red\/guard\nMAP +KIND/);
  const effective = async (): Promise<void> => {
    for (let i = 0; i < 20 && !(await zone.iov(['maps', 'red/guard', 'settings', '-o', 'json'])).out.includes('"guarded": 5432'); i++) await new Promise(done => setTimeout(done, 50));
  };
  await effective();
  assert.match(await ok(['get', 'functions', '-o', 'wide']), /^DOMAIN +FUNCTION +MODULE +ON +ORDER +READY +STATE +NETWORKS +TRIES +TAKEN BACK +REVISION.*\nred +guard +knock@1 +lan +0 +[01]\/1 +\w+ +lan /);
  assert.match(await ok(['maps', '-d', 'red', 'guard', 'settings']), new RegExp(`^SERVER +GUARDED +SEQUENCE +PATIENCESECONDS +OPENSECONDS\n${zone.name} +5432 +7000 8000 9000 +10 +60\n$`));
  assert.match((await zone.iov(['maps', 'red/guard', 'visitors'])).err, /^no entries\n$/);
  assert.equal(await ok(['maps', 'set', 'red/guard', 'visitors', '10.0.0.7', '{knocks: 3}', '--seconds', '600', '--server', zone.name]), `${zone.name}, lan: set\n`);
  assert.match(await ok(['maps', 'red/guard', 'visitors']), new RegExp(`^SERVER +KEY +KNOCKS +EXPIRES\n${zone.name} +10\\.0\\.0\\.7 +3 +[56]\\d\\d s\n$`));
  assert.equal(JSON.parse(await ok(['maps', 'red/guard', 'visitors', '--key', '10.0.0.7', '-o', 'json'])).items[0].rows[0].value.knocks, 3);
  assert.equal(await ok(['maps', 'delete', 'guard', 'visitors', '10.0.0.7', '-d', 'red']), `${zone.name}, lan: deleted\n`);
  assert.equal(await ok(['maps', 'delete', 'red/guard', 'visitors', '10.0.0.7']), `${zone.name}, lan: there was no such entry\n`);
  refused(await zone.iov(['maps', 'set', 'red/guard', 'visitors', '10.0.0.7', '{knocks: -1}']), 1, /visitors\.0\.value\.knocks: -1 is not an integer in 0 … 4294967295 \(Module knock@1\)/);
  refused(await zone.iov(['maps', 'set', 'red/guard', 'visitors', '10.0.0.7', '{knocks: ']), 2, /the value is not YAML/);
  refused(await zone.iov(['maps', 'red/guard', 'visitor']), 1, /exports no map visitor\n.*it exports visitors, settings/);
  refused(await zone.iov(['maps']), 2, /which function\?/);
  await ok(['delete', 'function', 'red/guard']);
  await ok(['delete', 'module', 'knock@1']);
});

test('logs of a module, of the visor and of the Director', async () => {
  const says = zone.file('says.ts', "import { filter, log, next } from 'iovisor/module';\nexport default filter({ egress() { log`out`; return next(); } });\n");
  await ok(['module', 'push', says]);
  await ok(['apply', '-f', '-'], 'apiVersion: iovisor/v1\nkind: Function\nmetadata: {domain: red, name: says}\nspec: {module: says@1, on: {network: lan}}\n');
  assert.match(await ok(['logs', `server/${zone.name}`]), new RegExp(`^\\d{4}-\\S+Z ${zone.name} visor info  in step with the Director`, 'm'));
  assert.match(await ok(['logs', '--tail', '1000']), /visor info {2}visor runs/);
  assert.match(await ok(['logs', 'director']), /^\S+Z director info {2}.*Director listens/m);
  assert.deepEqual(JSON.parse(await ok(['logs', '-d', 'red', '-o', 'json'])), []);
  assert.deepEqual(await zone.iov(['logs', 'red/says']), { code: 0, out: '', err: 'nothing was said lately\n' });
  refused(await zone.iov(['logs', 'red/say']), 1, /there is no Function red\/say/);
  refused(await zone.iov(['logs', 'says']), 2, /'says' does not say whose logs/);
  refused(await zone.iov(['logs', '--tail', 'x']), 2, /--tail is a number of lines in 1 … 1000/);
  await ok(['delete', 'function', 'red/says']);
  await ok(['delete', 'module', 'says@1']);
});

test('what translates and what names is shown with its addresses, and on how many servers it stands', async () => {
  const office = zone.file('office.yaml', `
{apiVersion: iovisor/v1, kind: Domain, metadata: {name: office}}
---
{apiVersion: iovisor/v1, kind: Gateway, metadata: {name: edge}, spec: {servers: [${zone.name}], device: eth1, addresses: [198.51.100.2/24], nextHop: [198.51.100.1]}}
---
{apiVersion: iovisor/v1, kind: Network, metadata: {domain: office, name: desks}, spec: {subnets: [10.20.1.0/24], attach: {grant: {at: rack}}}}
---
{apiVersion: iovisor/v1, kind: Endpoint, metadata: {domain: office, name: web}, spec: {network: desks, server: ${zone.name}, addresses: [10.20.1.10]}}
---
{apiVersion: iovisor/v1, kind: Router, metadata: {domain: office, name: main}, spec: {networks: [desks], uplink: {gateway: edge}}}
---
{apiVersion: iovisor/v1, kind: Dns, metadata: {domain: office, name: names}, spec: {zone: office.example, services: [{name: _http._tcp, of: {at: rack}, port: 80}], records: [{name: www, addresses: [10.20.1.9]}]}}
---
{apiVersion: iovisor/v1, kind: Nat, metadata: {domain: office, name: out}, spec: {router: main, masquerade: [{from: {network: desks}}], oneToOne: [{endpoint: web, outside: 198.51.100.7}], forward: [{to: {endpoint: web}, ports: ['tcp/8080:80']}]}}
`);
  await ok(['apply', '-f', office]);
  const [nats, dnses, nat, dns] = await Promise.all([ok(['get', 'nats', '-o', 'wide']), ok(['get', 'dns', '-o', 'wide']), ok(['describe', 'nat', 'office/out']), ok(['describe', 'dns', 'office/names'])]);
  assert.match(nats, new RegExp(`^DOMAIN +NAT +ROUTER +ADDRESS +MASQUERADES +ONE TO ONE +FORWARDS +READY +STATE +SERVERS +REVISION.*\noffice +out +main +198\\.51\\.100\\.2 +desks +web=198\\.51\\.100\\.7 +tcp/8080:80 +[01]/1 +\\w+ +${zone.name} `));
  assert.match(dnses, /^DOMAIN +DNS +ZONE +NETWORKS +NAMES +UPSTREAMS +READY +STATE +ASKED AT +TTL +RECORDS +SERVICES +REVISION.*\noffice +names +office\.example +desks +\d+ +[01]\/1 +\w+ +10\.20\.1\.1 +60 s +1 +_http\._tcp:80 /);
  assert.match(nat, /translations:\nINSIDE +OUTSIDE +WAY +OF\n10\.20\.1\.0\/24 +198\.51\.100\.2 +out +Network desks\n10\.20\.1\.10 +198\.51\.100\.7 +both +Endpoint web\n10\.20\.1\.10 tcp\/80 +198\.51\.100\.2 tcp\/8080 +in +Endpoint web\n/);
  assert.match(nat, /standing:\n +ready: \d\n +of: 1\n/);
  assert.match(dns, /names:\nNAME +IS +BY\nweb\.desks\.office\.example +10\.20\.1\.10 +Endpoint web\nwww\.office\.example +10\.20\.1\.9 +records\n_http\._tcp\.office\.example +port 80 +services\n/);
  await ok(['delete', '-f', office]);
});

test('what others depend on is not deleted, and they are named', async () => {
  const [network, domain, server] = await Promise.all([zone.iov(['delete', 'network', 'red/lan']), zone.iov(['delete', 'domain', 'blue']), zone.iov(['delete', 'server', zone.name])]);
  refused(network, 1, /^error: Network red\/lan: is used by Endpoint red\/db, Endpoint red\/web: delete them first\n$/);
  refused(domain, 1, /is used by Endpoint blue\/web, Network blue\/lan/);
  refused(server, 1, /is used by Endpoint/);
});

test('refusals are one sentence, with an exit code that tells whose turn it is', async () => {
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[], 2, /Usage: iov/],
    [['nope'], 2, /unknown command 'nope'/],
    [['get', 'netwrks'], 2, /unknown kind 'netwrks'; did you mean 'networks'\?/],
    [['get', 'peering'], 1, /Peering is not served yet/],
    [['get', 'endpoint', 'web'], 2, /which domain is Endpoint 'web' of\?/],
    [['get', 'endpoint', 'a/b/c'], 2, /'a\/b\/c' is not the name of an Endpoint/],
    [['get', 'endpoint', 'red/nope'], 1, /there is no Endpoint red\/nope/],
    [['get', '-o', 'xml'], 2, /Allowed choices are table, json, yaml, name/],
    [['delete'], 2, /delete what\?/],
    [['apply', '-f', 'nowhere.yaml'], 1, /there is no file nowhere\.yaml/],
    [['get', '--director', 'unix:/nowhere/d.sock'], 3, /no Director listens on unix:\/nowhere\/d\.sock\n {2}to mend it: start it with/],
    [['get', '--director', 'nonsense'], 3, /'nonsense' is not an address/],
    [['status', '--visor', 'unix:/nowhere/v.sock'], 3, /no visor listens on/],
    [['endpoint', 'attach', '-n', 'red/lan'], 2, /where is the workload/],
    [['endpoint', 'attach', '-n', 'red/lna', '--netns', 'x'], 1, /unknown Network 'lna' in domain red; did you mean 'lan'\?/],
    [['endpoint', 'attach', '-n', 'red/lan/x', '--netns', 'x'], 2, /'red\/lan\/x' is not the name of a Network/],
    [['endpoint', 'attach', '-n', 'red/lan', '--netns', 'x', '--device', '%s'], 1, /^error: device is not the name of a device/],
    [['endpoint', 'attach', '-n', 'red/lan', '--netns', 'x', '--device', '..'], 1, /is not the name of a device/],
    [['endpoint', 'attach', '-n', 'blue/lan', '--netns', 'x', '--address', '10.0.0.9'], 1, /address 10\.0\.0\.9 belongs to Endpoint blue\/web/],
    [['endpoint', 'attach', '-n', 'red/lan', '--netns', 'y', '--name', 'web'], 1, /endpoint red\/web is attached already, to device eth0/],
    [['endpoint', 'detach'], 2, /detach which endpoint\?/],
    [['visor', '--engine', 'vm', '--name', zone.name, '--state', `${zone.dir}/other`, '--listen', `unix:${zone.dir}/o.sock`], 3, /a visor named t-\d+ runs on this machine \(process \d+\)/],
    [['visor', '--engine', 'vm', '--name', 'other', '--state', `${zone.dir}/state/${zone.name}`, '--listen', `unix:${zone.dir}/o.sock`], 3, /another visor uses/],
    [['visor', '--engine', 'vm', '--underlay', 'here'], 2, /--underlay is an IPv4 or IPv6 address/],
    [['director', '--listen', '0.0.0.0:8470', '--state', `${zone.dir}/d2`], 3, /0\.0\.0\.0 can be reached from other machines/],
    [['director', '--listen', `unix:${zone.dir}/d2.sock`, '--state', `${zone.dir}/state/director`], 3, /another Director uses/],
  ];
  // A few at a time: each is a process.
  for (let at = 0; at < cases.length; at += 4) {
    await Promise.all(cases.slice(at, at + 4).map(async ([args, code, error]) => refused(await zone.iov(args), code, error)));
  }
});

test('SIGKILL of Director and visor: the next start has all of it, and stale sockets are no obstacle', async () => {
  const before = await ok(['get', 'endpoints', '-o', 'name']);
  assert.equal(await zone.down('SIGKILL'), 'SIGKILL');
  assert.ok(existsSync(`${zone.dir}/director.sock`));
  await zone.up();
  assert.equal(await ok(['get', 'endpoints', '-o', 'name']), before);
  assert.match(await ok(['endpoint', 'attach', '-n', 'red/lan', '--netns', 'web']), /^red\/web is attached/);
});

test('a detach always succeeds, and then deletes do', async () => {
  for (const name of ['red/web', 'red/db', 'blue/web']) assert.equal(await ok(['endpoint', 'detach', '--name', name]), `${name} is detached\n`);
  assert.equal(await ok(['endpoint', 'detach', '--name', 'red/web']), 'there was no such endpoint\n');
  assert.match(await ok(['delete', '-f', EXAMPLE]), /Network red\/lan deleted[\s\S]*Domain blue deleted/);
  assert.equal(await ok(['get', '-o', 'name']), `server/${zone.name}\n`);
});

test('iov up ends in order when asked', async () => {
  assert.equal(await zone.down('SIGTERM'), 0);
  assert.equal(zone.upErr, '');
});
