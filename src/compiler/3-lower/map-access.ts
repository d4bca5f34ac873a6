// get, set, delete and keep. `get` has two ways out: the entry, or undefined; the null check is the branch between them.

import { sizeOf } from '../../image/layout.ts';
import type { ExprOf, MapSymbol, Place } from '../2-check/tree.ts';
import { constOf, type Value } from '../ir/ir.ts';
import { chain } from './conditions.ts';
import { evaluate, evaluateScalar, truths } from './expressions.ts';
import { HELPER, UPDATE } from './kernel-functions.ts';
import { joinOutcomes } from './join.ts';
import { buildKey, buildValue } from './keys.ts';
import { EXPIRES_BYTES } from './map-table.ts';
import { layoutFor, loadValue, storeValue } from './memory.ts';
import type { Fork, Outcome } from './path.ts';
import type { State } from './state.ts';
import { UNDEFINED, type Lowered } from './value.ts';
import { jiffies, jiffiesOf } from './world.ts';

/** `expires` of entries that stay. */
const STAYS = 0xffff_ffff_ffff_ffffn;

/** A map, and what helpers call it. */
interface Found { readonly symbol: MapSymbol; readonly handle: () => Value }

function mapOf(s: State, e: ExprOf<'map-get' | 'map-set' | 'map-delete' | 'map-keep'>): Found {
  const value = evaluate(s, e.map);
  const map = value.kind === 'optional' ? value.value : value;
  if (map.kind !== 'map') return s.notYet('this map', e.at);
  const { symbol, pointer } = map;
  return { symbol, handle: () => pointer ?? s.b.map(s.maps.index(symbol)) };
}

export function lowerMapGet(s: State, e: ExprOf<'map-get'>): Outcome[] {
  const found = mapOf(s, e);
  const map = found.symbol;
  const key = evaluate(s, e.key);
  s.at(e);
  if (map.type.map === 'array' && map.capacity === 1 && s.maps.index(map) >= 0 && map.inner === undefined && key.kind === 'scalar' && constOf(key.value) === 0n) {
    return [{ path: s.take(), value: loadValue(s, s.b.mapValue(s.maps.index(map)), 0, map.type.value, map, e.at) }];
  }
  const { entry, there } = lookup(s, found, buildKey(s, map, key, e.at));
  const all: Outcome[] = [];
  for (const path of there.yes) {
    s.resume(path);
    const value: Lowered = map.inner ? { kind: 'map', symbol: map.inner, pointer: entry } : loadValue(s, entry, map.type.map === 'expiring' ? EXPIRES_BYTES : 0, map.type.value, map, e.at);
    all.push({ path: s.take(), value });
  }
  for (const path of there.no) {
    if (e.type.kind === 'optional') { all.push({ path, value: UNDEFINED }); continue; }
    s.resume(path);
    s.drop('no-entry', e.at);           // the checker knows better, but the kernel's verifier wants to see it
  }
  return joinOutcomes(s, all, e.at);
}

/** A look-up, and whether a live entry was found. */
function lookup(s: State, { symbol, handle }: Found, key: Value): { entry: Value; there: Fork } {
  const entry = s.b.lookup(HELPER.map_lookup_elem, [handle(), key]);
  const there = s.branch('ne', entry, s.b.i64(0));
  return { entry, there: symbol.type.map === 'expiring' ? chain(s, there, () => live(s, entry)) : there };
}

function live(s: State, entry: Value): Fork {
  return s.branch('ugt', s.b.load(entry, 0, 8), jiffies(s));
}

export function lowerMapSet(s: State, e: ExprOf<'map-set'>): Outcome[] {
  const map = mapOf(s, e);
  const key = evaluate(s, e.key);
  const value = evaluate(s, e.value);
  const seconds = e.seconds && evaluateScalar(s, e.seconds);
  s.at(e);
  // Before the clock is asked: what the key is made of need not live across that.
  const keyAt = buildKey(s, map.symbol, key, e.at);
  if (seconds === undefined) return updated(s, map, keyAt, value, undefined, e.mode, e.at);
  const expires = s.alu('add', jiffies(s), jiffiesOf(s, seconds));
  switch (e.mode) {
    case 'any': return updated(s, map, keyAt, value, expires, 'any', e.at);
    case 'exists': {
      const { there } = lookup(s, map, keyAt);
      const all: Outcome[] = truths(s, { yes: [], no: there.no });
      for (const path of there.yes) { s.resume(path); all.push(...updated(s, map, keyAt, value, expires, 'exists', e.at)); }
      return joinOutcomes(s, all, e.at);
    }
    case 'new': return claimed(s, map, keyAt, value, expires, e.at);
  }
}

/** Of two that claim a key at once, one gets it: a dead entry goes to whoever swaps its `expires`. */
function claimed(s: State, map: Found, keyAt: Value, value: Lowered, expires: Value, at: Place): Outcome[] {
  const entry = s.b.lookup(HELPER.map_lookup_elem, [map.handle(), keyAt]);
  const there = s.branch('ne', entry, s.b.i64(0));
  const all: Outcome[] = [];
  for (const path of there.no) { s.resume(path); all.push(...updated(s, map, keyAt, value, expires, 'new', at)); }
  for (const path of there.yes) {
    s.resume(path);
    const old = s.b.load(entry, 0, 8);
    const alive = s.branch('ugt', old, jiffies(s));
    all.push(...truths(s, { yes: [], no: alive.yes }));
    for (const dead of alive.no) {
      s.resume(dead);
      const swapped = s.branch('eq', s.b.cmpxchg(entry, 0, 8, old, expires), old);
      all.push(...truths(s, { yes: [], no: swapped.no }));
      for (const ours of swapped.yes) {
        s.resume(ours);
        storeValue(s, entry, EXPIRES_BYTES, map.symbol.type.value, value, at);
        all.push(...truths(s, { yes: [s.take()], no: [] }));
      }
    }
  }
  return joinOutcomes(s, all, at);
}

function updated(s: State, map: Found, keyAt: Value, value: Lowered, expires: Value | undefined, mode: keyof typeof UPDATE, at: Place): Outcome[] {
  const handle = map.handle();
  const valueAt = buildValue(s, map.symbol, value, expires, at);
  return answered(s, s.b.call(HELPER.map_update_elem, [handle, keyAt, valueAt, s.b.i64(UPDATE[mode])]), at);
}

export function lowerMapDelete(s: State, e: ExprOf<'map-delete'>): Outcome[] {
  const map = mapOf(s, e);
  const key = evaluate(s, e.key);
  s.at(e);
  return answered(s, s.b.call(HELPER.map_delete_elem, [map.handle(), buildKey(s, map.symbol, key, e.at)]), e.at);
}

/** A helper's 0 is success. */
function answered(s: State, result: Value, at: Place): Outcome[] {
  return joinOutcomes(s, truths(s, s.branch('eq', result, s.b.i64(0))), at);
}

/** Writes, and is true, only where that moves the end by a second or more: a busy flow dirties its line once a second. */
export function lowerMapKeep(s: State, e: ExprOf<'map-keep'>): Outcome[] {
  mapOf(s, e);
  const value = evaluate(s, e.entry);
  const entry = value.kind === 'optional' ? value.value : value;
  const seconds = evaluateScalar(s, e.seconds);
  s.at(e);
  if (entry.kind !== 'ref') return s.notYet('keep of this entry', e.at);
  const at = entry.offset - EXPIRES_BYTES;
  const old = s.b.load(entry.pointer, at, 8);
  const expires = s.alu('add', jiffies(s), jiffiesOf(s, seconds));
  const hz = jiffiesOf(s, s.b.i32(1));
  const nearby = s.alu('sub', s.alu('add', hz, hz), s.b.i64(2));
  const moves = chain(s, s.branch('ne', old, s.b.i64(STAYS)), () =>
    s.branch('ugt', s.alu('add', s.alu('sub', expires, old), s.alu('sub', hz, s.b.i64(1))), nearby));
  const all: Outcome[] = truths(s, { yes: [], no: moves.no });
  for (const path of moves.yes) {
    s.resume(path);
    s.b.store(entry.pointer, at, 8, expires);
    all.push(...truths(s, { yes: [s.take()], no: [] }));
  }
  return joinOutcomes(s, all, e.at);
}


/** A record for user space; false where the ring is full. */
export function lowerRingSend(s: State, e: ExprOf<'ring-send'>): Outcome[] {
  const map = evaluate(s, e.map);
  const value = evaluate(s, e.value);
  s.at(e);
  if (map.kind !== 'map') return s.notYet('this ring', e.at);
  const record = buildValue(s, map.symbol, value, undefined, e.at);
  const bytes = sizeOf(layoutFor(s, map.symbol.type.value, e.at));
  return answered(s, s.b.call(HELPER.ringbuf_output, [s.b.map(s.maps.index(map.symbol)), record, s.b.i64(bytes), s.b.i64(0)]), e.at);
}
