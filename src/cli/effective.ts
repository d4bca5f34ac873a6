// On which servers a revision is in the data path: what `--wait` waits for. A server that says nothing is stale.

import type { DirectorClient } from '../client/director.ts';
import { durationMs } from './duration.ts';
import { EXIT, Failure } from './failure.ts';

const POLL_MS = 200;

/** @throws Failure that names the stale servers, when the time is over */
export async function untilEffective(director: DirectorClient, revision: number, timeoutMs: number): Promise<string> {
  const { epoch } = await director.health();
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const servers = (await director.list({ kind: 'Server' })).items.map(s => s.metadata.name);
    const applied = new Map((await director.statuses()).map(s => [s.server, s.status.applied]));
    const stale = servers.filter(s => {
      const generation = applied.get(s);
      return !generation || generation.epoch !== epoch || generation.revision < revision;
    });
    const said = `effective on ${servers.length - stale.length} of ${servers.length} servers`;
    if (stale.length === 0) return said;
    if (performance.now() >= endMs) throw new Failure(`${said} after ${timeoutMs / 1000} s; stale: ${stale.join(', ')}`, { exitCode: EXIT.world, cure: 'it is stored, and comes to them when they answer; see why with: iov describe server NAME' });
    await new Promise(done => setTimeout(done, POLL_MS));
  }
}

/** `30`, `30s`, `2m`; `true`: a minute. @throws Failure */
export function timeoutOf(text: string | true): number {
  if (text === true) return 60_000;
  return durationMs(/^\d+$/.test(text) ? `${text}s` : text, '--wait');
}
