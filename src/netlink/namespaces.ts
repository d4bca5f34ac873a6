// Named network namespaces, as `ip netns` keeps them: a file under /run/netns on which the namespace is mounted.

import { closeSync, mkdirSync, openSync, readdirSync, statfsSync, unlinkSync } from 'node:fs';
import { hasCode, isSysError } from '../sys/errors.ts';
import { bindMount, mountShared, unmount } from '../sys/mount.ts';
import { withNewNamespace } from '../sys/namespace.ts';

const DIRECTORY = '/run/netns';
const NSFS_MAGIC = 0x6e73_6673;

export function namespacePath(name: string): string {
  return `${DIRECTORY}/${name}`;
}

/** A new, empty namespace; its loopback is down. Gives its path. @throws SysError; EEXIST (of the file) where the name is taken */
export function createNamespace(name: string): string {
  prepareDirectory();
  const path = namespacePath(name);
  closeSync(openSync(path, 'wx', 0o444));
  try {
    withNewNamespace(() => bindMount('/proc/thread-self/ns/net', path));
  } catch (error) {
    unlinkSync(path);
    throw error;
  }
  return path;
}

/** Takes the name away, and the namespace with its devices when no process or socket is in it. False: it was not there. @throws SysError */
export function deleteNamespace(name: string): boolean {
  const path = namespacePath(name);
  try {
    unmount(path);
  } catch (error) {
    // EINVAL: the file is there, but a crash came before the mount.
    if (!isSysError(error, 'ENOENT', 'EINVAL')) throw error;
  }
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Names, sorted. Those whose namespace is not mounted (any more) are listed too: deleting them tidies up. */
export function listNamespaces(prefix = ''): string[] {
  try {
    return readdirSync(DIRECTORY).filter(name => name.startsWith(prefix)).sort();
  } catch {
    return [];
  }
}

/** Whether there is a namespace behind the path: a file system of namespaces, mounted or in /proc. */
export function isNamespace(path: string): boolean {
  try {
    return statfsSync(path).type === NSFS_MAGIC;
  } catch {
    return false;
  }
}

/** The directory is a mount that passes on to other mount namespaces, so that all see the same names (as ip-netns does). */
function prepareDirectory(): void {
  mkdirSync(DIRECTORY, { recursive: true, mode: 0o755 });
  try {
    mountShared(DIRECTORY, 'propagation');
  } catch (error) {
    if (!isSysError(error, 'EINVAL')) throw error;      // it is no mount yet
    mountShared(DIRECTORY, 'itself');
    mountShared(DIRECTORY, 'propagation');
  }
}
