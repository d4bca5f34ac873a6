// Identity of what is in the kernel: ids of every pinned program, map and link below a directory, sorted. Equal lists: nothing was rebuilt.

import { linkInfo, mapInfo, programInfo } from '../../src/kernel/info.ts';
import { listPins, pinnedLink, pinnedMap, pinnedProgram } from '../../src/kernel/pins.ts';

export function pinnedObjects(directory: string): number[] {
  return walk(directory).sort((a, b) => a - b);
}

function walk(directory: string): number[] {
  return listPins(directory).flatMap(entry => {
    const path = `${directory}/${entry.name}`;
    return entry.kind === 'directory' ? walk(path) : [idOf(path)];
  });
}

function idOf(path: string): number {
  for (const open of OPENERS) {
    const id = open(path);
    if (id !== undefined) return id;
  }
  throw new Error(`${path} is neither a map, a program nor a link`);
}

const OPENERS = [
  (path: string) => { using map = pinnedMap(path); return map && mapInfo(map.fd).id; },
  (path: string) => { using program = pinnedProgram(path); return program && programInfo(program.fd).id; },
  (path: string) => { using link = pinnedLink(path); return link && linkInfo(link.fd).id; },
] as const;
