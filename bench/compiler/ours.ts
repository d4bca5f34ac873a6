// The TypeScript bridge as a subject: compiled, linked with joints that return the verdict, loaded with maps as the data path makes them.

import { link } from '../../src/datapath/link/link.ts';
import { modulePiece } from '../../src/datapath/link/piece.ts';
import { readVerdict, verdictJoints } from '../../src/datapath/link/verdicts.ts';
import { encodeContents } from '../../src/image/contents.ts';
import type { Image, MapDecl } from '../../src/image/image.ts';
import { MAP_FLAG, mapSpecOf } from '../../src/kernel/map-types.ts';
import { createMap, type KernelMap } from '../../src/kernel/map.ts';
import { loadProgram } from '../../src/kernel/program.ts';
import { ticksPerSecond } from '../../src/sys/clock.ts';
import { CAPACITY, ELEMENT, type Shape, STATIONS, type Subject } from './subject.ts';

export const OURS = 'IO Visor';

export function ourBridge(image: Image, shape: Shape): Subject {
  const main = image.programs.find(p => p.name === 'main');
  if (!main) throw new Error('the bridge has no program main');
  const maps = image.maps.map(create);
  fill(image, maps, shape);
  const hz = ticksPerSecond();
  const body = modulePiece(main, image.files, { map: index => maps[index]!.fd, constant: name => name === 'element' ? ELEMENT : hz });
  const result = link({ body, joints: verdictJoints() });
  if (!result.ok) throw new Error(result.problem);
  const { linked } = result;
  const program = loadProgram({ name: 'bridge', hook: 'tc', code: linked.code, source: linked });
  return {
    name: OURS,
    program,
    slots: linked.code.byteLength / 8,
    verdict(returned) {
      const verdict = readVerdict(returned);
      if (!verdict) return `ended without a verdict (${returned})`;
      if (verdict.exit === 'to') return `to ${verdict.value}`;
      return verdict.exit === 'drop' ? `drop ${image.sites[verdict.value]?.reason}` : verdict.exit;
    },
    [Symbol.dispose]() {
      program.close();
      for (const map of maps) map.close();
    },
  };
}

function create(decl: MapDecl): KernelMap {
  const spec = mapSpecOf(decl, CAPACITY[decl.name as keyof typeof CAPACITY] ?? decl.capacity);
  return createMap(decl.kind === 'hash' ? { ...spec, flags: (spec.flags ?? 0) | MAP_FLAG.NO_PREALLOC } : spec);
}

function fill(image: Image, maps: readonly KernelMap[], shape: Shape): void {
  const encoded = encodeContents(image, ELEMENT, {
    stations: STATIONS.map(({ mac, port }) => [mac, port]),
    neighbors: STATIONS.flatMap(({ ip, ip6, mac }) => [[ip, mac], [ip6, mac]]),
    features: { learning: shape === 'learning' },
  });
  if (!encoded.ok) throw new Error(encoded.errors.map(e => `${e.path} ${e.message}`).join('; '));
  for (const { map, entries } of encoded.maps) for (const [key, value] of entries) maps[map]!.update(key, value);
  for (const [i, decl] of image.maps.entries()) if (decl.kind === 'shape') maps[i]!.freeze();
}
