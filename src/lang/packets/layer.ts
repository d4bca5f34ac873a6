// One layer of a described frame, and reading its fields. What the fields mean is build.ts and its neighbours.

export interface Layer { readonly layer: string; readonly fields: Readonly<Record<string, string | number>> }

/** A field that is a number, or what it is if not given. */
export function numberOf(layer: Layer, field: string, otherwise: number): number {
  const value = layer.fields[field];
  return typeof value === 'number' ? value : otherwise;
}

/** A field that is text, or what it is if not given. */
export function textOf(layer: Layer, field: string, otherwise: string): string {
  const value = layer.fields[field];
  return typeof value === 'string' ? value : otherwise;
}
