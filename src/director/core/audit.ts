// The store's log as an audit log: every change of a resource, by whom, from what to what. The log is append-only, so this is too.

import type { AuditRow } from '../../model/api.ts';
import type { Entry } from './log.ts';

export function auditOf(entries: readonly Entry[]): AuditRow[] {
  return entries.flatMap(({ revision, changeSet }) => {
    const before = new Map((changeSet.before ?? []).map(b => [b.key, b.value]));
    const row = (key: string, after?: unknown): AuditRow[] => key.startsWith(TABLE) ? [{
      revision, wallMs: changeSet.wallMs, by: changeSet.by ?? 'unknown', key: key.slice(TABLE.length),
      action: after === undefined ? 'deleted' : before.has(key) ? 'changed' : 'created',
      ...(before.has(key) ? { before: before.get(key) } : {}), ...(after === undefined ? {} : { after }),
    }] : [];
    return [...changeSet.deletes.flatMap(k => row(k)), ...changeSet.puts.flatMap(p => row(p.key, p.value))];
  });
}

const TABLE = 'resource:';
