// How deeply a value from outside may be nested: what walks it afterwards may then recurse. It looks at nothing else.

export const MAX_DEPTH = 64;

/** Whether lists and mappings stand in each other more than MAX_DEPTH times. */
export function isDeep(value: unknown): boolean {
  let level = [value].filter(isNest);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap(v => Object.values(v)).filter(isNest);
  }
  return false;
}

function isNest(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
