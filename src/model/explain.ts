// A refusal by a schema in words for people: what is wrong, what is allowed, what was probably meant.

import type { z } from 'zod';
import { nearest } from './nearest.ts';

const MAX_SHOWN = 100;

export interface Explained { readonly path: readonly (string | number)[]; readonly message: string; readonly at: 'key' | 'value' }

export function explain(issues: readonly z.core.$ZodIssue[], schema: z.ZodType, input: unknown): Explained[] {
  return issues.flatMap(issue => explainOne(issue, schema, input));
}

function explainOne(issue: z.core.$ZodIssue, schema: z.ZodType, input: unknown): Explained[] {
  const path = issue.path.map(p => typeof p === 'symbol' ? String(p) : p);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const allowed = fieldsAt(schema, path);
      return issue.keys.map(key => ({ path: [...path, key], at: 'key' as const, message: unknownName('field', key, allowed) }));
    }
    case 'invalid_key': {
      const [inner] = issue.issues;
      return [{ path, at: 'key', message: `'${String(path.at(-1))}' ${inner?.message ?? 'is not allowed here'}` }];
    }
    case 'invalid_value':
      if (valueAt(input, path) === undefined) return [missing(path, schema)];
      return [{ path, at: 'value', message: unknownName('value', show(valueAt(input, path)), issue.values.map(String)) }];
    case 'invalid_type':
      if (valueAt(input, path) === undefined) return [missing(path, schema)];
      return [{ path, at: 'value', message: `${field(path)} must be ${article(issue.expected)}, not ${describe(valueAt(input, path))}` }];
    case 'too_small':
      return [{ path, at: 'value', message: `${field(path)} must be at least ${issue.minimum}, not ${describe(valueAt(input, path))}` }];
    case 'too_big':
      return [{ path, at: 'value', message: issue.origin === 'array' ? `${field(path)} has more than ${issue.maximum} entries` : `${field(path)} must be at most ${issue.maximum}, not ${describe(valueAt(input, path))}` }];
    default:
      return [{ path, at: 'value', message: `${describe(valueAt(input, path))} ${issue.message}` }];
  }
}

function missing(path: readonly (string | number)[], schema: z.ZodType): Explained {
  return { path, at: 'value', message: `missing field '${path.at(-1)}'; fields here: ${fieldsAt(schema, path.slice(0, -1)).join(', ')}` };
}

/** `unknown field 'tear'; did you mean 'tier'? allowed: …` */
export function unknownName(what: string, got: string, allowed: readonly string[]): string {
  const close = nearest(got, allowed);
  const hint = close === undefined ? '' : ` did you mean '${close}'?`;
  return `unknown ${what} '${show(got)}';${hint} allowed: ${allowed.length === 0 ? 'nothing' : allowed.join(', ')}`;
}

function field(path: readonly (string | number)[]): string {
  const last = path.findLast(p => typeof p === 'string');
  return last === undefined ? 'it' : typeof path.at(-1) === 'number' ? `an entry of '${last}'` : `'${last}'`;
}

function article(type: string): string {
  if (type === 'object' || type === 'record') return 'fields (a mapping)';
  if (type === 'array') return 'a list';
  if (type === 'int') return 'a whole number';
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  return `'${show(value)}'`;
}

/** Long ones are not said back whole. */
function show(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

function valueAt(input: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((v, p) => typeof v === 'object' && v !== null ? (v as Record<string | number, unknown>)[p] : undefined, input);
}

/** The fields that the schema allows at a path, looking through optional and default. */
function fieldsAt(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  interface Def { type: string; innerType?: Def & { def: Def }; shape?: Record<string, { def: Def }>; element?: { def: Def }; valueType?: { def: Def } }
  const open = (d: Def): Def => d.innerType ? open(d.innerType.def) : d;
  let def = open(schema.def as unknown as Def);
  for (const step of path) {
    const next = typeof step === 'number' ? def.element : def.shape?.[step] ?? def.valueType;
    if (!next) return [];
    def = open(next.def);
  }
  return def.shape ? Object.keys(def.shape).filter(k => k !== 'status' && k !== 'revision') : [];
}
