// Tests that need the kernel engine: they say why they are skipped, and cannot be skipped where IOV_REQUIRE=kernel.

import { existsSync } from 'node:fs';
import { test } from 'node:test';


/** Why this process cannot use the kernel engine, or undefined. */
export function whyNoKernel(): string | undefined {
  if (process.platform !== 'linux') return 'the kernel engine needs Linux';
  if (process.getuid?.() !== 0) return 'the kernel engine needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF (/sys/kernel/btf/vmlinux)';
  return undefined;
}

/** As node:test's `test`, on the kernel engine. */
export function kernelTest(name: string, body: (t: import('node:test').TestContext) => void | Promise<void>): void {
  const why = whyNoKernel();
  if (why !== undefined && process.env['IOV_REQUIRE'] === 'kernel') {
    test(name, () => { throw new Error(`IOV_REQUIRE=kernel, but ${why}`); });
    return;
  }
  test(name, why === undefined ? {} : { skip: why }, body);
}
