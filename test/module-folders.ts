// The folders of all modules that come with the project. Not their READMEs.

import { readdirSync } from 'node:fs';

const ROOT = new URL('..', import.meta.url);

/** `modules/bridge` */
export function moduleFolders(base: 'modules' | 'examples/modules'): readonly string[] {
  return readdirSync(new URL(base, ROOT), { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => `${base}/${name}`).sort();
}

export const MODULE_FOLDERS: readonly string[] = [...moduleFolders('modules'), ...moduleFolders('examples/modules')];
