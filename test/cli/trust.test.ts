// docs/trust.md as people follow it: a Director with TLS, a user with a token from another "machine" (no socket, a configuration of its own), a visor that joins.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { IOV, Zone } from './iov.ts';

const zone = new Zone('https://127.0.0.1:0');
before(() => zone.up());
after(() => zone.close());

const ok = async (args: readonly string[], input?: string, env?: NodeJS.ProcessEnv): Promise<string> => {
  const said = await zone.iov(args, input, env);
  assert.deepEqual({ code: said.code, err: said.err }, { code: 0, err: '' }, `iov ${args.join(' ')}`);
  return said.out;
};
const https = (): string => /https:\/\/127\.0\.0\.1:\d+/.exec(zone.upOut)![0];

test('a user with a token, from elsewhere: contexts, roles, revocation', async () => {
  await ok(['apply', '-f', '-'], 'apiVersion: iovisor/v1\nkind: Domain\nmetadata: {name: shop}\n');
  const token = (await ok(['token', 'create', 'alice', '--role', 'editor', '--domain', 'shop', '--ttl', '90d'])).trim();
  assert.match(token, /^iovt-[\w-]{43}$/);
  assert.doesNotMatch(await ok(['get', 'user', 'alice', '-o', 'json']), new RegExp(token.slice(5, 20)));
  const fingerprint = (await ok(['authority', 'show'])).trim().split('\n')[0]!;
  const elsewhere = { IOV_DIRECTOR: undefined, XDG_CONFIG_HOME: `${zone.dir}/elsewhere` };
  const far = (args: readonly string[], input?: string): ReturnType<Zone['iov']> => zone.iov(args, input, elsewhere);
  const wrong = await far(['context', 'set', 'prod', '--director', https(), '--fingerprint', fingerprint.replace(/^./, c => c === '0' ? '1' : '0'), '--token-file', '-'], token);
  assert.match(wrong.err, /has no authority with this fingerprint/);
  assert.equal(wrong.code, 1);
  const set = await far(['context', 'set', 'prod', '--director', https(), '--fingerprint', fingerprint, '--token-file', '-'], `${token}\n`);
  assert.deepEqual([set.code, set.out], [0, `context prod is in use: ${https()}, which takes you for user alice\n`]);
  const network = 'apiVersion: iovisor/v1\nkind: Network\nmetadata: {domain: shop, name: web}\nspec: {subnets: [10.1.0.0/24]}\n';
  assert.match((await far(['apply', '-f', '-'], network)).out, /Network shop\/web created/);
  const refused = await far(['apply', '-f', '-'], 'apiVersion: iovisor/v1\nkind: Domain\nmetadata: {name: mine}\n');
  assert.match(refused.err, /user alice may not change Domain mine\n.*ask an admin for a RoleBinding/s);
  const pushed = await far(['module', 'push', 'examples/modules/knock/knock.ts']);
  assert.match(pushed.err, /user alice may not bring modules/);
  assert.equal(await ok(['module', 'push', 'examples/modules/knock/knock.ts']), 'knock@1 is let in; a Function places it: spec.module: knock@1\n');
  assert.match((await far(['apply', '-f', '-'], 'apiVersion: iovisor/v1\nkind: Function\nmetadata: {domain: shop, name: guard}\nspec: {module: knock@1, on: {network: web}}\n')).out, /Function shop\/guard created/);
  assert.match((await far(['audit'])).out, /user alice +created +Network shop\/web/);
  assert.match((await far(['context', 'list'])).out, /\* +prod +https/);
  await ok(['token', 'revoke', 'alice']);
  const over = await far(['get', 'networks']);
  assert.match(over.err, /the token is no user/);
  assert.notEqual(over.code, 0);
  assert.match((await far(['get', 'networks', '--director', https()])).err, /no user|whom to trust/);
});

test('a visor joins over TLS, is seen, and is cut off', async t => {
  const token = (await ok(['server', 'token', 'far'])).trim();
  const state = `${zone.dir}/far`;
  const args = ['visor', '--engine', 'vm', '--name', 'far', '--director', https(), '--state', state, '--listen', `unix:${zone.dir}/far.sock`, '--underlay', '192.0.2.9'];
  const none = await zone.iov(args);
  assert.match(none.err, /has not joined .* yet\n.*iov server token far/s);
  const child = spawn(process.execPath, [IOV, ...args, '--join', token], { stdio: 'ignore' });
  t.after(async () => { const ended = new Promise(done => child.once('exit', done)); child.kill('SIGTERM'); await ended; });
  const until = async (what: RegExp): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      if (what.test((await zone.iov(['get', 'server', 'far'])).out)) return;
      await new Promise(done => setTimeout(done, 100));
    }
    assert.fail(`iov get server far never says ${what}`);
  };
  await until(/far +192\.0\.2\.9 +ready/);
  assert.match((await zone.iov([...args.slice(0, 7), '--state', `${zone.dir}/thief`, '--listen', `unix:${zone.dir}/thief.sock`, '--underlay', '192.0.2.9', '--join', token])).err, /another visor|runs on this machine|was used/);
  await ok(['server', 'revoke', 'far']);
  await until(/far +192\.0\.2\.9 +revoked/);
});
