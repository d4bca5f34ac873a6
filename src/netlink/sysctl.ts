// Kernel parameters of the network (/proc/sys/net) in a namespace.

import { readFileSync, writeFileSync } from 'node:fs';
import { hasCode } from '../sys/errors.ts';
import { type NamespaceRef, withNamespace } from '../sys/namespace.ts';

/** `key` as a path: `net/ipv6/conf/eth0/disable_ipv6` (device names may contain dots). */
export function readSysctl(netns: NamespaceRef | undefined, key: string): string {
  const read = () => readFileSync(`/proc/sys/${key}`, 'utf8').trim();
  return netns === undefined ? read() : withNamespace(netns, read);
}

/** @throws of node:fs: ENOENT (no such parameter: IPv6 may be off), EROFS (a container's read-only /proc/sys) */
export function writeSysctl(netns: NamespaceRef | undefined, key: string, value: string | number): void {
  const write = () => writeFileSync(`/proc/sys/${key}`, `${value}`);
  if (netns === undefined) write();
  else withNamespace(netns, write);
}

/** Of a device's IPv6; nothing where the kernel has none. @throws of node:fs: EROFS */
export function writeIpv6Sysctl(netns: NamespaceRef | undefined, device: string, key: string, value: number): void {
  try {
    writeSysctl(netns, `net/ipv6/conf/${device}/${key}`, value);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
