// Which engine this process can use, and why not the other.

import { existsSync } from 'node:fs';

/** Why the kernel engine cannot work here, in a sentence; undefined: nothing speaks against it. `iov doctor` looks closer. */
export function whyNoKernel(): string | undefined {
  if (process.platform !== 'linux') return 'the kernel engine needs Linux';
  if (process.getuid?.() !== 0) return 'the kernel engine needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'the kernel engine needs a kernel with BTF (/sys/kernel/btf/vmlinux is missing)';
  return undefined;
}
