// Checks of data from outside against a shape: small readers that either give the typed value or say where it is wrong.
// For the image's codec; resources that people write are checked with zod in src/model.

/** Thrown inside a reader and made a value by `check`; it never leaves. */
class Wrong extends Error {
  readonly path: string;
  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

export type Read<T> = (value: unknown, path: string) => T;
type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly path: string; readonly message: string };

export function check<T>(read: Read<T>, value: unknown): Checked<T> {
  try {
    return { ok: true, value: read(value, '') };
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, path: error.path, message: error.message };
    throw error;
  }
}

export function wrong(path: string, message: string): never {
  throw new Wrong(path, message);
}

export const text: Read<string> = (value, path) => typeof value === 'string' ? value : wrong(path, 'is not text');
export const flag: Read<boolean> = (value, path) => typeof value === 'boolean' ? value : wrong(path, 'is not true or false');

export function whole(least = 0, most = 0xffff_ffff): Read<number> {
  return (value, path) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : wrong(path, `is not a whole number in ${least} … ${most}`);
}

export function oneOf<const T extends string | number>(...values: T[]): Read<T> {
  return (value, path) => values.includes(value as T) ? value as T : wrong(path, `is not one of ${values.join(', ')}`);
}

/** Lists longer than `most` are refused before they are read. */
export function list<T>(read: Read<T>, most: number): Read<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) return wrong(path, 'is not a list');
    if (value.length > most) return wrong(path, `has ${value.length} entries, at most ${most}`);
    return value.map((entry, i) => read(entry, `${path}[${i}]`));
  };
}

type Fields = Readonly<Record<string, Read<unknown>>>;
type Of<F extends Fields> = { readonly [K in keyof F]: ReturnType<F[K]> };

/** Exactly these fields; those of `optional` may be absent. */
export function object<F extends Fields, O extends Fields = Record<never, never>>(fields: F, optional?: O): Read<Of<F> & Partial<Of<O>>> {
  return (value, path) => {
    const given = record(value, path);
    const known = { ...fields, ...optional } as Fields;
    for (const name of Object.keys(given)) if (!Object.hasOwn(known, name)) wrong(join(path, name), 'is not a field here');
    const out: Record<string, unknown> = {};
    for (const [name, read] of Object.entries(known)) {
      if (Object.hasOwn(given, name)) out[name] = read(given[name], join(path, name));
      else if (Object.hasOwn(fields, name)) wrong(join(path, name), 'is missing');
    }
    return out as Of<F> & Partial<Of<O>>;
  };
}

/** The reader is chosen by the field `kind`. */
export function union<R extends Readonly<Record<string, Read<unknown>>>>(readers: R): Read<ReturnType<R[keyof R]>> {
  return (value, path) => {
    const { kind } = record(value, path);
    const read = typeof kind === 'string' && Object.hasOwn(readers, kind) ? readers[kind] : undefined;
    return (read ?? wrong(join(path, 'kind'), `is not one of ${Object.keys(readers).join(', ')}`))(value, path) as ReturnType<R[keyof R]>;
  };
}

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : wrong(path, 'is not an object');
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
