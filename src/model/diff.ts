// What an apply would change, for people: by resource, by field. It decides nothing.

import { isFields, sameValue } from './canonical.ts';
import { desiredOf, keyOf, type Resource } from './resource.ts';

export type Action = 'created' | 'changed' | 'deleted' | 'unchanged';
interface FieldChange { readonly path: string; readonly before?: unknown; readonly after?: unknown }
export interface Change { readonly action: Action; readonly key: string; readonly fields: readonly FieldChange[] }

export function diffResource(before: Resource | undefined, after: Resource | undefined): Change {
  if (before && after) {
    const fields = diffFields(desiredOf(before), desiredOf(after), '');
    return { action: fields.length === 0 ? 'unchanged' : 'changed', key: keyOf(after), fields };
  }
  const only = after ?? before!;
  return { action: after ? 'created' : 'deleted', key: keyOf(only), fields: [] };
}

export function diffFields(before: unknown, after: unknown, path: string): FieldChange[] {
  if (sameValue(before, after)) return [];
  if (!isFields(before) || !isFields(after)) {
    return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap(n => diffFields(before[n], after[n], path === '' ? n : `${path}.${n}`));
}
