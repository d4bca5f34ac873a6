// What was counted, as people and Prometheus ask for it: iov stats, and GET /metrics on the visor's socket and on a loopback port.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { VisorClient } from '../../src/client/visor.ts';
import type { Stats } from '../../src/model/stats.ts';
import { counterpartTest, programPath } from '../require.ts';
import { Zone } from './iov.ts';

const zone = new Zone();
let port = '';
before(async () => {
  await zone.up('--metrics', '127.0.0.1:0');
  port = /^Metrics at (http:\S+)$/m.exec(zone.upOut)?.[1] ?? '';
  for (const args of [['apply', '-f', resolve(import.meta.dirname, '../../examples/shop')], ...['web', 'db'].map(n => ['endpoint', 'attach', '-n', `shop/${n}`, '--netns', n, '--name', `${n}-1`])]) {
    const said = await zone.iov(args);
    assert.equal(said.code, 0, said.err);
  }
});
after(() => zone.close());

test('iov stats names each element, each endpoint and what is at each port', async () => {
  const { out, err } = await zone.iov(['stats']);
  assert.equal(err, '');
  assert.match(out, /^ELEMENT +IN PACKETS +IN BYTES +OUT PACKETS +OUT BYTES +DROPPED\n/);
  assert.match(out, /^Network shop\/web +\d+ +\d+ +\d+ +\d+ +\d+$/m);
  assert.match(out, /^Policies shop\/db +- +- +- +- +\d+$/m);
  assert.match(out, /^shop\/db-1 +\d+ +\d+ +\d+ +\d+$/m);
  const stats = JSON.parse((await zone.iov(['stats', '-o', 'json'])).out) as Stats;
  assert.deepEqual(stats.ports.map(p => `${p.owner} ${p.to} ${p.peer}`).sort(), [
    'Network/shop/db element Router/shop/main', 'Network/shop/db endpoint shop/db-1', 'Network/shop/web element Router/shop/main', 'Network/shop/web endpoint shop/web-1',
    'Router/shop/main element Network/shop/db', 'Router/shop/main element Network/shop/web',
  ]);
  assert.match((await zone.iov(['stats', 'ports'])).out, /^Router shop\/main +\d+ +element Network shop\/db +\d+/m);
  const wrong = await zone.iov(['stats', 'colours']);
  assert.deepEqual([wrong.code, wrong.out], [2, '']);
});

test('metrics are the same on the socket and on the loopback port, which has nothing else', async () => {
  const [byPort, elsewhere] = await Promise.all([fetch(port), fetch(port.replace('/metrics', '/v1/status'))]);
  assert.match(byPort.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.equal(elsewhere.status, 404);
  const text = await byPort.text();
  assert.match(text, /^iovisor_endpoints\{state="ready"\} 2$/m);
  const names = (t: string): string[] => t.split('\n').map(l => l.replace(/ \S+$/, ''));
  assert.deepEqual(names(text), names(await new VisorClient(zone.visor).metrics()));
});

test('metrics are not for other machines', async () => {
  for (const address of ['0.0.0.0:9469', 'unix:/tmp/x', '9469']) {
    const said = await zone.iov(['visor', '--name', 'other', '--engine', 'vm', '--state', `${zone.dir}/other`, '--listen', `unix:${zone.dir}/other.sock`, '--metrics', address]);
    assert.match(said.err, /127\.0\.0\.1:PORT/, address);
    assert.notEqual(said.code, 0);
  }
});

counterpartTest(['promtool'], 'promtool finds nothing wrong with the metrics', async () => {
  const text = await new VisorClient(zone.visor).metrics();
  const { status, stdout, stderr } = spawnSync(programPath('promtool')!, ['check', 'metrics'], { input: text, encoding: 'utf8', timeout: 30_000 });
  assert.deepEqual({ status, said: stdout + stderr }, { status: 0, said: '' });
  const broken = spawnSync(programPath('promtool')!, ['check', 'metrics'], { input: text.replace('# TYPE iovisor_elements gauge', '# TYPE iovisor_elements counter'), encoding: 'utf8', timeout: 30_000 });
  assert.notEqual(broken.status, 0);
});
