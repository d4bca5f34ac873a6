// Tests that need the kernel engine: they say why they are skipped, and cannot be skipped where IOV_REQUIRE=kernel.

import { existsSync } from 'node:fs';
import { test, type TestContext } from 'node:test';

/** Why this process cannot (or, with IOV_REQUIRE=none, shall not) use the kernel engine; undefined: it can. */
export function whyNoKernel(): string | undefined {
  if (process.env['IOV_REQUIRE'] === 'none') return 'switched off (IOV_REQUIRE=none): npm test runs it';
  if (process.platform !== 'linux') return 'the kernel engine needs Linux';
  if (process.getuid?.() !== 0) return 'the kernel engine needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF (/sys/kernel/btf/vmlinux)';
  return undefined;
}

/** As node:test's `test`, on the kernel engine. */
export function kernelTest(name: string, body: (t: TestContext) => void | Promise<void>): void {
  const why = whyNoKernel();
  if (why !== undefined && process.env['IOV_REQUIRE'] === 'kernel') {
    test(name, () => { throw new Error(`IOV_REQUIRE=kernel, but ${why}`); });
    return;
  }
  test(name, why === undefined ? {} : { skip: why }, body);
}
