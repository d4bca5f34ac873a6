// Updates of values that other CPUs see: atomic where the language says so, plain in values of one CPU's own.

import type { ExprOf, StatementOf, StructField, UpdateOp } from '../2-check/tree.ts';
import type { Value } from '../ir/ir.ts';
import { sizeOf } from '../../image/layout.ts';
import { constOf } from '../ir/ir.ts';
import { evaluate, evaluateScalar, truths } from './expressions.ts';
import { HELPER } from './kernel-functions.ts';
import { layoutFor } from './memory.ts';
import type { Outcome } from './path.ts';
import type { State } from './state.ts';
import { assignField, fieldOf } from './structs.ts';
import { arith } from './integers.ts';
import { scalar, type Lowered } from './value.ts';

const ATOMIC: Readonly<Record<UpdateOp, 'add' | 'and' | 'or' | 'xor'>> = { '+': 'add', '-': 'add', '&': 'and', '|': 'or', '^': 'xor' };

export function lowerUpdate(s: State, { target, op, value, at }: StatementOf<'update'>): void {
  const operand = evaluate(s, value);
  const object = evaluate(s, target.object);
  s.at({ at });
  const inner = object.kind === 'optional' ? object.value : object;
  const ownCpu = inner.kind === 'ref' && inner.map?.type.map.startsWith('percpu');
  if (inner.kind !== 'ref' || ownCpu || operand.kind !== 'scalar') {
    if (target.kind !== 'field') s.notYet('this update', at);
    assignField(s, target, arith(s, op, fieldOf(s, object, target.field, target.object.type, at), operand, target.type, at));
    return;
  }
  let offset = inner.offset;
  if (target.kind === 'field') offset += target.field.offset;
  else {
    const index = constOf(evaluateScalar(s, target.index));
    if (index === undefined) s.cannot('IOV2034', 'an update of an element by a variable', at);
    offset += Number(index) * sizeOf(layoutFor(s, target.type, at));
  }
  const by = op === '-' ? s.alu('sub', operand.value.type === 'i64' ? s.b.i64(0) : s.b.i32(0), operand.value) : operand.value;
  s.b.atomic(ATOMIC[op], inner.pointer, offset, operand.value.type === 'i64' ? 8 : 4, by);
}

/** Where a shared word is. */
function wordOf(s: State, e: ExprOf<'fetch-add' | 'compare-swap'>): { pointer: Value; offset: number; field: StructField } {
  const object = evaluate(s, e.object);
  const inner = object.kind === 'optional' ? object.value : object;
  return inner.kind === 'ref' ? { pointer: inner.pointer, offset: inner.offset + e.field.offset, field: e.field } : s.notYet(`${e.kind} of a value that is not in a map`, e.at);
}

export function lowerFetchAdd(s: State, e: ExprOf<'fetch-add'>): Lowered {
  const by = evaluateScalar(s, e.by);
  const { pointer, offset } = wordOf(s, e);
  s.at(e);
  return scalar(s.b.atomicFetch('add', pointer, offset, by.type === 'i64' ? 8 : 4, by));
}

export function lowerCompareSwap(s: State, e: ExprOf<'compare-swap'>): Outcome[] {
  const expected = evaluateScalar(s, e.expected);
  const value = evaluateScalar(s, e.value);
  const { pointer, offset } = wordOf(s, e);
  s.at(e);
  return truths(s, s.branch('eq', s.b.cmpxchg(pointer, offset, expected.type === 'i64' ? 8 : 4, expected, value), expected));
}

export function counterAdd(s: State, e: ExprOf<'counter-add'>): void {
  const map = evaluate(s, e.map);
  const by = evaluateScalar(s, e.by);
  s.at(e);
  if (map.kind !== 'map') s.notYet('this counter', e.at);
  const slot = s.b.slot(4, 4);
  s.b.store(slot, 0, 4, s.b.i32(0));
  const entry = s.b.lookup(HELPER.map_lookup_elem, [s.b.map(s.maps.index(map.symbol)), slot]);
  const there = s.branch('ne', entry, s.b.i64(0));
  const ends = [...there.no];
  for (const path of there.yes) {
    s.resume(path);
    s.b.store(entry, 0, 8, s.alu('add', s.b.load(entry, 0, 8), s.b.zext(by)));
    ends.push(s.take());
  }
  s.join(ends, e.at);
}
