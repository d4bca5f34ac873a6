// iov support: what someone who helps needs to see, in one file, without secrets: no tokens nor hashes of them, no keys, no sources of modules and nothing that they are told.

import { existsSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';
import { gzipSync } from 'node:zlib';
import { Command } from 'commander';
import type { AuditRow } from '../../model/api.ts';
import { action, directorOf, directorOption, visorOf, visorOption } from '../connect.ts';
import { Failure } from '../failure.ts';
import { json } from '../output.ts';
import { VERSION } from '../version.ts';

interface Options { readonly director?: string; readonly visor?: string; readonly output?: string }

export function supportCommand(): Command {
  return action(new Command('support').option('-o, --output <file>', 'iov-support-TIME.json.gz if absent').addOption(directorOption()).addOption(visorOption()), support);
}

async function support(o: Options): Promise<void> {
  const file = o.output ?? `iov-support-${new Date().toISOString().replace(/[:.]/g, '-')}.json.gz`;
  if (existsSync(file)) throw new Failure(`${file} is there already`, { cure: 'give another name with -o' });
  const bundle = {
    iovisor: VERSION, atMs: Date.now(),
    machine: { platform: process.platform, release: release(), arch: arch(), cpus: cpus().length, memoryBytes: totalmem(), node: process.version, kernel: await told(async () => (await import('../../kernel/probe/machine.ts')).probeMachine()) },
    director: await told(async () => {
      const director = directorOf(o);
      const [health, list, statuses, drops, events, audit] = await Promise.all([director.health(), director.list(), director.statuses(), director.drops(), director.events(), director.audit()]);
      return { health, resources: list.items.map(clean), statuses, drops, events, audit: audit.items.map((row: AuditRow) => ({ ...row, ...row.before === undefined ? {} : { before: clean(row.before) }, ...row.after === undefined ? {} : { after: clean(row.after) } })) };
    }),
    visor: await told(async () => {
      const visor = visorOf(o);
      return { status: await visor.status(), stats: await visor.stats() };
    }),
  };
  writeFileSync(file, gzipSync(json(bundle, 1)), { mode: 0o600 });
  const missing = (['director', 'visor'] as const).filter(part => 'unavailable' in (bundle[part] as object));
  console.log(`${file}: ${missing.length === 0 ? 'Director, visor and machine' : `without the ${missing.join(' and the ')}, which did not answer`}. No tokens, keys, sources or configs of functions are in it; names and addresses are.`);
}

/** What cannot be had is said, and the rest is written all the same. */
async function told(ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask();
  } catch (e) {
    return { unavailable: (e as Error).message };
  }
}

const SECRET = new Set(['tokens', 'sha256', 'keys', 'sources', 'image', 'signature', 'config', 'entries', 'deleted']);

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, SECRET.has(k) ? '(left out)' : clean(v)]));
}
