// JSON merge patch (RFC 7396): null takes a field away, a mapping is merged into a mapping, anything else replaces. Knows no resource.

import { isFields } from './canonical.ts';

/** Neither is changed. Both are as JSON.parse makes them, nested no deeper than the API lets in (depth.ts). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged = new Map<string, unknown>(isFields(target) ? Object.entries(target) : []);
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) merged.delete(field);
    else merged.set(field, mergePatch(merged.get(field), value));
  }
  return Object.fromEntries(merged);
}
