// Which Directors a person uses, and what is shown to them: a file in their home that nobody else reads.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeWhole } from '../sys/write-whole.ts';
import { EXIT, Failure } from './failure.ts';

interface Context { readonly director: string; readonly ca?: string; readonly token?: string }
interface Contexts { readonly current?: string; readonly contexts: Readonly<Record<string, Context>> }

function contextsFile(): string {
  return join(process.env['XDG_CONFIG_HOME'] ?? join(process.env['HOME'] ?? '.', '.config'), 'iovisor', 'contexts.json');
}

/** @throws Failure */
export function readContexts(): Contexts {
  const file = contextsFile();
  if (!existsSync(file)) return { contexts: {} };
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<Contexts> | null;
    const isContext = (c: Partial<Context> | null): boolean => typeof c?.director === 'string' && (c.ca === undefined || typeof c.ca === 'string') && (c.token === undefined || typeof c.token === 'string');
    if (typeof read?.contexts !== 'object' || read.contexts === null || !Object.values(read.contexts).every(isContext)) throw new Error('it is not what iov context set writes');
    return read as Contexts;
  } catch (e) {
    throw new Failure(`${file} cannot be read: ${(e as Error).message}`, { exitCode: EXIT.world, cure: 'mend it, or remove it and set the contexts anew' });
  }
}

export function writeContexts(contexts: Contexts): void {
  mkdirSync(dirname(contextsFile()), { recursive: true, mode: 0o700 });
  writeWhole(contextsFile(), `${JSON.stringify(contexts, null, 2)}\n`);
}

/** That of IOV_CONTEXT, or the current one; undefined: there is none. @throws Failure */
export function chosenContext(): Context | undefined {
  const { current, contexts } = readContexts();
  const name = process.env['IOV_CONTEXT'] ?? current;
  if (name === undefined) return undefined;
  const found = contexts[name];
  if (!found) throw new Failure(`there is no context '${name}'`, { exitCode: EXIT.usage, cure: `choose one: ${Object.keys(contexts).join(', ') || 'there is none yet, see iov context set --help'}` });
  return found;
}
