// Tests that need something of the machine: they say why they are skipped, and cannot be skipped where IOV_REQUIRE names it
// (`kernel`, `browser`, `counterparts`, or several with commas). IOV_REQUIRE=none switches all of them off.

import { existsSync } from 'node:fs';
import { test, type TestContext } from 'node:test';

type Body = (t: TestContext) => void | Promise<void>;

type Needed = 'kernel' | 'browser' | 'counterparts';

export function isRequired(what: Needed): boolean {
  return (process.env['IOV_REQUIRE'] ?? '').split(',').includes(what);
}

/** Why this process cannot (or, with IOV_REQUIRE=none, shall not) use the kernel engine; undefined: it can. */
export function whyNoKernel(): string | undefined {
  if (process.env['IOV_REQUIRE'] === 'none') return 'switched off (IOV_REQUIRE=none): npm test runs it';
  if (process.platform !== 'linux') return 'the kernel engine needs Linux';
  if (process.getuid?.() !== 0) return 'the kernel engine needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF (/sys/kernel/btf/vmlinux)';
  return undefined;
}

/** As node:test's `test`, on the kernel engine. */
export function kernelTest(name: string, body: Body): void {
  needing('kernel', whyNoKernel(), name, body);
}

/** Where Debian, Ubuntu, Fedora and Chrome's own packages put it. */
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function chromiumPath(): string | undefined {
  return CHROMIUM.find(path => existsSync(path));
}

/** As node:test's `test`, with the path of a Chromium. */
export function browserTest(name: string, body: (t: TestContext, chromium: string) => Promise<void>): void {
  const path = chromiumPath();
  const why = process.env['IOV_REQUIRE'] === 'none' ? 'switched off (IOV_REQUIRE=none): npm test runs it' : path === undefined ? 'needs chromium (apt install chromium)' : undefined;
  needing('browser', why, name, t => body(t, path ?? ''));
}

/** As node:test's `test`, with programs of others, which real networks have: `counterparts`. Those of Debian's packages; .ci/run installs them. */
export function counterpartTest(programs: readonly string[], name: string, body: Body): void {
  const missing = programs.filter(p => programPath(p) === undefined);
  const why = process.env['IOV_REQUIRE'] === 'none' ? 'switched off (IOV_REQUIRE=none): npm test runs it' : missing.length > 0 ? `needs ${missing.join(', ')} (.ci/run says in which packages they are)` : undefined;
  needing('counterparts', why, name, body);
}

/** As counterpartTest, on the kernel engine. */
export function kernelCounterpartTest(programs: readonly string[], name: string, body: Body): void {
  if (whyNoKernel() === undefined) counterpartTest(programs, name, body);
  else kernelTest(name, body);
}

const PATH = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

export function programPath(program: string): string | undefined {
  return PATH.map(folder => `${folder}/${program}`).find(path => existsSync(path));
}

function needing(what: Needed, why: string | undefined, name: string, body: Body): void {
  if (why !== undefined && isRequired(what)) test(name, () => { throw new Error(`IOV_REQUIRE=${process.env['IOV_REQUIRE']}, but ${why}`); });
  else test(name, why === undefined ? {} : { skip: why }, body);
}
