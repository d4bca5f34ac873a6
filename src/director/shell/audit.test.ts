// Of every route that changes something: the audit log has who, what, before and after. A route that is added without that fails here.

import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import pino from 'pino';
import { DirectorClient, Refused } from '../../client/director.ts';
import type { Answer, Ask } from '../../model/asks.ts';
import { hashOf } from '../../model/trust.ts';
import { modules, resource } from '../core/zone.fixture.ts';
import { runDirector } from './run.ts';

const marks = `
import { ExpiringMap, filter, next, type u32 } from 'iovisor/module';
class Mark { n: u32 = 0 }
export const marks = new ExpiringMap<u32, Mark>(16);
export default filter({ state: 'endpoint', ingress() { marks.get(1); return next(); } });
`;
const web = { kind: 'Network', domain: 'shop', name: 'web' } as const;
const web2 = resource('Network', 'shop/web', { subnets: ['10.0.0.0/24'], mtu: 1400 });

/** `audited`: action and key of what the log must have of it. */
const CHANGES: Readonly<Record<string, { readonly make: (client: DirectorClient) => Promise<unknown>; readonly audited: string }>> = {
  createResource: { make: client => client.create(resource('Domain', 'shop')), audited: 'created Domain/shop' },
  applyResources: { make: client => client.apply([resource('Server', 's1', { underlay: '192.0.2.1' }), resource('Network', 'shop/web', { subnets: ['10.0.0.0/24'] }), ...['a', 'b'].map(name => resource('Endpoint', `shop/${name}`, { network: 'web', server: 's1' }))]), audited: 'created Endpoint/shop/b' },
  replaceResource: { make: client => client.replace(web, web2), audited: 'changed Network/shop/web' },
  patchResource: { make: client => client.patch(web, { spec: { mtu: 1450 } }), audited: 'changed Network/shop/web' },
  pushModule: { make: client => client.push({ name: 'marks', entry: 'marks.ts', sources: { 'marks.ts': marks } }), audited: 'created Module/marks@1' },
  changeMap: {
    make: async client => {
      await client.apply([resource('Function', 'shop/guard', { module: 'marks@1', on: { network: 'web' } })]);
      await client.changeMap('shop/guard', 'marks', { set: [[7, { n: 1 }]], delete: [8], seconds: 60 });
    },
    audited: 'changed Function/shop/guard',
  },
  makeAuthority: { make: client => client.rotateAuthority(), audited: 'changed Director/authority' },
  signCertificate: {
    make: async client => {
      const expires = new Date(Date.now() + 60_000).toISOString();
      await client.apply([resource('JoinToken', 'j', { sha256: hashOf('a-token'), expires, server: 's1' })]);
      await client.certificate({ server: 's1', csr: await request(), token: 'a-token' });
    },
    audited: 'changed Server/s1',
  },
  deleteResource: { make: client => client.delete({ kind: 'Endpoint', domain: 'shop', name: 'b' }), audited: 'deleted Endpoint/shop/b' },
};

/** What visors say of themselves: nothing that shall be is another by it. */
const SAID = ['reportStatus', 'answer'];

test('each route that changes something leaves who, what, before and after', { timeout: 60_000 }, async t => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-audit-'));
  const loaded = Object.fromEntries(Object.entries(modules).map(([name, planned]) => [name, { planned, imageText: '{}' }])) as unknown as Parameters<typeof runDirector>[0]['modules'];
  const director = await runDirector({ listen: `unix:${dir}/d.sock`, stateDir: dir, modules: loaded, version: '0', logger: pino({ level: 'silent' }) });
  const over = new AbortController();
  t.after(async () => { over.abort(); await director.close(); rmSync(dir, { recursive: true, force: true }); });
  const client = new DirectorClient(director.address);

  const { paths } = await client.openapi() as { paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>> };
  const changing = Object.values(paths).flatMap(p => Object.entries(p)).filter(([method]) => method !== 'get').map(([, { operationId }]) => operationId);
  assert.deepEqual(changing.filter(id => !SAID.includes(id)).sort(), Object.keys(CHANGES).sort(), 'a route that is new: say how it changes what, and what the audit log has of that');

  const asked: Ask['kind'][] = [];
  let full = false;
  void actAsVisor(client, 's1', over.signal, ask => {
    asked.push(ask.kind);
    if (full) return { kind: 'refused', error: { error: 'conflict', message: 'it is full' } };
    return ask.kind === 'check-map' ? { kind: 'check-map', before: [{ key: 8, value: { n: 5 } }] } : { kind: 'change-map', changed: 2 };
  });
  for (const [id, { make, audited }] of Object.entries(CHANGES)) {
    const { revision } = await client.health();
    await make(client);
    const { items } = await client.audit({ after: revision });
    const row = items.find(r => `${r.action} ${r.key}` === audited);
    assert.ok(row, `${id}: no '${audited}' among ${JSON.stringify(items.map(r => `${r.action} ${r.key}`))}`);
    assert.equal(row.by, id === 'signCertificate' ? 'visor s1, joining' : `uid ${process.getuid!()}`, id);
    assert.deepEqual(['before' in row, 'after' in row], [row.action !== 'created', row.action !== 'deleted'], id);
    if (row.action === 'changed') assert.notDeepEqual(row.before, row.after, id);
  }

  const [mapped] = (await client.audit()).items.filter(r => r.on);
  assert.deepEqual([mapped?.on, mapped?.before, mapped?.after], [['s1/web'], { map: 'marks', entries: [{ key: 8, value: { n: 5 } }] }, { map: 'marks', entries: [{ key: 7, value: { n: 1 }, expiresSeconds: 60 }], deleted: [8] }]);
  assert.deepEqual(asked, ['check-map', 'change-map'], 'in the log before it is done');

  // What a server would refuse is neither done nor in the log.
  full = true;
  const { revision } = await client.health();
  await assert.rejects(client.changeMap('shop/guard', 'marks', { delete: [8] }), (e: unknown) => e instanceof Refused && e.error.error === 'conflict' && /it is full/.test(e.message));
  assert.deepEqual([asked.slice(2), (await client.audit({ after: revision })).items], [['check-map'], []]);
});

/** Reads the plan of a server and answers what it is asked, as its visor would. */
async function actAsVisor(client: DirectorClient, server: string, signal: AbortSignal, answer: (ask: Ask) => Answer): Promise<void> {
  try {
    for await (const message of client.plan(server, [], signal)) if (message.type === 'ask') await client.answer(server, message.id, answer(message.ask));
  } catch (e) {
    if (!signal.aborted) throw e;
  }
}

async function request(): Promise<string> {
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  return (await Pkcs10CertificateRequestGenerator.create({ name: 'CN=s1', keys, signingAlgorithm })).toString('pem');
}
