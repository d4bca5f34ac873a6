// iov edit: one resource in the person's editor, and back; made against the revision that was read.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { parse, stringify } from 'yaml';
import type { Resource } from '../../model/resource.ts';
import { action, directorOf, directorOption } from '../connect.ts';
import { EXIT, Failure } from '../failure.ts';
import { applyFiles, printChanges } from './apply.ts';
import { kindOf, refOf } from './get.ts';

export function editCommand(): Command {
  return action(new Command('edit').argument('<kind>').argument('<name>', 'or domain/name').option('-d, --domain <domain>').addOption(directorOption()), edit);
}

async function edit(kind: string, name: string, o: { readonly director?: string; readonly domain?: string }): Promise<void> {
  const director = directorOf(o);
  const { status: _, ...resource }: Resource = await director.get(refOf(kindOf(kind), name, o.domain));
  const folder = mkdtempSync(join(tmpdir(), 'iov-edit-'));
  const file = join(folder, `${resource.kind.toLowerCase()}-${resource.metadata.name}.yaml`);
  writeFileSync(file, stringify(resource), { mode: 0o600 });
  const before = readFileSync(file, 'utf8');
  const editor = process.env['VISUAL'] ?? process.env['EDITOR'] ?? 'vi';
  const ended = spawnSync('sh', ['-c', `exec ${editor} "$1"`, 'iov', file], { stdio: 'inherit' });
  if (ended.error || ended.status !== 0) throw new Failure(`${editor} ${ended.error ? `cannot be started (${(ended.error as NodeJS.ErrnoException).code})` : `ended with ${ended.status}`}: nothing was changed`, { exitCode: EXIT.world, cure: `set EDITOR to an editor; the text is in ${file}` });
  const text = readFileSync(file, 'utf8');
  if (text === before || same(text, before)) {
    rmSync(folder, { recursive: true });
    console.log('nothing was changed');
    return;
  }
  try {
    printChanges((await applyFiles(director, [file], { dryRun: false })).changes, '');
  } catch (e) {
    console.error(`what you wrote is kept in ${file}: mend it, and iov apply -f it`);
    throw e;
  }
  rmSync(folder, { recursive: true });
}

function same(a: string, b: string): boolean {
  try {
    return JSON.stringify(parse(a)) === JSON.stringify(parse(b));
  } catch {
    return false;
  }
}
