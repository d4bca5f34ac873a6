// Our side of a subject: the module's image, linked with joints that return the verdict, loaded with maps as the data path makes them.

import { readVerdict } from '../../src/datapath/link/verdicts.ts';
import { encodeContents, type MapContents } from '../../src/image/contents.ts';
import type { Image, MapDecl } from '../../src/image/image.ts';
import { u32Bytes } from '../../src/image/live-map.ts';
import { putInner } from '../../src/image/inner-maps.ts';
import { MAP_FLAG, mapSpecOf } from '../../src/kernel/map-types.ts';
import { createMap, type KernelMap } from '../../src/kernel/map.ts';
import { loadProgram } from '../../src/kernel/program.ts';
import { ticksPerSecond } from '../../src/sys/clock.ts';
import { linkedEntry, linkedProgram } from './linked.ts';
import { ELEMENT, type LoadedEntry, type Side, type Subject, type Variant } from './subject.ts';

export const OURS = 'IO Visor';

/** `capacity`: of the whole map, as the other side has it; cost depends on it. @throws SysError, VerifierError, Error */
export function ourSide({ entries }: Subject, image: Image, variant: Variant, capacity: (name: string) => number | undefined = () => undefined): Side {
  using opened = new DisposableStack();
  const maps = image.maps.map(decl => opened.use(create(decl, capacity(decl.name))));
  fill(image.maps, maps, encoded(image, variant));
  for (const [i, decl] of image.maps.entries()) if (decl.kind === 'shape') maps[i]!.freeze();
  const hz = ticksPerSecond();
  const programs = new Map<string, LoadedEntry>();
  const handle = (index: number): number => maps[index]!.fd;
  const table = maps[image.maps.findIndex(decl => decl.kind === 'stages')];
  const behind = (image.stages ?? []).map((stage, slot): NonNullable<LoadedEntry['behind']>[number] => {
    const linked = linkedProgram(image, stage, { hz, handle });
    const program = loadProgram({ name: stage.name, hook: stage.hook, code: linked.code, source: linked });
    opened.defer(() => program.close());
    table!.update(u32Bytes(slot), u32Bytes(program.fd));
    return { program, slots: linked.code.byteLength / 8 };
  });
  for (const entry of entries) {
    const linked = linkedEntry(image, entry, { hz, handle });
    const hook = entry.section === 'xdp' ? 'xdp' : 'tc';
    const program = loadProgram({ name: entry.name, hook, code: linked.code, source: linked });
    opened.defer(() => program.close());
    programs.set(entry.name, { program, hook, slots: linked.code.byteLength / 8, behind });
  }
  const owned = opened.move();
  return {
    name: OURS,
    programs,
    verdict(returned) {
      const verdict = readVerdict(returned);
      if (!verdict) return `ended without a verdict (${returned})`;
      if (verdict.exit === 'to') return `to ${verdict.value}`;
      return verdict.exit === 'drop' ? `drop ${image.sites[verdict.value]?.reason}` : verdict.exit;
    },
    [Symbol.dispose]() { owned.dispose(); },
  };
}

/** @throws Error  the module does not take these contents */
export function encoded(image: Image, { contents }: Variant): readonly MapContents[] {
  const result = encodeContents(image, ELEMENT, contents);
  if (result.ok) return result.maps;
  throw new Error(result.errors.map(e => `${e.path} ${e.message}`).join('; '));
}

function create(decl: MapDecl, capacity: number | undefined): KernelMap {
  const spec = mapSpecOf(decl, capacity ?? decl.capacity);
  return createMap(decl.kind === 'hash' || decl.kind === 'hash-of-maps' ? { ...spec, flags: (spec.flags ?? 0) | MAP_FLAG.NO_PREALLOC } : spec);
}

function fill(decls: readonly MapDecl[], maps: readonly KernelMap[], contents: readonly MapContents[]): void {
  for (const { map, entries, inner } of contents) {
    for (const [key, value] of entries) maps[map]!.update(key, value);
    const like = decls[map]!.inner;
    if (like) putInner(maps[map]!, inner, () => createMap(mapSpecOf(like)));
  }
}
