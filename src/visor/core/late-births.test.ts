// Births that are answered late, or that a person was before: whose endpoint it is, and that none stays behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Server, zoneWithNetworks } from '../../../test/visor-core.ts';
import { resource } from '../../director/core/zone.fixture.ts';
import type { VisorEffect, VisorEvent } from './events.ts';
import { EFFECT_PATIENCE_MS } from './asking.ts';

/** The Director forgets at once and says so late; births it writes down much later, when their workload was given up. */
function lateBirth(): { readonly server: Server; readonly answers: readonly VisorEvent[]; readonly born: () => void; readonly calm: () => void } {
  const server = new Server(zoneWithNetworks()), carryOut = server.carryOut.bind(server);
  const births: VisorEffect[] = [], answers: VisorEvent[] = [];
  server.connect();
  server.carryOut = effect => {
    if (effect.kind !== 'register' && effect.kind !== 'unregister') return carryOut(effect);
    if (effect.kind === 'register') births.push(effect); else answers.push(carryOut(effect)[0]!);
    return [];
  };
  server.attach({ netns: '/run/netns/w1', name: 'w1', timeoutMs: 1000 });
  return { server, answers, born: () => { for (const event of carryOut(births[0]!)) server.step(event); }, calm: () => { server.carryOut = carryOut; } };
}

test('a birth that is written down after the Director had said that there is none is ended all the same', () => {
  const { server, answers, born, calm } = lateBirth();
  server.pass(EFFECT_PATIENCE_MS + 1000);
  assert.equal(answers.length, 1);
  born();
  server.step({ kind: 'offline', message: 'gone', how: 'away' });
  server.step(answers[0]!);
  calm();
  server.connect();
  server.pass(1000);
  assert.equal(server.zone.state.world.resources.has('Endpoint/red/w1'), false);
  assert.deepEqual([server.document?.gone, server.document?.told], [[], []]);
});

test('the birth of a workload that was given up is not that of the next of its name', () => {
  const { server, born, calm } = lateBirth();
  server.pass(2000);
  server.attach({ netns: '/run/netns/w2', name: 'w1' });
  calm();
  born();
  server.news();
  assert.deepEqual([server.replies[0]?.ok, server.endpoints(), server.document?.gone, [...server.datapath.endpoints.keys()]], [true, ['red/w1 ready'], [], ['e2-c0ffee']]);
});

test('an endpoint that a person wrote a moment ago, and no plan here has yet, stays theirs', () => {
  const server = new Server(zoneWithNetworks());
  server.connect();
  server.zone.apply(resource('Endpoint', 'red/a', { network: 'web', server: 's1', addresses: ['10.1.0.77'] }));
  server.attach({ netns: '/run/netns/a', name: 'a' });
  server.news();
  assert.ok(server.replies[0]?.ok && server.detach('a')?.ok);
  assert.deepEqual([server.datapath.endpoints.size, server.zone.state.world.resources.has('Endpoint/red/a')], [0, true]);
});

test('an endpoint that was born here, and that a person wrote since, stays theirs', () => {
  const server = new Server(zoneWithNetworks());
  server.connect();
  server.attach({ netns: '/run/netns/a', name: 'a' });
  server.zone.apply(resource('Endpoint', 'red/a', { network: 'web', server: 's1' }));
  server.news();
  assert.ok(server.detach('a')?.ok);
  assert.deepEqual([server.datapath.endpoints.size, server.zone.state.world.resources.has('Endpoint/red/a')], [0, true]);
  assert.ok(server.attach({ netns: '/run/netns/b', name: 'a' })?.ok);
});

test('what a person wrote while an end of its name waited for the Director stays theirs, and can be attached', () => {
  const server = new Server(zoneWithNetworks());
  server.step({ kind: 'offline', message: 'gone', how: 'lost' });
  server.attach({ netns: '/run/netns/a', name: 'a', timeoutMs: 1000 });
  server.pass(3000);
  assert.deepEqual(server.document?.gone, ['red/a']);
  server.zone.apply(resource('Endpoint', 'red/a', { network: 'web', server: 's1' }));
  server.connect();
  assert.deepEqual([server.document?.gone, server.document?.told], [[], []]);
  assert.ok(server.attach({ netns: '/run/netns/b', name: 'a' })?.ok);
});

test('the next of a name is born, also while the disk has yet to take the plan without the one before', () => {
  const server = new Server(zoneWithNetworks()), carryOut = server.carryOut.bind(server);
  server.connect();
  assert.ok(server.attach({ netns: '/run/netns/a', name: 'a' })?.ok);
  const saves: VisorEffect[] = [];
  server.carryOut = effect => {
    if (effect.kind !== 'save' || effect.document.gone.length > 0) return carryOut(effect);
    saves.push(effect);
    return [];
  };
  server.detach('a');
  assert.equal(saves.length, 1);
  server.attach({ netns: '/run/netns/b', name: 'a' });
  server.carryOut = carryOut;
  for (const event of carryOut(saves[0]!)) server.step(event);
  server.news();
  assert.deepEqual([server.replies.at(-1)?.ok, server.endpoints()], [true, ['red/a ready']]);
});
