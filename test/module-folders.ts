// The folders of all modules that come with the project, and what is where in one. Not their READMEs.

import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Cases } from '../src/lang/packets.ts';

const ROOT = new URL('..', import.meta.url);

/** `modules/bridge` */
export function moduleFolders(base: 'modules' | 'examples/modules'): readonly string[] {
  return readdirSync(new URL(base, ROOT), { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => `${base}/${name}`).sort();
}

export const MODULE_FOLDERS: readonly string[] = [...moduleFolders('modules'), ...moduleFolders('examples/modules')];

/** Path of the module's source. */
export function entryOf(folder: string): string {
  return `${folder}/${basename(folder)}.ts`;
}

export async function casesOf(folder: string): Promise<Cases> {
  const { default: cases } = await import(`../${folder}/${basename(folder)}.packets.ts`) as { readonly default: Cases };
  return cases;
}
