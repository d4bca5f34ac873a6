// A virtual machine of Debian's kernel and busybox, by software emulation, on a TAP that is there already: it asks for an address by DHCP as busybox
// does, sets it, does what it is told, prints what came of it and turns itself off. Bounded in time.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { archive } from '../../scripts/matrix/initramfs.ts';
import { kernelOf } from '../../scripts/matrix/kernels.ts';
import { programPath } from '../require.ts';
import type { Programs } from './programs.ts';

const LIMIT_MS = 90_000;
const KERNEL = '6.1';

/** udhcpc's script: `ip addr` and `ip route` as it was told. */
const LEASE = `#!/bin/busybox sh
[ "$1" = bound ] || exit 0
echo "lease $ip/$mask router $router dns $dns mtu $mtu domain $domain name $hostname"
ip link set dev "$interface" mtu "$mtu"
ip addr add "$ip/$mask" dev "$interface"
ip route add default via "$router"
`;

/** `commands`: lines of its shell, after it has its address. Gives its console. @throws MatrixUnavailable: no such kernel can be had */
export async function guest(programs: Programs, { netns, tap, mac, dir, commands }: { readonly netns: string; readonly tap: string; readonly mac: string; readonly dir: string; readonly commands: readonly string[] }): Promise<string> {
  const kernel = kernelOf(KERNEL, { modules: 'card' });
  assert.notEqual(kernel.modules.length, 0, `${kernel.package} has no network card as a module`);
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const init = ['#!/bin/busybox sh', '/bin/busybox --install -s /bin', 'export PATH=/bin', 'mount -t proc proc /proc', 'mount -t sysfs sys /sys',
    ...kernel.modules.map(path => `insmod /modules/${basename(path)}`),
    'ip link set lo up', 'ip link set eth0 up', 'udhcpc -i eth0 -f -q -n -t 10 -T 1 -s /lease', ...commands, 'echo "the guest is done"', 'poweroff -f', ''].join('\n');
  const initramfs = join(dir, 'guest.cpio');
  writeFileSync(initramfs, archive(new Map([
    ['/init', bytes(init)], ['/lease', bytes(LEASE)], ['/bin/busybox', readFileSync(programPath('busybox')!)],
    ...kernel.modules.map(path => [`/modules/${basename(path)}`, readFileSync(path)] as const),
  ])));
  // Into a file: what is written to a pipe that is read slowly, the emulated port loses.
  const console = join(dir, 'console');
  const { err } = await programs.run(netns, [
    'qemu-system-x86_64', '-accel', 'tcg', '-M', 'q35', '-cpu', 'max', '-smp', '1', '-m', '256', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot',
    '-serial', `file:${console}`, '-netdev', `tap,id=net,ifname=${tap},script=no,downscript=no`, '-device', `virtio-net-pci,netdev=net,mac=${mac}`,
    '-kernel', kernel.path, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1',
  ], { limitMs: LIMIT_MS });
  const out = existsSync(console) ? readFileSync(console, 'utf8') : '';
  assert.match(out, /the guest is done/, `its last words: ${out.slice(-2000)}${err}`);
  return out.replaceAll('\r', '');
}
