// What the data path must have, as the plan changes under it. Whether packets take the way is test/uplink.test.ts's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Server } from '../../../test/visor-core.ts';
import { Zone, resource, twoTenants } from '../../director/core/zone.fixture.ts';
import { wayOutOf } from '../../model/uplinks.ts';
import { planOf } from '../../director/core/step.ts';
import { desiredOf } from './desired.ts';
import { EMPTY_DOCUMENT } from './document.ts';
import { statusOf } from './report.ts';

test('a server of a gateway falls silent: others send what leaves by another, though all else of their plan stays, down to the sections that they have', () => {
  const zone = new Zone();
  const underlay = (name: string): string => `192.0.2.${name.slice(1)}`, gateways = ['s3', 's4'];
  zone.apply(...twoTenants, ...gateways.map(name => resource('Server', name, { underlay: underlay(name) })),
    resource('Gateway', 'edge', { servers: gateways, device: 'eth1', addresses: ['198.51.100.2/24'], nextHop: ['198.51.100.1'] }),
    resource('Router', 'red/r', { networks: ['web'], uplink: { gateway: 'edge' } }));
  const server = new Server(zone);
  server.connect();
  const first = planOf(zone.state, 's1');
  for (const ms of [0, 40_000]) {
    zone.nowMs += ms;
    for (const name of ms === 0 ? gateways : [gateways.find(g => g !== wayOutOf('s1', gateways))!]) zone.step({ kind: 'status', status: { ...statusOf(server.state), server: name } });
    zone.step({ kind: 'tick' });
    zone.run();
  }
  // As a visor has it from a watch: what is sent is the server's own section alone.
  const then = { ...first, own: planOf(zone.state, 's1').own };
  assert.deepEqual(planOf(zone.state, 's1').elements.map(e => e.hash), first.elements.map(e => e.hash));
  const ways = [first, then, first].map(plan => desiredOf({ ...EMPTY_DOCUMENT, ...server.document, plan }).elements.flatMap(e => e.spec.wires.flatMap(w => w.to === 'tunnel' && w.port === 0 ? [w.remote] : [])));
  const way = wayOutOf('s1', gateways), other = gateways.find(name => name !== way)!;
  assert.deepEqual(ways, [[underlay(way)], [underlay(other)], [underlay(way)]]);
});
