// Waits for files to be saved, however an editor saves them: written, or put in their place.

import { watch as watchFolder, readFileSync, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { report } from '../../failure.ts';

/** Editors write in more than one step. */
const SETTLE_MS = 50;

interface Watched { close(): void }

/** Calls `changed` when the text of one of `files` is another than now; never twice at once. A folder that is not there is not watched. */
export function watch(files: () => Iterable<string>, changed: () => Promise<void>, how: { readonly verbose: boolean }): Watched {
  const folders = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let texts = textsOf(files());
  const look = (): void => {
    timer = undefined;
    if (busy) return;
    const now = textsOf(files());
    const same = now.size === texts.size && [...now].every(([file, text]) => texts.get(file) === text);
    texts = now;
    if (same) return;
    busy = true;
    // What a change brings is said by `changed`; what is left is ours to say, and the next change may mend it.
    changed().catch(error => { report(error, how); }).finally(() => {
      busy = false;
      follow();
      // A new import may be among them; a file saved meanwhile is seen by its text.
      for (const [file, text] of textsOf(files())) if (!texts.has(file)) texts.set(file, text);
      later();
    });
  };
  const later = (): void => { timer ??= setTimeout(look, SETTLE_MS); };
  const follow = (): void => {
    for (const folder of new Set([...files()].map(dirname))) {
      if (folders.has(folder)) continue;
      try {
        folders.set(folder, watchFolder(folder, (_, name) => {
          if (name === null || [...files()].some(file => basename(file) === name)) later();
        }));
      } catch { /* it is not there */ }
    }
  };
  follow();
  return { close() {
    clearTimeout(timer);
    for (const folder of folders.values()) folder.close();
  } };
}

/** Runs `body` now and after every change, and says how it failed; until the process is ended. What is saved meanwhile is not missed. */
export async function again(files: () => Iterable<string>, body: () => Promise<void>, how: { readonly verbose: boolean }): Promise<void> {
  let first: Promise<void> | undefined;
  const once = async (): Promise<void> => {
    await first;
    try {
      await body();
    } catch (error) {
      report(error, how);
    }
    console.error('(waiting for a change; Ctrl-C ends)');
  };
  watch(files, once, how);
  first = once();
  await first;
}

function textsOf(files: Iterable<string>): Map<string, string> {
  return new Map([...files].map(file => {
    try {
      return [file, readFileSync(file, 'latin1')];
    } catch {
      return [file, ''];
    }
  }));
}
