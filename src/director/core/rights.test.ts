// What a caller is told of resources that are none of theirs, whatever they ask: the same as if these were not there. The rules over HTTP are visor/shell/trust.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from './rights.ts';
import { decide, type Write } from './write.ts';
import { Zone, resource, twoTenants } from './zone.fixture.ts';

const zone = new Zone();
zone.apply(...twoTenants, resource('User', 'ed', {}), resource('RoleBinding', 'ed', { role: 'editor', users: ['ed'], domains: ['red'] }));
const ed: Caller = { kind: 'user', name: 'ed' }, s1: Caller = { kind: 'visor', server: 's1' };

function said(caller: Caller, write: Write): string {
  const decided = decide(zone.state.world, write, zone.state.epoch, { id: 'x', wallMs: 0 }, caller);
  return decided.ok ? 'done' : `${decided.error.error}: ${decided.error.message}`;
}

test('an editor learns nothing of other domains from refusals', () => {
  const web = 'Network/blue/web', none = 'Network/blue/none';
  for (const key of [web, none]) {
    const name = key.slice('Network/'.length), spec = { subnets: ['10.200.0.0/24'] };
    const forbidden = `forbidden: user ed may not change Network ${name}`;
    assert.equal(said(ed, { kind: 'delete', key }), forbidden);
    assert.equal(said(ed, { kind: 'delete', key, revision: 7 }), forbidden);
    assert.equal(said(ed, { kind: 'patch', key, patch: { spec: { nonsense: 1 } } }), forbidden);
    assert.equal(said(ed, { kind: 'replace', key, resource: 7 }), forbidden);
    assert.equal(said(ed, { kind: 'create', resource: resource('Network', name, spec) }), forbidden);
    assert.equal(said(ed, { kind: 'apply', dryRun: true, resources: [resource('Network', name, spec, { revision: 7 })] }), forbidden);
  }
  // Guesses are not confirmed: the same as it is, said again. What may be read may be in the file.
  const { metadata: { revision: _, ...metadata }, ...rest } = zone.state.world.resources.get(web)!;
  assert.match(said(ed, { kind: 'apply', dryRun: true, resources: [{ ...rest, metadata }] }), /^forbidden/);
  assert.match(said(ed, { kind: 'apply', dryRun: true, resources: [resource('User', 'ed', {})] }), /^forbidden/);
  assert.equal(said(ed, { kind: 'apply', dryRun: true, resources: [resource('Domain', 'red')] }), 'done');
});

test('a visor makes and deletes its endpoints, and changes none: their labels and addresses are for others to say', () => {
  const key = 'Endpoint/red/a';
  for (const patch of [{ metadata: { labels: { role: 'admin' } } }, { metadata: { labels: null } }, { spec: { addresses: ['10.1.1.77'] } }, { spec: { server: 's2' } }]) {
    assert.match(said(s1, { kind: 'patch', key, patch }), /^forbidden: visor s1 may not change Endpoint red\/a/, JSON.stringify(patch));
  }
  assert.match(said(s1, { kind: 'delete', key: 'Endpoint/red/b' }), /^forbidden/);
  assert.equal(said(s1, { kind: 'delete', key: 'Endpoint/red/none' }), 'not-found: there is no Endpoint red/none');
  assert.equal(said(s1, { kind: 'create', resource: resource('Endpoint', 'red/new', { network: 'web', server: 's1' }) }), 'done');
  assert.equal(said(s1, { kind: 'delete', key }), 'done');
  // One that was declared for it is there already, and it may attach to that; of one elsewhere it hears nothing.
  for (const labels of [{}, { role: 'admin' }]) assert.match(said(s1, { kind: 'create', resource: resource('Endpoint', 'red/a', { network: 'web', server: 's1', addresses: ['10.1.0.9'] }, { labels }) }), /^exists: Endpoint red\/a/);
  assert.match(said(s1, { kind: 'create', resource: resource('Endpoint', 'red/b', { network: 'web', server: 's1' }) }), /^forbidden/);
});

test('a dry run tells of plans what the caller may read', () => {
  const told = (caller: Caller, write: Write): string[] => {
    const replies: string[] = [];
    zone.step({ kind: 'write', request: 'dry', write, caller });
    for (const effect of zone.run()) if (effect.kind === 'reply' && effect.result.ok) replies.push(...effect.result.plans?.map(p => p.server) ?? []);
    return replies;
  };
  const write: Write = { kind: 'apply', dryRun: true, resources: [resource('Endpoint', 'red/new', { network: 'web', server: 's1' })] };
  assert.deepEqual([told(ed, write), told(s1, write), told({ kind: 'operator', name: 'uid 0' }, write)], [['s1', 's2'], ['s1'], ['s1', 's2']]);
});
