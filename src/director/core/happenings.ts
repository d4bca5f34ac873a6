// What happened to resources, for people: written, and said by visors. Told once, when it changes; kept by the shell, for a while only.

import type { Happening } from '../../model/api.ts';
import type { VisorStatus } from '../../model/status.ts';
import type { Entry } from './log.ts';
import type { World } from './world.ts';

/** Behind an entry: `before` and `after` are the worlds around it. */
export function happenedBy(entry: Entry, before: World, after: World): Happening[] {
  const { puts, deletes, by, wallMs } = entry.changeSet;
  const keys = [...new Set([...puts.map(p => p.key), ...deletes])].filter(k => k.startsWith('resource:')).map(k => k.slice('resource:'.length));
  return keys.filter(k => before.resources.has(k) || after.resources.has(k)).map(key => ({
    wallMs, key, what: !after.resources.has(key) ? 'deleted' : before.resources.has(key) ? 'changed' : 'created',
    message: `in revision ${entry.revision}${by === undefined ? '' : `, by ${by}`}`,
  }));
}

/** Of a visor that is heard for the first time only what is not as it should be, or all of its endpoints would be news at each start of a Director. */
export function happenedOn(before: VisorStatus | undefined, after: VisorStatus, wallMs: number): Happening[] {
  const { server } = after;
  // A list that is the same object has no news.
  const rows = (status: VisorStatus | undefined) => [
    ...before?.elements === after.elements ? [] : (status?.elements ?? []).map(e => ({ ...e, key: e.name })),
    ...before?.endpoints === after.endpoints ? [] : (status?.endpoints ?? []).map(e => ({ ...e, key: `Endpoint/${e.name}` })),
  ];
  const known = new Map(rows(before).map(r => [`${r.key} ${r.uid}`, r]));
  const news = rows(after).filter(r => {
    const old = known.get(`${r.key} ${r.uid}`);
    return old === undefined ? before !== undefined || r.state === 'degraded' : old.state !== r.state || old.message !== r.message;
  }).map(r => ({ wallMs, key: r.key, server, what: r.state, message: r.message ?? '' }));
  const of = (status: VisorStatus | undefined): string => status?.applied ? `${status.applied.epoch} ${status.applied.revision}` : '';
  const own: Happening[] = before === undefined || before.started !== after.started ? [{ wallMs, key: `Server/${server}`, server, what: 'heard', message: `its visor runs with the ${after.engine} engine` }] : [];
  if (of(before) !== of(after) && after.applied) own.push({ wallMs, key: `Server/${server}`, server, what: 'applied', message: `the plan of revision ${after.applied.revision} is in place` });
  if (before?.degraded === after.degraded) return [...own, ...news];
  const refused = new Set((before?.degraded ?? []).map(d => `${d.object} ${d.message}`));
  for (const d of after.degraded) if (!refused.has(`${d.object} ${d.message}`)) own.push({ wallMs, key: `Server/${server}`, server, what: 'degraded', message: `${d.object}: ${d.message}` });
  return [...own, ...news];
}
