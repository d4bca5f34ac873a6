// Links on real devices: attach, order, exchange under traffic, device gone, pins. In namespaces of its own.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { kernelTest } from '../../test/require.ts';
import { Netlink } from '../netlink/client.ts';
import { createVeth, deleteLink, indexOf } from '../netlink/links.ts';
import { createNamespace, deleteNamespace, listNamespaces } from '../netlink/namespaces.ts';
import { isSysError } from '../sys/errors.ts';
import { openPacketSocket } from '../sys/packets.ts';
import { encode } from '../isa/encode.ts';
import { gracePeriodSwitch } from './grace-period.ts';
import { createMap, type KernelMap } from './map.ts';
import { ensureBpffs, makePinDirectory, pin, pinnedLink, removePins } from './pins.ts';
import { type KernelProgram, loadProgram } from './program.ts';
import { attachTcx } from './tcx.ts';
import { attachXdp } from './xdp.ts';

const NAMESPACE = 'iov-t-links';
const PINS = '/sys/fs/bpf/iov-t-links';

async function withVeth(body: (at: { netns: string; netlink: Netlink; a: number; b: number }) => void | Promise<void>): Promise<void> {
  const clean = () => {
    removePins(PINS);
    for (const name of listNamespaces(NAMESPACE)) deleteNamespace(name);
  };
  ensureBpffs();
  clean();
  try {
    const netns = createNamespace(NAMESPACE);
    using netlink = new Netlink({ netns });
    createVeth(netlink, { name: 'a', state: 'up' }, { name: 'b', state: 'up', netns });
    await body({ netns, netlink, a: indexOf(netlink, 'a'), b: indexOf(netlink, 'b') });
  } finally {
    clean();
  }
}

/** Adds 1 to counter `index` for each packet, then returns `verdict`. */
function counting(map: KernelMap, index: number, verdict: number, hook: 'tc' | 'xdp' = 'tc'): KernelProgram {
  return loadProgram({
    name: `count_${index}`, hook, code: encode([
      { kind: 'wide-value', dst: 2, map: map.fd, offset: 8 * index },
      { kind: 'alu-imm', op: 'mov', width: 64, dst: 1, imm: 1 },
      { kind: 'atomic', op: 'add', size: 8, dst: 2, offset: 0, src: 1 },
      { kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: verdict },
      { kind: 'exit' },
    ]),
  });
}

const counters = () => createMap({ name: 'counters', type: 'ARRAY', keyBytes: 4, valueBytes: 16, capacity: 1 });

function counts(map: KernelMap): number[] {
  const view = new DataView((map.lookup(new Uint8Array(4)) as Uint8Array<ArrayBuffer>).buffer);
  return [Number(view.getBigUint64(0, true)), Number(view.getBigUint64(8, true))];
}

/** Sends frames of a protocol that nobody speaks from `a`, so that they arrive at `b`. */
function send(netns: string, ifindex: number, frames: number): void {
  using socket = openPacketSocket({ ifindex, netns });
  const frame = new Uint8Array(60);
  frame.fill(0xff, 0, 6);
  frame.set([2, 0, 0, 0, 0, 9, 0x88, 0xb5], 6);
  for (let i = 0; i < frames; i++) assert.ok(socket.send(frame));
}

/** How many frames program 0 and 1 saw. Other traffic of the namespace (IPv6 router solicitations) may add some. */
function seen(map: KernelMap, body: () => void): number[] {
  const before = counts(map);
  body();
  const after = counts(map);
  return after.map((n, i) => n - (before[i] as number)).map(n => n >= 100 ? 100 : 0);
}

kernelTest('tcx: programs run in order, are exchanged, and go with their links', async () => {
  await withVeth(({ netns, a, b }) => {
    using map = counters();
    using zero = counting(map, 0, -1);
    using one = counting(map, 1, -1);
    using last = attachTcx({ program: one, ifindex: b, direction: 'ingress', netns });
    using first = attachTcx({ program: zero, ifindex: b, direction: 'ingress', order: 'first', netns });
    assert.deepEqual(first.info(), { ...first.info(), type: 'tcx', ifindex: b, attachType: 46, programId: zero.info().id });
    assert.deepEqual(seen(map, () => send(netns, a, 100)), [100, 100]);
    // The first decides: with a drop the second sees nothing.
    using drops = counting(map, 0, 2);
    first.update(drops, zero);
    assert.deepEqual(seen(map, () => send(netns, a, 100)), [100, 0]);
    assert.throws(() => first.update(one, zero), (e: unknown) => isSysError(e, 'EPERM') && /is not count_0/.test(e.detail));
    first.close();
    assert.deepEqual(seen(map, () => send(netns, a, 100)), [0, 100]);
    last.detach();
    assert.deepEqual(seen(map, () => send(netns, a, 100)), [0, 0]);
  });
});

kernelTest('grace periods are short while a program is attached, and as they were then, whatever a crash left', async () => {
  await withVeth(async ({ netns, b }) => {
    using program = counting(counters(), 0, -1);
    const before = gracePeriodSwitch();
    if (before === undefined) return;                        // there is no such switch here
    if (before === '0') writeFileSync('/sys/kernel/rcu_expedited', '271');
    attachTcx({ program, ifindex: b, direction: 'ingress', netns }).close();
    // The switch is the machine's: somebody else's attachment may have it for a moment.
    for (let i = 0; i < 1000 && gracePeriodSwitch() === '271'; i++) await new Promise(done => setTimeout(done, 1));
    assert.equal(gracePeriodSwitch(), before === '271' ? '0' : before);
  });
});

kernelTest('a pinned link works without its process, and says when its device is gone', async () => {
  await withVeth(({ netns, netlink, a, b }) => {
    using map = counters();
    using program = counting(map, 0, 0);
    makePinDirectory(PINS);
    const link = attachTcx({ program, ifindex: b, direction: 'ingress', netns });
    pin(link, `${PINS}/link`);
    link.close();
    assert.deepEqual(seen(map, () => send(netns, a, 100)), [100, 0]);
    using again = pinnedLink(`${PINS}/link`);
    assert.equal(again?.info().ifindex, b);
    deleteLink(netlink, 'a');
    assert.equal(again?.info().ifindex, 0);
    assert.throws(() => again?.update(program), (e: unknown) => isSysError(e, 'ENOLINK'));
  });
});

kernelTest('XDP: a program is attached, exchanged and alone', async () => {
  await withVeth(({ netns, a, b }) => {
    using map = counters();
    using zero = counting(map, 0, 2, 'xdp');
    using one = counting(map, 1, 1, 'xdp');
    using link = attachXdp({ program: zero, ifindex: b, netns });
    assert.equal(link.info().type, 'xdp');
    assert.throws(() => attachXdp({ program: one, ifindex: b, netns }), (e: unknown) => isSysError(e, 'EBUSY'));
    assert.throws(() => attachXdp({ program: one, ifindex: 999, netns }), (e: unknown) => isSysError(e, 'EINVAL'));
    send(netns, a, 100);
    link.update(one, zero);
    assert.equal(link.info().programId, one.info().id);
  });
});
