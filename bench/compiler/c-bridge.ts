// The C bridge (bench/c/bridge.c) as a subject: clang compiles it, bpftool loads and pins it, its maps are found by their names.

import { resolve } from 'node:path';
import { Attr, bpf } from '../../src/kernel/command.ts';
import { type KernelMap, mapById } from '../../src/kernel/map.ts';
import { ensureBpffs, makePinDirectory, pinnedProgram } from '../../src/kernel/pins.ts';
import type { KernelProgram } from '../../src/kernel/program.ts';
import { ipBytes, macBytes } from '../../src/netlink/codec/address-text.ts';
import { ticksPerSecond } from '../../src/sys/clock.ts';
import { PINS, RUN_DIR } from '../leftovers.ts';
import { bpftoolLoad, clangBpf } from '../tools.ts';
import { ELEMENT, type Shape, STATIONS, type Subject } from './subject.ts';
import { sectionBytes } from './elf.ts';

export const CLANG = 'C, clang 19';

const SOURCE = resolve(import.meta.dirname, '../c/bridge.c');
/** The enums of bridge.c. */
const VERDICTS = ['to', 'flood', 'reply', 'next', 'drop'];
const REASONS = ['short', 'multicast-source', 'unknown-source', 'spoofed-source', 'unknown-station', 'same-port', 'extension-headers'];

export function cBridge(shape: Shape): Subject {
  const object = `${RUN_DIR}/bridge-${shape}.o`;
  const path = `${PINS}/bridge-${shape}`;
  clangBpf(SOURCE, object, { HZ: ticksPerSecond(), LEARNING: shape === 'learning' ? 1 : 0 });
  ensureBpffs();
  makePinDirectory(PINS);
  bpftoolLoad(object, path);
  const program = pinnedProgram(path);
  if (!program) throw new Error(`bpftool pinned nothing at ${path}`);
  fill(program);
  return {
    name: CLANG,
    program,
    slots: sectionBytes(object, 'tc') / 8,
    verdict(returned) {
      const kind = VERDICTS[returned >>> 24] ?? `${returned}`;
      const value = returned & 0xff_ffff;
      if (kind === 'to') return `to ${value}`;
      return kind === 'drop' ? `drop ${REASONS[value]}` : kind;
    },
    [Symbol.dispose]() { program.close(); },
  };
}

function fill(program: KernelProgram): void {
  const maps = new Map(mapsOf(program).map(map => [map.name, map]));
  const named = (name: string): KernelMap => {
    const map = maps.get(name);
    if (!map) throw new Error(`bridge.c has no map ${name}`);
    return map;
  };
  for (const { mac, port, ip, ip6 } of STATIONS) {
    const address = macBytes(mac)!;
    named('stations').update(keyOf(address, 12), new Uint8Array(Uint16Array.of(port).buffer));
    const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ipBytes(ip)!);
    for (const asked of [mapped, ipBytes(ip6)!]) named('neighbors').update(keyOf(asked, 20), address);
  }
  for (const map of maps.values()) map.close();
}

/** struct mac_key and struct ip_key: the element first. */
function keyOf(bytes: Uint8Array, keyBytes: number): Uint8Array {
  const key = new Uint8Array(keyBytes);
  new DataView(key.buffer).setUint32(0, ELEMENT, true);
  key.set(bytes, 4);
  return key;
}

/** struct bpf_prog_info: nr_map_ids at byte 52, map_ids (a pointer) at 56. */
function mapsOf(program: KernelProgram): KernelMap[] {
  const ids = new Uint32Array(16);
  const bytes = new Uint8Array(ids.buffer);
  const info = new Attr(64).u32(52, ids.length).pointer(56, bytes);
  bpf('OBJ_GET_INFO_BY_FD', new Attr(16).u32(0, program.fd).u32(4, info.bytes.byteLength).pointer(8, info.bytes), program.name);
  return [...ids.subarray(0, info.readU32(52))].map(mapById);
}
