// Pins: names of maps, programs and links in a BPF file system, which keep them alive without a process. Who names what is the datapath's.
// bpffs takes no '.' in names, and does not survive a reboot.

import { mkdirSync, readdirSync, rmdirSync, statfsSync, unlinkSync } from 'node:fs';
import { hasCode, isSysError } from '../sys/errors.ts';
import { closeFd, type Fd } from '../sys/fd.ts';
import { mountBpffs } from '../sys/mount.ts';
import { Attr, bpf } from './command.ts';
import { type Kind, kindOfFd, linkInfo, mapInfo, programInfo } from './info.ts';
import { KernelLink } from './link.ts';
import { type KernelMap, mapOfFd } from './map.ts';
import { type KernelProgram, programOfFd } from './program.ts';

const BPF_FS_MAGIC = 0xcafe_4a11;
export const BPFFS = '/sys/fs/bpf';

export interface PinEntry {
  readonly name: string;
  readonly kind: 'directory' | 'object';
}

/** Whether `path` lies in a BPF file system; false also where it does not exist. */
export function isBpffs(path: string): boolean {
  try {
    return statfsSync(path).type === BPF_FS_MAGIC;
  } catch {
    return false;
  }
}

/** Mounts a BPF file system at `path` unless one is there. @throws SysError */
export function ensureBpffs(path: string = BPFFS): void {
  if (isBpffs(path)) return;
  mkdirSync(path, { recursive: true });
  mountBpffs(path);
}

/** @throws SysError  EEXIST: the name is taken */
export function pin(object: { readonly fd: Fd }, path: string): void {
  bpf('OBJ_PIN', new Attr(16).text(0, path).u32(8, object.fd), path);
}

/** The pinned object of the kind; undefined where nothing is pinned there. @throws SysError */
export function pinnedMap(path: string): KernelMap | undefined {
  return opened(path, 'map', mapOfFd);
}
export function pinnedProgram(path: string): KernelProgram | undefined {
  return opened(path, 'program', programOfFd);
}
export function pinnedLink(path: string): KernelLink | undefined {
  return opened(path, 'link', fd => new KernelLink(fd));
}

/** The kind and the kernel's id of what is pinned there, whatever it is; undefined where nothing is. @throws SysError */
export function pinnedIdentity(path: string): { readonly kind: Kind; readonly id: number } | undefined {
  const fd = descriptor(path);
  if (fd === undefined) return undefined;
  try {
    const kind = kindOfFd(fd);
    switch (kind) {
      case 'map': return { kind, id: mapInfo(fd).id };
      case 'program': return { kind, id: programInfo(fd).id };
      case 'link': return { kind, id: linkInfo(fd).id };
      case 'other': throw new Error(`${path} is neither a map, a program nor a link`);
    }
  } finally {
    closeFd(fd);
  }
}

function descriptor(path: string): Fd | undefined {
  try {
    return bpf('OBJ_GET', new Attr(16).text(0, path), path) as Fd;
  } catch (error) {
    if (isSysError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function opened<T>(path: string, kind: Kind, make: (fd: Fd) => T): T | undefined {
  const fd = descriptor(path);
  if (fd === undefined) return undefined;
  const found = kindOfFd(fd);
  if (found === kind) return make(fd);
  closeFd(fd);
  throw new Error(`${path} is a pinned ${found}, not a ${kind}`);
}

/** Takes the name away; false where there was none. The object lives on while others hold it. */
export function unpin(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Makes the directory, and those above it, in a BPF file system. */
export function makePinDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
}

/** What is pinned in the directory, sorted; empty where there is none. */
export function listPins(directory: string): PinEntry[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .map(entry => ({ name: entry.name, kind: entry.isDirectory() ? 'directory' as const : 'object' as const }))
      .sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Unpins everything under the directory, and the directory. */
export function removePins(directory: string): void {
  for (const entry of listPins(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.kind === 'directory') removePins(path);
    else unpin(path);
  }
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
