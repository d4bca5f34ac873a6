// An endpoint at a TAP that is there already, as qemu has it: frames both ways, the machine's end and return, and a detach that leaves it closed.

import assert from 'node:assert/strict';
import { Netlink } from '../../netlink/client.ts';
import { getLink } from '../../netlink/links.ts';
import { openTap, type Tap } from '../../sys/tap.ts';
import { kernelTest } from '../../../test/require.ts';
import { DatapathError, type EndpointSpec } from '../datapath.ts';
import { kernelWorld } from '../fixtures/kernel-world.ts';
import { switchImage } from '../fixtures/switch.ts';
import { frame, text, TYPE } from '../suite-net.ts';

const MACHINE = '02:00:00:00:00:01', WORKLOAD = '02:00:00:00:00:02';

async function next(tap: Tap): Promise<string | undefined> {
  for (const end = performance.now() + 2000; performance.now() < end; await new Promise(done => setTimeout(done, 1))) {
    for (let got = tap.read(); got; got = tap.read()) if (((got[12] ?? 0) << 8 | (got[13] ?? 0)) === TYPE) return text(got.slice());
  }
  return undefined;
}

kernelTest('a TAP is an endpoint: frames pass both ways, it may go and come back, and is down when it is detached', async t => {
  const world = kernelWorld(t, 'iov-tap');
  const server = world.own!('a');
  const datapath = world.open('a');
  t.after(() => { datapath.close(); });
  const [netns, sender] = [world.host('a', 'h2'), 'eth0'];
  datapath.putImage('one', switchImage());
  datapath.putElement({
    uid: 'red', id: 3, imageHash: 'one', contents: { stations: [[MACHINE, 1], [WORKLOAD, 2]] },
    wires: [{ port: 1, to: 'endpoint', endpoint: 'vm' }, { port: 2, to: 'endpoint', endpoint: 'ns' }],
  });
  const spec = (more: Partial<EndpointSpec>): EndpointSpec => ({ uid: 'vm', id: 1, domain: 1, group: 0, element: 'red', port: 1, netns: '', device: 'tap7', mac: MACHINE, addresses: ['10.0.0.1/24'], gateways: ['10.0.0.9'], mtu: 1450, ...more });
  datapath.putEndpoint(spec({ uid: 'ns', id: 2, port: 2, netns, device: sender, mac: WORKLOAD, addresses: ['10.0.0.2/24'], gateways: [] }));
  const workload = world.tap('a', netns, sender);
  t.after(() => { workload.close(); });

  assert.throws(() => datapath.putEndpoint(spec({})), (e: unknown) => e instanceof DatapathError && /no device tap7/.test(e.message));
  assert.throws(() => datapath.putEndpoint(spec({ device: 'under' })), (e: unknown) => e instanceof DatapathError && /under is no TAP/.test(e.message));

  let tap = openTap('tap7', server);
  t.after(() => { tap.close(); });
  const passes = async (): Promise<void> => {
    tap.write(frame(WORKLOAD, MACHINE, TYPE, 'out'));
    assert.equal(text(await workload.receive()), 'out');
    workload.send(frame(MACHINE, WORKLOAD, TYPE, 'in'));
    assert.equal(await next(tap), 'in');
  };
  datapath.putEndpoint(spec({}));
  await passes();
  const changes = datapath.changes;
  datapath.putEndpoint(spec({}));
  assert.equal(datapath.changes, changes, 'the same again changes nothing');
  datapath.putEndpoint(spec({ gateways: [] }));
  await passes();
  assert.throws(() => datapath.putEndpoint(spec({ uid: 'other', id: 3 })), (e: unknown) => e instanceof DatapathError && /tap7 is attached as endpoint vm already/.test(e.message));
  datapath.removeEndpoint('other');

  tap.close();
  assert.deepEqual(datapath.observe().endpoints.map(e => [e.uid, e.alive]), [['ns', true], ['vm', false]]);
  tap = openTap('tap7', server);
  datapath.putEndpoint(spec({}));
  await passes();

  datapath.removeEndpoint('vm');
  using netlink = new Netlink({ netns: server });
  assert.equal(getLink(netlink, 'tap7')?.up, false, 'no machine reaches the stack of the server');
  assert.deepEqual(datapath.observe().endpoints.map(e => e.uid), ['ns']);
});
