// The demo's third act: a module of a user's own is let in and placed live before the endpoints of one tenant, by that tenant's editor, who may
// not touch the other. Judged by packets, like all else.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PORTS } from './protocol.ts';
import type { Refusal, Workload, World } from './world.ts';

const MODULE = resolve(import.meta.dirname, '../../examples/modules/knock/knock.ts');
const SEQUENCE = [1001, 1002, 1003] as const;

export interface Guarded {
  readonly module: string;
  /** What the Director told the editor who tried it with the other tenant. */
  readonly foreign: string | undefined;
  /** Whether TCP opened: before the knocks, then by another tenant, after the knocks, and when the function was gone. */
  readonly opened: { readonly stranger: boolean; readonly otherTenant: boolean; readonly visitor: boolean; readonly after: boolean };
  readonly site: Refusal | undefined;
}

export async function guard(world: World, workloads: readonly Workload[], say: (what: string) => void): Promise<Guarded> {
  say('iov module push knock.ts; the editor of red places it before its endpoints');
  const module = await world.push(MODULE);
  const foreign = await world.place('red', 'blue', module);
  const own = await world.place('red', 'red', module);
  if (own !== undefined) throw new Error(`the editor of red may not place ${module} in red: ${own}`);
  const [from, to] = across(workloads, 'red');
  const before = await world.refusals();
  const stranger = (await world.tcp(from, to)).ok;
  const blue = await world.tcp(...across(workloads, 'blue'));
  const site = (await world.refusals()).find(now => now.module === 'knock' && now.packets > (before.find(b => b.server === now.server && b.line === now.line && b.module === now.module)?.packets ?? 0));
  for (const port of SEQUENCE) await world.tcp(from, to, port);
  const visitor = (await world.tcp(from, to)).ok;
  await world.unplace('red');
  const [, other] = across(workloads.slice(1), 'red');
  const after = (await world.tcp(other, from)).ok;
  return { module, foreign, site, opened: { stranger, otherTenant: blue.ok, visitor, after } };
}

/** As `config` of the Function. */
export const SETTINGS = { settings: { guarded: PORTS.echo, sequence: SEQUENCE } } as const;

export function guardFailures({ foreign, opened, site }: Guarded): string[] {
  const line = readFileSync(MODULE, 'utf8').split('\n').findIndex(l => l.includes("drop('not-welcome')")) + 1;
  return [
    ...foreign === undefined ? ['the editor of red could place a function in blue'] : [],
    ...opened.stranger ? ['the guarded port opened to who had not knocked'] : [],
    ...opened.otherTenant ? [] : ['the function of red was met by blue'],
    ...opened.visitor ? [] : ['the guarded port stayed closed to who had knocked'],
    ...opened.after ? [] : ['the guarded port stayed closed when the function was gone'],
    ...site?.line === line && site.reason === 'not-welcome' ? [] : [`the refused packet is not named at knock.ts:${line} not-welcome, but ${JSON.stringify(site)}`],
  ];
}

function across(workloads: readonly Workload[], tenant: string): readonly [Workload, Workload] {
  const own = workloads.filter(w => w.tenant === tenant);
  return [own[0]!, own.find(w => w.server !== own[0]!.server)!];
}
