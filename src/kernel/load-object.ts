// An object of clang's in the kernel: its maps made and filled, its programs loaded. Attaching them is the attach points' files;
// reading the object is src/image/elf.

import type { ObjectMap, ObjectProgram, ObjectSpec } from '../image/elf/object.ts';
import { relocate } from '../image/elf/relocate.ts';
import { ERRNO, SysError } from '../sys/errors.ts';
import type { OwnedFd } from '../sys/fd.ts';
import { loadBtf } from './btf.ts';
import { createMap, type KernelMap } from './map.ts';
import { MAP_TYPE, type MapTypeName } from './map-types.ts';
import { loadProgram, type KernelProgram } from './program.ts';

export interface KernelObject extends Disposable {
  readonly maps: ReadonlyMap<string, KernelMap>;
  readonly programs: ReadonlyMap<string, KernelProgram>;
  /** Lets go of all of them. */
  close(): void;
}

/**
 * The names of maps and programs are the object's.
 * @throws ProgramRefused  the verifier said no
 * @throws SysError  no permission, no memory; a kind of map that this engine does not have
 */
export function loadObject(spec: ObjectSpec): KernelObject {
  const maps: KernelMap[] = [];
  const programs: KernelProgram[] = [];
  const close = (): void => { for (const one of [...programs, ...maps]) one.close(); };
  using btf = spec.btf && acceptedBtf(spec.btf);
  try {
    for (const map of spec.maps) maps.push(create(map, btf));
    for (const program of spec.programs) programs.push(load(program, spec, maps, btf));
    for (const [i, map] of spec.maps.entries()) for (const { index, program } of map.programs ?? []) maps[i]!.update(u32(index), u32(programs[program]!.fd));
    for (const [i, map] of spec.maps.entries()) for (const held of map.maps ?? []) maps[i]!.update(u32(held.index), u32(maps[held.map]!.fd));
  } catch (error) {
    close();
    throw error;
  }
  return {
    maps: new Map(spec.maps.map((m, i) => [m.name, maps[i]!])), programs: new Map(spec.programs.map((p, i) => [p.name, programs[i]!])),
    close, [Symbol.dispose]: close,
  };
}

/** Types only help: a kernel that is older than the compiler may not know all of them. */
function acceptedBtf(bytes: Uint8Array): OwnedFd | undefined {
  try {
    return loadBtf(bytes);
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

function create(map: ObjectMap, btf: OwnedFd | undefined): KernelMap {
  const { name, type, keyBytes, valueBytes, capacity, flags } = map;
  for (const asked of [type, ...(map.inner ? [map.inner.type] : [])]) if (!(asked in MAP_TYPE)) throw new SysError(`map ${name}`, ERRNO.ENOTSUPP, { detail: `this engine makes no maps of type ${asked}` });
  const inner = map.inner && { inner: { ...map.inner, type: map.inner.type as MapTypeName } };
  const live = createMap({ name, type: type as MapTypeName, keyBytes, valueBytes, capacity, flags, ...inner }, map.types && btf ? { btf: { fd: btf.fd, keyType: map.types.key, valueType: map.types.value } } : {});
  if (map.initial) live.update(u32(0), map.initial);
  if (map.frozen) live.freeze();
  return live;
}

function load(program: ObjectProgram, spec: ObjectSpec, maps: readonly KernelMap[], btf: OwnedFd | undefined): KernelProgram {
  return loadProgram({
    name: program.name, hook: program.hook, code: relocate(program, maps.map(m => m.fd)), license: spec.license, source: program,
    ...(btf && { btf: { fd: btf.fd, funcInfo: program.funcInfo, lineInfo: program.lineInfo } }),
  });
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
