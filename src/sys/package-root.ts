// Where this package lies: the nearest folder above with a package.json, in a checkout (src/) and when built (dist/src/) alike.

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

export const packageRoot: string = above(import.meta.dirname);

function above(folder: string): string {
  return existsSync(`${folder}/package.json`) ? folder : above(dirname(folder));
}
