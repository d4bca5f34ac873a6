// A program of a module, linked for its place and loaded. `measure` loads a whole module to see what the kernel makes of it.

import { encodeContents } from '../../image/contents.ts';
import type { Image } from '../../image/image.ts';
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

export interface LoadAt {
  readonly image: Image;
  readonly place: Place;
  /** In the order of the image's. */
  readonly maps: readonly KernelMap[];
  readonly sites: KernelMap;
  readonly hz: number;
}

/** @throws DatapathError, ProgramRefused, SysError */
export function loadAt({ image, place, maps, sites, hz }: LoadAt): KernelProgram {
  const program = image.programs.find(p => p.name === place.program);
  if (!program) throw new Error(`${image.name} has no program ${place.program}`);
  const body = modulePiece(program, image.files, { map: index => (maps[index] as KernelMap).fd, constant: name => name === 'element' ? ELEMENT : hz });
  const result = link({ body, ...standaloneJoints(place.point, sites.fd, image.sites.length) });
  if (!result.ok) throw new DatapathError(`image ${image.name} cannot be linked: ${result.problem}`, { cure: 'compile the module again' });
  return loadProgram({ name: program.name, hook: program.hook, code: result.linked.code, source: result.linked });
}

/** Counters of the module's sites, of the joints' and of OUTCOMES. */
export function sitesSpec(image: Image): MapSpec {
  return { name: 'sites', type: 'PERCPU_ARRAY', keyBytes: 4, valueBytes: 8, capacity: image.sites.length + STANDALONE_SITES.length + OUTCOMES.length };
}

/** `machineBytes` is 0 without a JIT; both are of the program with its joints. */
export interface Measured { readonly verifiedSteps: number; readonly machineBytes: number }

/** Of each program, by its name, with the module's defaults. Nothing is attached. @throws DatapathError, ProgramRefused, SysError */
export function measure(image: Image): ReadonlyMap<string, Measured> {
  const open: (KernelMap | KernelProgram)[] = [];
  const keep = <T extends KernelMap | KernelProgram>(one: T): T => { open.push(one); return one; };
  try {
    const maps = image.maps.map(decl => keep(createMap(mapSpecOf(decl))));
    const entries = encodeContents(image, ELEMENT, {});
    for (const { map, entries: list } of entries.ok ? entries.maps : []) for (const [key, value] of list) maps[map]?.update(key, value);
    for (const [i, decl] of image.maps.entries()) if (decl.kind === 'shape') maps[i]?.freeze();
    const sites = keep(createMap(sitesSpec(image)));
    const ports = [1, 2].map(port => ({ port, ifindex: port }));
    return new Map(placesOf(image, { ifindex: 1, ports, netns: undefined }).map(place => {
      const { verifiedInsns, jitedBytes } = keep(loadAt({ image, place, maps, sites, hz: ticksPerSecond() })).info();
      return [place.program, { verifiedSteps: verifiedInsns, machineBytes: jitedBytes }];
    }));
  } finally {
    for (const one of open) one.close();
  }
}
