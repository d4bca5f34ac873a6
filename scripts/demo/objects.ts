// Identity of what is in the kernel: every pinned program, map and link below a directory, by path, kind and id. Equal lists: nothing was rebuilt.

import { listPins, pinnedIdentity } from '../../src/kernel/pins.ts';

/** `links/e1 link 42`, sorted by path. */
export function pinnedObjects(directory: string, below = ''): string[] {
  return listPins(`${directory}${below}`).flatMap(entry => {
    const path = `${below}/${entry.name}`;
    if (entry.kind === 'directory') return pinnedObjects(directory, path);
    const found = pinnedIdentity(`${directory}${path}`);
    return found ? [`${path} ${found.kind} ${found.id}`] : [];
  });
}
