// Every kind explains itself: each field that the schema has is a row, with what the schema says of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KIND_NAMES } from './resource.ts';
import { fieldsOf } from './schema-fields.ts';

test('rows of a policy, down to what is in its lists', () => {
  const rows = new Map(fieldsOf('Policy').map(r => [r.path, r]));
  assert.deepEqual(rows.get('spec.ingress[].ports'), { path: 'spec.ingress[].ports', type: 'list of string', required: false, description: 'tcp/443, udp/8000-8999, tcp, icmp; absent: everything' });
  assert.equal(rows.get('spec.group')?.required, true);
  assert.equal(rows.get('kind')?.type, '"Policy"');
});

test('each kind says what it is, and no field twice', () => {
  for (const kind of KIND_NAMES) {
    const rows = fieldsOf(kind);
    assert.notEqual(rows[0]!.description, '', kind);
    assert.ok(rows.some(r => r.path === 'metadata.name' && r.required), kind);
    assert.equal(new Set(rows.map(r => r.path)).size, rows.length, kind);
  }
});
