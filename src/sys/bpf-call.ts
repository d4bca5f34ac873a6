// The raw bpf(2) system call, which libc does not wrap. What is in `attr` is src/kernel's matter.

import { libcInteger } from './libc.ts';

// Declared without '...': integers are passed alike, and koffi's variadic calls are slow.
const cSyscall = libcInteger('int syscall(long number, long command, void *attr, long bytes)');
const NUMBER = process.arch === 'arm64' ? 280 : 321;

/** The call's result: ≥ 0, or −1 with the errno left for `lastErrno`. Memory that `attr` points to must stay alive during the call. */
export function bpfCall(command: number, attr: Uint8Array): number {
  return cSyscall(NUMBER, command, attr, attr.byteLength);
}
