// Bad YAML: file, line, column, what is allowed. Good YAML: resources in canonical form.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFiles, placeProblems } from './parse.ts';
import { showPlaced } from './problem.ts';
import { validate } from './validate.ts';
import { KIND_NAMES, keyOf } from './resource.ts';

const parse = (text: string): { errors: string[]; resources: unknown[]; placed: ReturnType<typeof parseFiles>['resources'] } => {
  const p = parseFiles([{ file: 'shop.yaml', text }]);
  return { errors: p.problems.map(showPlaced), resources: p.resources.map(r => r.resource), placed: p.resources };
};

test('good documents become resources, addresses in canonical form', () => {
  const { errors, resources } = parse(`
apiVersion: iovisor/v1
kind: Network
metadata: {domain: shop, name: web}
spec: {subnets: [10.1.1.0/24, "FD00:1:0::/64"], attach: {grant: {tier: web}}}
---
---
apiVersion: iovisor/v1
kind: Domain
metadata: {name: shop}
`);
  assert.deepEqual(errors, []);
  assert.deepEqual(resources, [
    { apiVersion: 'iovisor/v1', kind: 'Network', metadata: { domain: 'shop', name: 'web' }, spec: { subnets: ['10.1.1.0/24', 'fd00:1::/64'], attach: { grant: { tier: 'web' } } } },
    { apiVersion: 'iovisor/v1', kind: 'Domain', metadata: { name: 'shop' } },
  ]);
});

for (const [name, text, error] of [
  ['an unknown kind', 'apiVersion: iovisor/v1\nkind: Netwrk\nmetadata: {domain: a, name: b}', `error shop.yaml:2:7 Netwrk b: unknown kind 'Netwrk'; did you mean 'Network'? allowed: ${KIND_NAMES.join(', ')}`],
  ['a kind that is another now', 'apiVersion: iovisor/v1\nkind: BaselinePolicy\nmetadata: {domain: a, name: b}', "error shop.yaml:2:7 BaselinePolicy b: kind 'BaselinePolicy' is not served yet; use a Policy with tier: baseline"],
  ['a kind of later', 'apiVersion: iovisor/v1\nkind: Peering\nmetadata: {domain: a, name: b}', `error shop.yaml:2:7 Peering b: kind 'Peering' is not served yet; this version has: ${KIND_NAMES.join(', ')}`],
  ['an unknown field', 'apiVersion: iovisor/v1\nkind: Network\nmetadata: {domain: a, name: b}\nspec:\n  subnet: [10.0.0.0/8]', "error shop.yaml:5:3 Network b: unknown field 'subnet'; did you mean 'subnets'? allowed: subnets, vni, mtu, antiSpoof, dhcp, connections, attach"],
  ['an unknown field deep inside', 'apiVersion: iovisor/v1\nkind: Network\nmetadata: {domain: a, name: b}\nspec: {attach: {grant: {x: y}, deny: 1}}', "error shop.yaml:4:32 Network b: unknown field 'deny'; allowed: grant, leases"],
  ['a value', 'apiVersion: iovisor/v1\nkind: Network\nmetadata: {domain: a, name: b}\nspec:\n  subnets:\n  - 10.0.0.0/8\n  - 10.0.0.0/40', "error shop.yaml:7:5 Network b: '10.0.0.0/40' is not a subnet, such as 10.1.1.0/24 or fd00:1::/64"],
  ['a VNI out of range', 'apiVersion: iovisor/v1\nkind: Network\nmetadata: {domain: a, name: b}\nspec: {vni: 16777216}', "error shop.yaml:4:13 Network b: 'vni' must be at most 16777215, not '16777216'"],
  ['a missing field', 'apiVersion: iovisor/v1\nkind: Endpoint\nmetadata: {domain: a, name: b}\nspec: {network: n}', "error shop.yaml:4:7 Endpoint b: missing field 'server'; fields here: network, server, mac, addresses, ephemeral, lease, device, vlan"],
  ['a missing name', 'apiVersion: iovisor/v1\nkind: Domain\nmetadata: {}', "error shop.yaml:3:11 Domain: missing field 'name'; fields here: name, labels"],
  ['a domain where none belongs', 'apiVersion: iovisor/v1\nkind: Server\nmetadata: {name: a, domain: b}\nspec: {underlay: 10.0.0.1}', "error shop.yaml:3:21 Server a: a Server is in no domain: remove 'domain'"],
  ['a wrong version', 'apiVersion: v1\nkind: Domain\nmetadata: {name: a}', "error shop.yaml:1:13 Domain a: unknown apiVersion 'v1'; allowed: iovisor/v1"],
  ['broken YAML', 'a: [1', 'error shop.yaml:1:6: YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ['no mapping', '1', 'error shop.yaml:1:1: a resource is a mapping with apiVersion, kind, metadata and spec'],
  ['no mapping in a list', '[{apiVersion: iovisor/v1, kind: Domain, metadata: {name: a}},\n 1]', 'error shop.yaml:2:2: a resource is a mapping with apiVersion, kind, metadata and spec'],
  ['a field of one in a list', '[{apiVersion: iovisor/v1, kind: Domain, metadata: {name: a}},\n {apiVersion: iovisor/v1, kind: Network, metadata: {domain: a, name: b}, spec: {vni: 16777216}}]', "error shop.yaml:2:86 Network b: 'vni' must be at most 16777215, not '16777216'"],
] as const) {
  test(`${name} is refused at its place`, () => assert.deepEqual(parse(text).errors, [error]));
}

test('a list of resources is as good as documents, as JSON too', () => {
  const one = { apiVersion: 'iovisor/v1', kind: 'Domain', metadata: { name: 'a' } }, other = { ...one, metadata: { name: 'b' } };
  const { errors, resources } = parse(JSON.stringify([one, other], null, 2));
  assert.deepEqual({ errors, resources }, { errors: [], resources: [one, other] });
  assert.deepEqual(parse('[]'), { errors: [], resources: [], placed: [] });
});

test('the same resource twice is refused', () => {
  const one = 'apiVersion: iovisor/v1\nkind: Domain\nmetadata: {name: a}\n';
  assert.deepEqual(parse(`${one}---\n${one}`).errors, ['error shop.yaml:7:18 Domain a: is here twice; the first is at shop.yaml:3:18']);
});

test('problems between resources are led back to their lines', () => {
  const { errors, placed } = parse(`
apiVersion: iovisor/v1
kind: Domain
metadata: {name: shop}
---
apiVersion: iovisor/v1
kind: Network
metadata: {domain: shop, name: web}
spec:
  subnets: [10.1.0.0/16]
---
apiVersion: iovisor/v1
kind: Network
metadata: {domain: shpo, name: db}
spec:
  subnets: [10.1.2.0/24]
`);
  assert.deepEqual(errors, []);
  const problems = validate(new Map(placed.map(p => [keyOf(p.resource), p.resource])));
  assert.deepEqual(placeProblems(placed, problems).placed.map(showPlaced),
    ["error shop.yaml:14:20 Network shpo/db: unknown Domain 'shpo'; did you mean 'shop'?"]);
});
