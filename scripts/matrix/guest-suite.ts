// The tests of suite-in-guest.ts inside of a guest, its first process: prints how each of them ended. It judges nothing. When it ends the kernel
// panics, and the machine is turned off from outside.

import { mkdirSync, openSync, readdirSync } from 'node:fs';
import { release } from 'node:os';
import { run } from 'node:test';
import { libcInteger } from '../../src/sys/libc.ts';
import { MARK, type Tested } from './job.ts';

const FINIT_MODULE = process.arch === 'arm64' ? 273 : 313;
const MODULES = '/kernel-modules';

const mount = libcInteger('int mount(const char *source, const char *target, const char *type, ulong flags, void *data)');
for (const [type, path] of [['proc', '/proc'], ['sysfs', '/sys'], ['devtmpfs', '/dev'], ['tmpfs', '/tmp'], ['tmpfs', '/run']] as const) {
  mkdirSync(path, { recursive: true });
  mount(type, path, type, 0, null);
}
say({ kernel: release() });
const call = libcInteger('int syscall(long number, long fd, const char *parameters, long flags)');
for (const name of readdirSync(MODULES).sort()) if (call(FINIT_MODULE, openSync(`${MODULES}/${name}`, 'r'), '', 0) !== 0) say({ test: `module ${name}`, ok: false, reason: 'the kernel does not take it' });
process.env['IOV_REQUIRE'] = 'kernel';
run({ files: ['/matrix/scripts/matrix/suite-in-guest.ts'], isolation: 'none' })
  .on('test:pass', ({ name, details }) => { say({ test: name, ok: true, milliseconds: Math.round(details.duration_ms) }); })
  .on('test:fail', ({ name, details }) => { say({ test: name, ok: false, reason: String(details.error.cause instanceof Error ? details.error.cause.stack : details.error.message) }); })
  .on('end', () => {
    say({ done: true });
    setInterval(() => undefined, 60_000);       // the first process must not end before it was heard
  })
  .resume();

function say(value: Tested | { readonly kernel: string } | { readonly done: true }): void {
  process.stdout.write(`${MARK}${JSON.stringify(value)}\n`);
}
