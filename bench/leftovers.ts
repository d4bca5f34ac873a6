// Everything the bench makes has a name that says so; here it is found and taken away: at the end, by the janitor after a crash, and by the
// next run after a kill of both. Processes of the bench die with it (bench/c/traffic.c asks the kernel for that).

import { existsSync, rmSync } from 'node:fs';
import { BPFFS, isBpffs, removePins } from '../src/kernel/pins.ts';
import { deleteNamespace, listNamespaces } from '../src/netlink/namespaces.ts';

export const PREFIX = 'iov-bench-';
export const RUN_DIR = '/run/iov-bench';
export const PINS = `${BPFFS}/iov-bench`;

/** Namespaces take their devices along, and those their links; pins go last, for a link may still be held by one. */
export function removeAll(): void {
  for (const name of listNamespaces(PREFIX)) deleteNamespace(name);
  if (isBpffs(BPFFS) && existsSync(PINS)) removePins(PINS);
  rmSync(RUN_DIR, { recursive: true, force: true });
}
