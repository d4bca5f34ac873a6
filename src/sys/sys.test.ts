// src/sys against this machine: what needs root goes through kernelTest.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { kernelTest } from '../../test/require.ts';
import { isSysError, SysError } from './errors.ts';
import { O, open, OwnedFd } from './fd.ts';
import { acquireLock, LockHeld } from './lock.ts';
import { withNamespace, withNewNamespace, openNamespace } from './namespace.ts';
import { internetAddress, openIcmpSocket, openPacketSocket } from './packets.ts';
import { untilReadable, watchReadable } from './poll.ts';
import { AF, openSocket, SOCK } from './socket.ts';
import { openTap } from './tap.ts';

test('a refused call says what, why and what to do', () => {
  assert.throws(() => open('/does/not/exist', O.RDONLY), (error: unknown) => {
    assert.ok(isSysError(error, 'ENOENT'));
    assert.match(error.message, /open \/does\/not\/exist: ENOENT/);
    return true;
  });
  assert.match(new SysError('bpf', 1).cure ?? '', /root/);
  assert.equal(new SysError('bpf', 524).code, 'ENOTSUPP');
});

test('an owned descriptor closes once and refuses use afterwards', () => {
  const owned = new OwnedFd(open('/dev/null', O.RDONLY), 'null');
  owned.close();
  owned.close();
  assert.throws(() => owned.fd, /after it was closed/);
});

test('a lock refuses a second holder, names the first, and dies with its process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'iov-lock-'));
  const path = join(directory, 'visor.lock');
  try {
    const lock = acquireLock(path);
    assert.throws(() => acquireLock(path), (error: unknown) => error instanceof LockHeld && error.holder === process.pid);
    lock.close();
    const module = new URL('./lock.ts', import.meta.url).href;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', `const { acquireLock } = await import('${module}'); acquireLock('${path}'); process.kill(process.pid, 'SIGKILL')`]);
    assert.equal(child.signal, 'SIGKILL');
    acquireLock(path).close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('watching refuses what would abort the process', () => {
  const file = open(import.meta.filename, O.RDONLY);
  assert.throws(() => watchReadable(file, () => {}), (error: unknown) => isSysError(error, 'EPERM'));
  const owned = new OwnedFd(file, 'file');
  owned.close();
  assert.throws(() => watchReadable(file, () => {}), (error: unknown) => isSysError(error, 'EBADF', 'EINVAL'));      // EINVAL: the probe took its number
});

test('a datagram socket sends, wakes and receives', async () => {
  const a = openSocket({ domain: AF.INET, type: SOCK.DGRAM, protocol: 0 });
  try {
    a.bind(internetAddress(new Uint8Array([127, 0, 0, 1]), 0));
    assert.equal(a.receive(), undefined);
    assert.throws(() => a.send(new Uint8Array(70_000), internetAddress(new Uint8Array([127, 0, 0, 1]), 9)), (error: unknown) => isSysError(error, 'EMSGSIZE'));
  } finally {
    a.close();
  }
});

kernelTest('a function runs in another namespace and the thread comes back, also after a throw', () => {
  const here = () => readlinkSync('/proc/thread-self/ns/net');
  const home = here();
  const other = withNewNamespace(() => ({ name: here(), fd: openNamespace('/proc/thread-self/ns/net') }));
  using owned = new OwnedFd(other.fd, 'namespace');
  assert.notEqual(other.name, home);
  assert.equal(here(), home);
  assert.equal(withNamespace(owned.fd, here), other.name);
  assert.throws(() => withNamespace(owned.fd, () => { throw new Error('inside'); }), /inside/);
  assert.throws(() => withNamespace(owned.fd, async () => 1), /synchronous/);
  assert.equal(here(), home);
});

kernelTest('a raw ICMP socket pings the loopback', async () => {
  using socket = openIcmpSocket({ version: 4 });
  const echo = new Uint8Array([8, 0, 0, 0, 0x12, 0x34, 0, 1]);
  const sum = 0xffff - (0x0800 + 0x1234 + 1);
  echo.set([sum >> 8, sum & 0xff], 2);
  assert.ok(socket.send(echo, internetAddress(new Uint8Array([127, 0, 0, 1]))));
  for (let most = 0; most < 10; most++) {
    assert.ok(await untilReadable(socket.fd, 2000), 'no answer');
    const icmp = socket.receive()?.bytes.subarray(20);
    if (icmp?.[0] === 0 && icmp[4] === 0x12) return;
  }
  assert.fail('no echo reply');
});

kernelTest('frames pass between a TAP and a packet socket in a namespace of their own', async () => {
  const fd = withNewNamespace(() => openNamespace('/proc/thread-self/ns/net'));
  using namespace = new OwnedFd(fd, 'namespace');
  using tap = openTap('iov-t0', namespace.fd);
  assert.equal(tap.read(), undefined);
  // A device that is down refuses a packet socket's bind at use, not here: index 2 is the first device after lo.
  using socket = openPacketSocket({ ifindex: 2, netns: namespace.fd });
  assert.throws(() => socket.receive(), (error: unknown) => isSysError(error, 'ENETDOWN'));
});
