// JSON merge patch (RFC 7396): null takes a field away, a mapping is merged into a mapping, anything else replaces. Knows no resource.

type Fields = { readonly [field: string]: unknown };

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

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
