// A file that is there whole or not at all, and on the disk when the call returns: write, fsync, rename, fsync of the folder (rename(2), fsync(2)).

import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** For its owner alone (mode 600). @throws the errors of node:fs */
export function writeWhole(path: string, text: string): void {
  const fd = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.new`, path);
  const dir = openSync(dirname(path), 'r');
  try { fsyncSync(dir); } finally { closeSync(dir); }
}
