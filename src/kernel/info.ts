// What the kernel says about a map, program or link: OBJ_GET_INFO_BY_FD, read at the offsets of struct bpf_{map,prog,link}_info.

import { readlinkSync } from 'node:fs';
import type { Fd } from '../sys/fd.ts';
import { Attr, bpf, tryBpf } from './command.ts';

export interface MapInfo {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly capacity: number;
  readonly flags: number;
}

export interface ProgramInfo {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  /** Hash of the instructions, 16 hex digits. Map descriptors do not count in it. */
  readonly tag: string;
  /** Machine code; 0 without a JIT. */
  readonly jitedBytes: number;
  /** After the verifier's rewriting. */
  readonly xlatedBytes: number;
  /** Instructions that the verifier walked (5.16 and newer; else 0). */
  readonly verifiedInsns: number;
  /** While statistics are on (stats.ts). */
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  readonly loadTimeNs: bigint;
}

export interface LinkInfo {
  readonly id: number;
  readonly programId: number;
  readonly type: 'tcx' | 'xdp' | 'other';
  /** 0: the device is gone, and the link refuses updates. */
  readonly ifindex: number;
  /** tcx: its attach type. */
  readonly attachType: number;
}

const LINK_TYPE = { XDP: 6, TCX: 11 } as const;

/** @throws SysError */
export function mapInfo(fd: Fd): MapInfo {
  const info = read(fd, 88);
  return {
    type: u32(info, 0), id: u32(info, 4), keyBytes: u32(info, 8), valueBytes: u32(info, 12), capacity: u32(info, 16), flags: u32(info, 20), name: text(info, 24),
  };
}

/** @throws SysError */
export function programInfo(fd: Fd): ProgramInfo {
  const info = read(fd, 232);
  return {
    type: u32(info, 0), id: u32(info, 4), tag: Array.from({ length: 8 }, (_, i) => info.getUint8(8 + i).toString(16).padStart(2, '0')).join(''),
    jitedBytes: u32(info, 16), xlatedBytes: u32(info, 20), loadTimeNs: u64(info, 40), name: text(info, 64),
    runTimeNs: u64(info, 192), runCount: u64(info, 200), verifiedInsns: u32(info, 216),
  };
}

/** @throws SysError */
export function linkInfo(fd: Fd): LinkInfo {
  const info = read(fd, 64);
  const type = u32(info, 0);
  return {
    type: type === LINK_TYPE.TCX ? 'tcx' : type === LINK_TYPE.XDP ? 'xdp' : 'other',
    id: u32(info, 4), programId: u32(info, 8), ifindex: u32(info, 16), attachType: type === LINK_TYPE.TCX ? u32(info, 20) : 0,
  };
}

export type Kind = 'map' | 'program' | 'link';
const NEXT = { map: 'MAP_GET_NEXT_ID', program: 'PROG_GET_NEXT_ID', link: 'LINK_GET_NEXT_ID' } as const;

/** Ids of all that the machine has of the kind, from the one after `after` on. Nothing is opened, so what is about to go is not held up (README). */
export function* idsAfter(kind: Kind, after = 0): Generator<number> {
  const attr = new Attr(12).u32(0, after);
  while (tryBpf(NEXT[kind], attr) >= 0) {
    yield attr.readU32(4);
    attr.u32(0, attr.readU32(4));
  }
}

/** Whether the kernel has it still. Nothing is opened. */
export function exists(kind: Kind, id: number): boolean {
  for (const found of idsAfter(kind, id - 1)) return found === id;
  return false;
}

/** What a descriptor from bpf(2) refers to. */
export function kindOfFd(fd: Fd): Kind | 'other' {
  const target = readlinkSync(`/proc/self/fd/${fd}`);
  if (target.includes('bpf-map')) return 'map';
  if (target.includes('bpf-prog')) return 'program';
  return target.includes('bpf_link') || target.includes('bpf-link') ? 'link' : 'other';
}

/** The kernel fills what it knows; fields newer than it stay zero. */
function read(fd: Fd, bytes: number): DataView {
  const info = new Uint8Array(bytes);
  bpf('OBJ_GET_INFO_BY_FD', new Attr(16).u32(0, fd).u32(4, bytes).pointer(8, info), `fd ${fd}`);
  return new DataView(info.buffer);
}

const u32 = (view: DataView, offset: number): number => view.getUint32(offset, true);
const u64 = (view: DataView, offset: number): bigint => view.getBigUint64(offset, true);

function text(view: DataView, offset: number): string {
  const bytes = new Uint8Array(view.buffer, offset, 16);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? 16 : end));
}
