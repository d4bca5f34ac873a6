// The fields of a kind as rows for people: `iov explain` and the reference pages. The zod schemas are the only source.

import { z } from 'zod';
import { KINDS, type Kind } from './resource.ts';

interface FieldRow {
  /** `spec.ingress[].ports[]`; empty: the resource. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

interface Schema {
  readonly type?: string; readonly description?: string; readonly properties?: Readonly<Record<string, Schema>>; readonly required?: readonly string[];
  readonly items?: Schema; readonly additionalProperties?: Schema | boolean; readonly const?: unknown; readonly enum?: readonly unknown[]; readonly default?: unknown;
  readonly anyOf?: readonly Schema[]; readonly oneOf?: readonly Schema[]; readonly $ref?: string; readonly $defs?: Readonly<Record<string, Schema>>;
}

export function fieldsOf(kind: Kind): readonly FieldRow[] {
  const root = z.toJSONSchema(KINDS[kind].schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  return rows(root, root, '', true);
}

function rows(root: Schema, given: Schema, path: string, required: boolean): FieldRow[] {
  const schema = given.$ref ? { ...root.$defs?.[given.$ref.replace('#/$defs/', '')], ...given } : given;
  const row = { path, type: typeName(schema), required, description: [schema.description, schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`].filter(t => t !== undefined).join('; ') };
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => rows(root, field, path === '' ? name : `${path}.${name}`, schema.required?.includes(name) === true));
  const item = schema.items ? inside(root, schema.items, `${path}[]`) : [];
  const value = typeof schema.additionalProperties === 'object' ? inside(root, schema.additionalProperties, `${path}.NAME`) : [];
  const cases = (schema.anyOf ?? schema.oneOf ?? []).flatMap(s => inside(root, s, path));
  const all = [row, ...below, ...item, ...value, ...cases];
  return all.filter((r, i) => all.findIndex(o => o.path === r.path) === i);
}

/** Of lists and mappings only what has fields of its own, or says something, is worth a row. */
function inside(root: Schema, schema: Schema, path: string): FieldRow[] {
  return rows(root, schema, path, false).filter(r => r.path !== path || r.description !== '');
}

function typeName(s: Schema): string {
  if (s.const !== undefined) return JSON.stringify(s.const);
  if (s.enum) return s.enum.map(v => JSON.stringify(v)).join(' | ');
  const cases = s.anyOf ?? s.oneOf;
  if (cases) return [...new Set(cases.map(typeName))].join(' | ');
  if (s.type === 'array') return `list of ${s.items ? typeName(s.items) : 'values'}`;
  if (s.type === 'object') return s.properties ? 'fields' : 'mapping';
  return s.type === 'integer' ? 'whole number' : s.type ?? 'any';
}
