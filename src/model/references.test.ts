// Resources of all kinds, deleted one by one in the order that is said: what is left keeps all rules at every moment, however they were written down.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFiles } from './parse.ts';
import { referencesOf, usersFirst } from './references.ts';
import { KIND_NAMES, keyOf, type Resource } from './resource.ts';
import { validate } from './validate.ts';

const FILE = `
{ kind: Server, metadata: { name: s1 }, spec: { underlay: 192.0.2.1 } }
{ kind: Domain, metadata: { name: red }, spec: { servers: [s1] } }
{ kind: User, metadata: { name: ann } }
{ kind: RoleBinding, metadata: { name: ann-red }, spec: { role: editor, users: [ann], domains: [red] } }
{ kind: JoinToken, metadata: { name: one }, spec: { sha256: ${'a'.repeat(64)}, server: s1, expires: '2030-01-01T00:00:00Z' } }
{ kind: Network, metadata: { domain: red, name: web }, spec: { subnets: [10.1.0.0/24], attach: { grant: { tier: web } } } }
{ kind: Network, metadata: { domain: red, name: db }, spec: { subnets: [10.2.0.0/24] } }
{ kind: Endpoint, metadata: { domain: red, name: a, labels: { role: front } }, spec: { network: web, server: s1 } }
{ kind: Endpoint, metadata: { domain: red, name: b }, spec: { network: db, server: s1 } }
{ kind: Gateway, metadata: { name: edge }, spec: { servers: [s1], device: eth1, addresses: [198.51.100.2/24], nextHop: [198.51.100.1] } }
{ kind: Router, metadata: { domain: red, name: r }, spec: { networks: [web, db], uplink: { gateway: edge } } }
{ kind: Nat, metadata: { domain: red, name: out }, spec: { router: r, masquerade: [{ from: { network: web } }], forward: [{ to: { endpoint: a }, ports: [tcp/80] }], oneToOne: [{ endpoint: b, outside: 198.51.100.9 }] } }
{ kind: Policy, metadata: { domain: red, name: p }, spec: { group: { tier: web }, ingress: [{ from: { role: front } }] } }
{ kind: Dns, metadata: { domain: red, name: names }, spec: { zone: red.internal, networks: [web], services: [{ name: _http._tcp, of: { role: front }, port: 80 }] } }
{ kind: Module, metadata: { name: knock@1 }, spec: { entry: knock.ts, sources: {}, imageHash: ${'b'.repeat(64)}, image: '{}', type: filter, keyed: [], exports: [] } }
{ kind: Function, metadata: { domain: red, name: guard }, spec: { module: knock@1, on: { network: web } } }
`;
const text = FILE.trim().split('\n').map(line => line.replace('{', '{ apiVersion: iovisor/v1,')).join('\n---\n');
const { resources: parsed, problems } = parseFiles([{ file: 'all.yaml', text }]);
const all = parsed.map(p => p.resource);

test('what names others is deleted before these', () => {
  assert.deepEqual(problems, []);
  assert.deepEqual([...new Set(all.map(r => r.kind))].sort(), [...KIND_NAMES].sort(), 'all kinds are here');
  fc.assert(fc.property(fc.shuffledSubarray(all, { minLength: all.length }), shuffled => {
    const left = new Map<string, Resource>(shuffled.map(r => [keyOf(r), r]));
    assert.deepEqual(validate(left), []);
    for (const resource of usersFirst(shuffled)) {
      left.delete(keyOf(resource));
      assert.deepEqual(validate(left), [], `without ${keyOf(resource)}`);
    }
    assert.equal(left.size, 0);
  }), { numRuns: 50 });
});

test('a reference says where it stands', () => {
  const nat = all.find(r => r.kind === 'Nat')!;
  assert.deepEqual(referencesOf(nat).map(({ kind, name, path }) => `${kind} ${name}: ${path.join('.')}`), [
    'Domain red: metadata.domain', 'Router r: spec.router', 'Network web: spec.masquerade.0.from.network', 'Endpoint a: spec.forward.0.to.endpoint', 'Endpoint b: spec.oneToOne.0.endpoint',
  ]);
});
