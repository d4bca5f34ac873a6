// The order of a change: what is new first, then what leads to it, and what goes when nothing that stands can lead there any more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ElementSpec, EndpointSpec, Observed } from '../../datapath/datapath.ts';
import type { Desired } from './desired.ts';
import { assume, reconcile } from './reconcile.ts';

const element = (uid: string, hash: string): Desired['elements'][number] => ({ owner: uid, hash, spec: { uid, id: 1, imageHash: 'i', contents: {}, wires: [] } satisfies ElementSpec });
const endpoint = (into: string, hash: string): Desired['endpoints'][number] => ({ name: 'e', network: 'Network/red/web', hash, spec: { uid: 'e', id: 1, domain: 1, group: 0, element: into, port: 1, netns: 'n', device: 'eth0', mac: '02:00:00:00:00:01', addresses: [], mtu: 1500 } satisfies EndpointSpec });
const STANDS: Observed = { images: ['i'], elements: [{ uid: 'net', id: 1, specHash: 'open', wires: [] }], endpoints: [{ uid: 'e', specHash: 'direct', alive: true }] };
const FILTERED: Desired = { images: ['i'], elements: [element('net', 'closed'), element('filter', 'f')], endpoints: [endpoint('filter', 'through')], absent: [] };
const OPEN: Desired = { images: ['i'], elements: [element('net', 'open')], endpoints: [endpoint('net', 'direct')], absent: [] };

/** Objects in the order in which they are changed, a line for each turn. */
function turns(desired: Desired, from: Observed): string[] {
  const told: string[] = [];
  let observed = from;
  for (let most = 10; most > 0; most--) {
    const steps = reconcile(desired, observed).filter(s => s.may && (s.behind ?? []).length === 0);
    if (steps.length === 0) return told;
    told.push(steps.map(s => `${s.operation.kind} ${s.object.split(' ')[1]}`).join(', '));
    for (const { operation, change } of steps) observed = operation.kind === 'remove-endpoint' ? { ...observed, endpoints: [] } : operation.kind === 'remove-element' ? { ...observed, elements: observed.elements.filter(e => e.uid !== operation.uid) } : assume(observed, operation, change.split(' ')[0] ?? '');
  }
  return told;
}

test('a filter stands before its network leads to it, and endpoints enter by it last', () => {
  assert.deepEqual(turns(FILTERED, STANDS), ['put-element filter, put-element net', 'put-endpoint e']);
});

test('what stands leads to a new element when that is there, not before: its image may still be on the way, or the kernel refuse it', () => {
  const [net, filter] = FILTERED.elements as [Desired['elements'][number], Desired['elements'][number]];
  const closed = { ...net, spec: { ...net.spec, filter: 'filter' } };
  const around = { ...filter, spec: { ...filter.spec, imageHash: 'late', around: { element: 'net', inner: 'net' } } };
  const desired: Desired = { ...FILTERED, images: ['i', 'late'], elements: [closed, around] };
  assert.deepEqual(turns(desired, STANDS), ['put-image late', 'put-element filter', 'put-element net', 'put-endpoint e']);
  const refused = reconcile(desired, { ...STANDS, images: ['i', 'late'] }).find(s => s.object === 'element net');
  assert.deepEqual([refused?.may, refused?.behind], [false, ['element filter']]);
  // A router beside it, which does not come: what does not lead there is not held up.
  const router = { ...element('router', 'r'), spec: { ...filter.spec, uid: 'router', imageHash: 'late' } };
  const wired = { ...net, spec: { ...net.spec, wires: [{ port: 1, to: 'element' as const, element: 'router', entry: 1 }] } };
  const mayOf = (elements: Desired['elements']): boolean | undefined => reconcile({ ...FILTERED, elements }, STANDS).find(s => s.object === 'element net')?.may;
  assert.deepEqual([mayOf([wired, router]), mayOf([net, router])], [false, true]);
});

test('what goes may be in the way of what is new: it does not wait for those who wait for that', () => {
  const [net] = FILTERED.elements as [Desired['elements'][number]];
  const wired = { ...net, spec: { ...net.spec, wires: [{ port: 1, to: 'element' as const, element: 'new', entry: 1 }] } };
  const behind = reconcile({ ...FILTERED, elements: [wired, element('new', 'n')] }, { ...STANDS, elements: [...STANDS.elements, { uid: 'old', id: 2, specHash: 'o', wires: [] }] }).find(s => s.object === 'element old')?.behind;
  assert.deepEqual(behind, ['element new', 'endpoint e']);
});

test('what is new may want what the one has that is to lead to it, as when a server becomes one of a gateway: that lets go', () => {
  const [net] = FILTERED.elements as [Desired['elements'][number]];
  const tunnel = { port: 0, to: 'tunnel' as const, remote: '192.0.2.2', vni: 7 };
  const nat = { ...element('nat', 'n'), spec: { ...element('nat', 'n').spec, wires: [tunnel] } };
  const wired = { ...net, spec: { ...net.spec, wires: [{ port: 0, to: 'element' as const, element: 'nat', entry: 0 }] } };
  const from: Observed = { ...STANDS, elements: [{ ...STANDS.elements[0]!, wires: [tunnel] }], endpoints: [] };
  assert.deepEqual(turns({ ...FILTERED, elements: [wired, nat], endpoints: [] }, from), ['put-element net', 'put-element nat']);
});

test('a filter goes when neither its network nor an endpoint leads to it', () => {
  const filtered: Observed = { images: ['i'], elements: [{ uid: 'net', id: 1, specHash: 'closed', wires: [] }, { uid: 'filter', id: 1, specHash: 'f', wires: [] }], endpoints: [{ uid: 'e', specHash: 'through', alive: true }] };
  assert.deepEqual(turns(OPEN, filtered), ['put-element net', 'put-endpoint e', 'remove-element filter']);
  assert.deepEqual(turns(OPEN, { ...filtered, endpoints: [{ uid: 'e', specHash: 'through', alive: false }] })[0], 'put-element net', 'what is dead leads nowhere');
});
