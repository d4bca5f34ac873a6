// An object of clang's in this engine: its maps made and filled, its programs translated. Reading the object is src/image/elf.

import { NO_SUCH_FIELD } from '../image/elf/core-apply.ts';
import { CALL, LDDW, SLOT_BYTES } from '../image/elf/format.ts';
import type { ObjectMap, ObjectSpec } from '../image/elf/object.ts';
import { relocate } from '../image/elf/relocate.ts';
import { MapError } from './maps/errno.ts';
import { VM_MAP_TYPES, type MapType, type VmMap } from './maps/map.ts';
import type { Vm, VmProgram } from './vm.ts';

/** `ldxdw %r0, [%r10+0]`: behind the stack, where nothing is. */
const BEHIND_STACK = [0x79, 0xa0, 0, 0, 0, 0, 0, 0];

const TYPES: ReadonlySet<string> = new Set(VM_MAP_TYPES);

interface VmObject {
  readonly maps: ReadonlyMap<string, VmMap>;
  readonly programs: ReadonlyMap<string, VmProgram<'tc'> | VmProgram<'xdp'>>;
  close(): void;
}

/** `place`: the map or program that is refused. */
type LoadedObject =
  | { readonly ok: true; readonly value: VmObject }
  | { readonly ok: false; readonly refusal: { readonly place: string; readonly slot?: number; readonly reason: string } };

export function loadObject(vm: Vm, spec: ObjectSpec): LoadedObject {
  const maps: VmMap[] = [];
  const programs: (VmProgram<'tc'> | VmProgram<'xdp'>)[] = [];
  const close = (): void => { for (const one of [...programs, ...maps]) one.close(); };
  try {
    for (const map of spec.maps) {
      if (!TYPES.has(map.type)) return refused(close, `map ${map.name}`, `the vm has no maps of type ${map.type}`);
      maps.push(create(vm, map));
    }
    for (const program of spec.programs) {
      const loaded = vm.load({ name: program.name, hook: program.hook, code: faulting(relocate(program, maps.map(m => m.handle))) });
      if (!loaded.ok) return refused(close, `program ${program.name}`, loaded.refusal.reason, loaded.refusal.slot);
      programs.push(loaded.value as VmProgram<'tc'> | VmProgram<'xdp'>);
    }
    for (const [i, map] of spec.maps.entries()) for (const { index, program } of map.programs ?? []) maps[i]!.update(u32(index), u32(programs[program]!.handle));
    for (const [i, map] of spec.maps.entries()) for (const held of map.maps ?? []) maps[i]!.update(u32(held.index), u32(maps[held.map]!.handle));
  } catch (error) {
    close();
    if (error instanceof MapError) return { ok: false, refusal: { place: 'maps', reason: error.message } };
    throw error;
  }
  return { ok: true, value: { maps: new Map(spec.maps.map((m, i) => [m.name, maps[i]!])), programs: new Map(spec.programs.map((p, i) => [p.name, programs[i]!])), close } };
}

function create(vm: Vm, { name, type, keyBytes, valueBytes, capacity, flags, initial, frozen, inner }: ObjectMap): VmMap {
  const like = inner && { inner: { ...inner, type: inner.type as MapType } };
  const live = vm.createMap({ name, type: type as MapType, keyBytes, valueBytes, capacity, flags, ...like });
  if (initial) live.update(u32(0), initial);
  if (frozen) live.freeze();
  return live;
}

/**
 * Where the kernel has no field that a program asks for, the object has a call of no function. The verifier never gets there if a guard
 * stands before it, but this engine refuses such calls before it runs anything: a bad access is a fault only when it is reached.
 */
function faulting(code: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(code.buffer);
  for (let at = 0; at < code.length; at += SLOT_BYTES) {
    if (code[at] === LDDW) at += SLOT_BYTES;
    else if (code[at] === CALL && view.getInt32(at + 4, true) === NO_SUCH_FIELD) code.set(BEHIND_STACK, at);
  }
  return code;
}

function refused(close: () => void, place: string, reason: string, slot?: number): LoadedObject {
  close();
  return { ok: false, refusal: { place, reason, ...(slot !== undefined && { slot }) } };
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
