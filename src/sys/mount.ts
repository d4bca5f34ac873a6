// mount(2) and umount(2), as far as namespaces and bpffs need them.

import { checked } from './errors.ts';
import { libcInteger } from './libc.ts';

const cMount = libcInteger('int mount(const char *source, const char *target, const char *type, ulong flags, void *data)');
const cUmount = libcInteger('int umount2(const char *target, int flags)');

const MS = { BIND: 0x1000, REC: 0x4000, SHARED: 0x10_0000 } as const;
const MNT_DETACH = 2;

/** Mounts a BPF file system, where maps, programs and links are pinned. @throws SysError */
export function mountBpffs(path: string): void {
  checked(`mount bpf ${path}`, cMount('bpf', path, 'bpf', 0, null));
}

/** Makes `target` show what `source` shows. @throws SysError */
export function bindMount(source: string, target: string): void {
  checked(`mount --bind ${source} ${target}`, cMount(source, target, 'none', MS.BIND, null));
}

/** A directory whose mounts are seen in every mount namespace that has it, as `ip netns` makes /run/netns. @throws SysError */
export function mountShared(path: string, how: 'itself' | 'propagation'): void {
  const flags = how === 'itself' ? MS.BIND | MS.REC : MS.SHARED | MS.REC;
  checked(`mount ${how} ${path}`, cMount(how === 'itself' ? path : '', path, 'none', flags, null));
}

/** Takes a mount away; users of it keep what they have. @throws SysError */
export function unmount(path: string): void {
  checked(`umount ${path}`, cUmount(path, MNT_DETACH));
}
