// The store's log as an audit log: every change of a resource, and what people did besides, by whom, from what to what. The log is append-only, so this is too.

import type { AuditRow } from '../../model/api.ts';
import type { Json } from '../../model/canonical.ts';
import type { Act, Entry } from './log.ts';

export function auditOf(entries: readonly Entry[]): AuditRow[] {
  return entries.flatMap(({ revision, changeSet }) => {
    const before = new Map((changeSet.before ?? []).map(b => [b.key, b.value]));
    const row = ({ key, on, before, after }: Act): AuditRow => ({
      revision, wallMs: changeSet.wallMs, by: changeSet.by ?? 'unknown', key, ...on && { on: [...on] },
      action: after === undefined ? 'deleted' : before === undefined ? 'created' : 'changed',
      ...before !== undefined && { before }, ...after !== undefined && { after },
    });
    const put = (key: string, after?: Json): AuditRow[] => key.startsWith(TABLE) ? [row({ key: key.slice(TABLE.length), ...before.has(key) && { before: before.get(key)! }, ...after !== undefined && { after } })] : [];
    return [...changeSet.deletes.flatMap(k => put(k)), ...changeSet.puts.flatMap(p => put(p.key, p.value)), ...(changeSet.acts ?? []).map(row)];
  });
}

const TABLE = 'resource:';
