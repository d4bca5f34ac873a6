// Structs, arrays and bytes: apart in SSA values as long as nothing needs their address, references once they lie in memory.
// A struct that is apart has a cell for its identity, so that two names of it see the same fields.

import { sizeOf } from '../../image/layout.ts';
import type { Expr, ExprOf, Place, StructField, Target, Type } from '../2-check/tree.ts';
import { constOf, type Value } from '../ir/ir.ts';
import { evaluate, evaluateScalar } from './expressions.ts';
import { layoutFor, loadValue, storeValue } from './memory.ts';
import type { Outcome } from './path.ts';
import type { State } from './state.ts';
import { UNDEFINED, type Lowered } from './value.ts';

export function lowerStruct(s: State, e: ExprOf<'struct'>): Lowered {
  if (e.type.kind !== 'struct') return s.notYet('this object', e.at);
  const { fields } = e.type.class;
  const base = e.base && evaluate(s, e.base);
  const given = new Map<StructField, Lowered>();
  for (const { field, value } of e.fields) given.set(field, copied(s, evaluate(s, value), field.type, e.at));
  s.at(e);
  const values = fields.map(field => {
    const value = given.get(field) ?? [...given].find(([f]) => f.name === field.name)?.[1];
    return value ?? (base && copied(s, fieldOf(s, base, field, e.type, e.at), field.type, e.at)) ?? s.notYet('a field without a value', e.at);
  });
  return apart(s, e.type.class.name, values);
}

function apart(s: State, name: string, values: readonly Lowered[]): Lowered {
  const cell = { cell: name };
  s.values.set(cell, { kind: 'fields', values });
  return { kind: 'struct', cell };
}

/** Assigning a struct to a field or element copies it. */
export function copied(s: State, value: Lowered, type: Type, at: Place): Lowered {
  if (value.kind === 'optional') return copied(s, value.value, type, at);
  if (type.kind === 'struct' && (value.kind === 'struct' || value.kind === 'ref')) {
    return apart(s, type.class.name, type.class.fields.map(field => copied(s, fieldOf(s, value, field, type, at), field.type, at)));
  }
  if (value.kind === 'ref' && (type.kind === 'array' || type.kind === 'bytes')) {
    const element: Type = type.kind === 'array' ? type.element : { kind: 'int', bits: 8, signed: false, order: 'little' };
    const bytes = sizeOf(layoutFor(s, element, at));
    return { kind: 'list', values: Array.from({ length: type.length }, (_, i) => loadValue(s, value.pointer, value.offset + i * bytes, element, undefined, at)) };
  }
  return value;
}

/** What a variable becomes of a value: a copy of a struct that is apart; what lies in a map or in settings is itself. The path is gone on with. */
export function held(s: State, { path, value }: Outcome): Lowered {
  if (value.kind !== 'struct' && !(value.kind === 'optional' && value.value.kind === 'struct')) return value;
  s.resume(path);
  if (value.kind === 'optional') return { ...value, value: twin(s, value.value) };
  return twin(s, value);
}

function twin(s: State, value: Lowered): Lowered {
  const fields = value.kind === 'struct' ? s.values.get(value.cell) : undefined;
  if (value.kind !== 'struct' || fields?.kind !== 'fields') return value;
  return apart(s, value.cell.cell, fields.values.map(field => twin(s, field)));
}

export function lowerField(s: State, e: ExprOf<'field'>): Lowered {
  const object = evaluate(s, e.object);
  s.at(e);
  return fieldOf(s, object, e.field, e.object.type, e.at);
}

export function fieldOf(s: State, object: Lowered, field: StructField, type: Type, at: Place): Lowered {
  const inner = object.kind === 'optional' ? object.value : object;
  if (inner.kind === 'ref') return loadValue(s, inner.pointer, inner.offset + field.offset, field.type, inner.map, at);
  if (inner.kind === 'struct') {
    const fields = s.values.get(inner.cell);
    const value = fields?.kind === 'fields' ? fields.values[indexOf(type, field)] : undefined;
    if (value !== undefined) return value;
  }
  return s.live ? s.notYet(`field '${field.name}' of this value`, at) : UNDEFINED;
}

function indexOf(type: Type, field: StructField): number {
  const struct = type.kind === 'optional' ? type.of : type;
  return struct.kind === 'struct' ? struct.class.fields.findIndex(f => f.name === field.name) : -1;
}

/** `object.field = value`. */
export function assignField(s: State, target: Target & { kind: 'field' }, value: Lowered): void {
  const object = evaluate(s, target.object);
  const inner = object.kind === 'optional' ? object.value : object;
  s.at(target);
  if (inner.kind === 'ref') { storeValue(s, inner.pointer, inner.offset + target.field.offset, target.field.type, value, target.at); return; }
  const fields = inner.kind === 'struct' ? s.values.get(inner.cell) : undefined;
  if (inner.kind !== 'struct' || fields?.kind !== 'fields') {
    if (s.live) s.notYet('this assignment', target.at);
    return;
  }
  const index = indexOf(target.object.type, target.field);
  const stored = copied(s, value, target.field.type, target.at);
  s.values.set(inner.cell, { kind: 'fields', values: fields.values.map((old, i) => i === index ? stored : old) });
}

function elementType(type: Type): { element: Type; length: number } | undefined {
  const inner = type.kind === 'optional' ? type.of : type;
  if (inner.kind === 'array') return { element: inner.element, length: inner.length };
  return inner.kind === 'bytes' ? { element: { kind: 'int', bits: 8, signed: false, order: 'little' }, length: inner.length } : undefined;
}

export function lowerElement(s: State, e: ExprOf<'element'>): Outcome[] {
  const object = evaluate(s, e.object);
  const index = evaluateScalar(s, e.index);
  const run = elementType(e.object.type);
  if (run === undefined) return s.notYet('an element of this value', e.at);
  s.at(e);
  const constant = constOf(index);
  if (constant !== undefined) {
    if (constant >= BigInt(run.length)) return [{ path: s.take(), value: UNDEFINED }];
    const at = Number(constant);
    const bytes = object.kind === 'ref' ? sizeOf(layoutFor(s, run.element, e.at)) : 0;
    const value = object.kind === 'list' ? object.values[at]
      : object.kind === 'ref' ? loadValue(s, object.pointer, object.offset + at * bytes, run.element, object.map, e.at) : undefined;
    return [{ path: s.take(), value: value ?? s.notYet('an element of this value', e.at) }];
  }
  if (object.kind === 'ref') {
    const bytes = sizeOf(layoutFor(s, run.element, e.at));
    const fork = s.branch('ult', index, index.type === 'i64' ? s.b.i64(run.length) : s.b.i32(run.length));
    const all: Outcome[] = fork.no.map(path => ({ path, value: UNDEFINED }));
    for (const path of fork.yes) {
      s.resume(path);
      const by = s.alu('mul', s.b.zext(index), s.b.i64(bytes));
      const value = loadValue(s, s.b.index(s.b.offset(object.pointer, object.offset), by), 0, run.element, object.map, e.at);
      all.push({ path: s.take(), value });
    }
    return all;
  }
  if (object.kind !== 'list') return s.notYet('an element of this value', e.at);
  const all: Outcome[] = [];
  for (const [i, value] of object.values.entries()) {
    const fork = s.branch('eq', index, index.type === 'i64' ? s.b.i64(i) : s.b.i32(i));
    all.push(...fork.yes.map(path => ({ path, value })));
    const [rest] = fork.no;
    if (rest === undefined) return all;
    s.resume(rest);
  }
  return [...all, { path: s.take(), value: UNDEFINED }];
}

/** `object[index] = value`. The checker knows that the index is within. */
export function assignElement(s: State, target: Target & { kind: 'element' }, value: Lowered): void {
  const object = evaluate(s, target.object);
  const index = evaluateScalar(s, target.index);
  const known = constOf(index);
  const run = elementType(target.object.type);
  s.at(target);
  if (run === undefined) { s.notYet('an element of this value', target.at); return; }
  if (object.kind === 'ref') {
    const bytes = sizeOf(layoutFor(s, run.element, target.at));
    if (known !== undefined) { storeValue(s, object.pointer, object.offset + Number(known) * bytes, run.element, value, target.at); return; }
    const fork = s.branch('ult', index, index.type === 'i64' ? s.b.i64(run.length) : s.b.i32(run.length));
    const ends = [...fork.no];
    for (const path of fork.yes) {
      s.resume(path);
      const by = s.alu('mul', s.b.zext(index), s.b.i64(bytes));
      storeValue(s, s.b.index(s.b.offset(object.pointer, object.offset), by), 0, run.element, value, target.at);
      ends.push(s.take());
    }
    s.join(ends, target.at);
    return;
  }
  if (object.kind !== 'list') { if (s.live) s.notYet('this assignment', target.at); return; }
  const stored = copied(s, value, run.element, target.at);
  const changed = (at: number): Lowered => ({ kind: 'list', values: object.values.map((old, i) => i === at ? stored : old) });
  assignList(s, target.object, known !== undefined ? changed(Number(known)) : oneOf(s, object, index, changed, target.at), target.at);
}

/** The list with one of its elements changed: which is decided while the program runs. */
function oneOf(s: State, list: Lowered & { kind: 'list' }, index: Value, changed: (at: number) => Lowered, at: Place): Lowered {
  const all: Outcome[] = [];
  for (const i of list.values.keys()) {
    const fork = s.branch('eq', index, index.type === 'i64' ? s.b.i64(i) : s.b.i32(i));
    all.push(...fork.yes.map(path => ({ path, value: changed(i) })));
    const [rest] = fork.no;
    if (rest === undefined) return s.settle(all, at);
    s.resume(rest);
  }
  return s.settle([...all, { path: s.take(), value: list }], at);
}

/** A list that is apart is a value of what it is in. */
function assignList(s: State, of: Expr, list: Lowered, at: Place): void {
  if (of.kind === 'local') s.values.set(of.local, list);
  else if (of.kind === 'field') assignField(s, of, list);
  else s.cannot('IOV2034', 'an assignment to an element of this value', at);
}
