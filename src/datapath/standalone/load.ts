// A program of a module, linked for its place and loaded. `measure` loads a whole module to see what the kernel makes of it.

import { encodeContents } from '../../image/contents.ts';
import type { Image, Program } from '../../image/image.ts';
import { u32Bytes } from '../../image/live-map.ts';
import { mapSpecOf, type MapSpec } from '../../kernel/map-types.ts';
import { createMap, type KernelMap } from '../../kernel/map.ts';
import { loadProgram, type KernelProgram } from '../../kernel/program.ts';
import { ticksPerSecond } from '../../sys/clock.ts';
import { DatapathError } from '../datapath.ts';
import { OUTCOMES, standaloneJoints, STANDALONE_SITES } from '../joints/standalone.ts';
import { link } from '../link/link.ts';
import { modulePiece } from '../link/piece.ts';
import { placesOf, type Place } from './places.ts';

/** The one element that there is. */
export const ELEMENT = 1;

interface LoadAt {
  readonly image: Image;
  readonly place: Place;
  /** In the order of the image's. */
  readonly maps: readonly KernelMap[];
  readonly sites: KernelMap;
  readonly hz: number;
}

/** A program at its place. Its stages are joined for the same place, so they and their table are its own. */
export interface LoadedAt extends Disposable {
  readonly program: KernelProgram;
  readonly stages: readonly KernelProgram[];
  close(): void;
}

/** @throws DatapathError, ProgramRefused, SysError */
export function loadAt({ image, place, maps, sites, hz }: LoadAt): LoadedAt {
  const entry = image.programs.find(p => p.name === place.program);
  if (!entry) throw new Error(`${image.name} has no program ${place.program}`);
  const { prologue, joints } = standaloneJoints(place.point, sites.fd, image.sites.length);
  using opened = new DisposableStack();
  const decl = image.maps.find(map => map.kind === 'stages');
  const table = decl && opened.use(createMap(mapSpecOf(decl)));
  const mapAt = (index: number): KernelMap => image.maps[index]?.kind === 'stages' ? table as KernelMap : maps[index] as KernelMap;
  const load = (program: Program): KernelProgram => {
    const body = modulePiece(program, image.files, { map: index => mapAt(index).fd, constant: name => name === 'element' ? ELEMENT : hz });
    const result = link({ body, joints, ...(prologue && program === entry && { prologue }) });
    if (!result.ok) throw new DatapathError(`image ${image.name} cannot be linked: ${result.problem}`, { cure: 'compile the module again' });
    return opened.use(loadProgram({ name: program.name, hook: program.hook, code: result.linked.code, source: result.linked }));
  };
  const stages = (image.stages ?? []).map(load);
  for (const [slot, stage] of stages.entries()) table?.update(u32Bytes(slot), u32Bytes(stage.fd));
  const program = load(entry);
  const owned = opened.move();
  return { program, stages, close: () => { owned.dispose(); }, [Symbol.dispose]: () => { owned.dispose(); } };
}

/** Counters of the module's sites, of the joints' and of OUTCOMES. */
export function sitesSpec(image: Image): MapSpec {
  return { name: 'sites', type: 'PERCPU_ARRAY', keyBytes: 4, valueBytes: 8, capacity: image.sites.length + STANDALONE_SITES.length + OUTCOMES.length };
}

/** `machineBytes` is 0 without a JIT; both are of the program with its joints. */
interface Measured { readonly verifiedSteps: number; readonly machineBytes: number }

/** Of each program, by its name, with the module's defaults. Nothing is attached. @throws DatapathError, ProgramRefused, SysError */
export function measure(image: Image): ReadonlyMap<string, Measured> {
  const open: (KernelMap | LoadedAt)[] = [];
  const keep = <T extends KernelMap | LoadedAt>(one: T): T => { open.push(one); return one; };
  try {
    const maps = image.maps.map(decl => keep(createMap(mapSpecOf(decl))));
    const entries = encodeContents(image, ELEMENT, {});
    for (const { map, entries: list } of entries.ok ? entries.maps : []) for (const [key, value] of list) maps[map]?.update(key, value);
    for (const [i, decl] of image.maps.entries()) if (decl.kind === 'shape') maps[i]?.freeze();
    const sites = keep(createMap(sitesSpec(image)));
    const ports = [1, 2].map(port => ({ port, ifindex: port }));
    return new Map(placesOf(image, { ifindex: 1, ports, netns: undefined }).flatMap(place => {
      const { program, stages } = keep(loadAt({ image, place, maps, sites, hz: ticksPerSecond() }));
      return [[place.program, program] as const, ...stages.map((stage, i) => [image.stages?.[i]?.name ?? '', stage] as const)].map(([name, loaded]) => {
        const { verifiedInsns, jitedBytes } = loaded.info();
        return [name, { verifiedSteps: verifiedInsns, machineBytes: jitedBytes }] as const;
      });
    }));
  } finally {
    for (const one of open) one.close();
  }
}
