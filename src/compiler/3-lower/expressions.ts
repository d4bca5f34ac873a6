// Expressions, by kind. `outcomes` keeps the ways apart on which a value is there or not, true or false; `evaluate` joins them.

import type { Expr, ExprOf, Place, Type } from '../2-check/tree.ts';
import { lowerCall } from './calls.ts';
import { lowerChecksum } from './checksums.ts';
import { condition, ordered } from './conditions.ts';
import { lowerFresh } from './fresh.ts';
import { loadMember } from './header-members.ts';
import { complemented, converted, lowerArith, negated } from './integers.ts';
import { joinOutcomes } from './join.ts';
import { lowerLog } from './log.ts';
import { lowerMapDelete, lowerMapGet, lowerMapKeep, lowerMapSet, lowerRingSend } from './map-access.ts';
import { lowerMirror } from './mirror.ts';
import { counterAdd, lowerCompareSwap, lowerFetchAdd } from './shared.ts';
import { lowerAt, lowerPayload, viewEnd } from './packet-views.ts';
import { loadMeta, loadPacketField } from './packet-record.ts';
import { each } from './paths.ts';
import type { Outcome, Path } from './path.ts';
import { lowerInsert, lowerRemove, lowerTrim } from './resize.ts';
import { lowerRewrite } from './rewrite.ts';
import type { State } from './state.ts';
import { lowerJump } from './stages.ts';
import { lowerElement, lowerField, lowerStruct } from './structs.ts';
import { scalar, UNDEFINED, VOID, type Lowered } from './value.ts';
import { lowerTlvField, lowerTlvRead } from './tlvs.ts';
import { lowerVerdict } from './verdicts.ts';
import { viewStart } from './views.ts';
import { lowerHash, lowerNow, lowerRandom, lowerSeconds } from './world.ts';

/** The value on the one path that lowering goes on with. */
export function evaluate(s: State, e: Expr): Lowered {
  if (!s.live) return dead(s, e);
  const all = outcomes(s, e).filter(({ path }) => path.live);
  const [only] = all;
  if (all.length === 1 && only !== undefined) { s.resume(only.path); return only.value; }
  if (all.length === 0) { s.die(); return dead(s, e); }
  return s.settle(all, e.at);
}

/** An integer or boolean as its SSA value. */
export function evaluateScalar(s: State, e: Expr): import('../ir/ir.ts').Value {
  const value = evaluate(s, e);
  const inner = value.kind === 'optional' ? value.value : value;
  if (inner.kind !== 'scalar') return s.notYet(`${e.kind} as an integer`, e.at);
  return inner.value;
}

/** A value of the right form behind an exit, where nothing is kept. */
function dead(s: State, e: Expr): Lowered {
  const type = e.type.kind === 'optional' ? e.type.of : e.type;
  switch (type.kind) {
    case 'int': return type.bits === 128 ? { kind: 'wide', high: s.b.i64(0), low: s.b.i64(0) } : scalar(type.bits === 64 ? s.b.i64(0) : s.b.i32(0));
    case 'bool': return scalar(s.b.i32(0));
    case 'mac': return { kind: 'mac', first: s.b.i32(0), last: s.b.i32(0) };
    default: return VOID;
  }
}

/** Every way that the expression may go, each with its value. The current path is used up. */
export function outcomes(s: State, e: Expr): Outcome[] {
  if (!s.live) return [];
  s.at(e);
  const one = (value: Lowered): Outcome[] => [{ path: s.take(), value }];
  switch (e.kind) {
    case 'const': return one(constant(s, e.type, e.value, e.at));
    case 'bytes': return one({ kind: 'list', values: Array.from({ length: e.type.kind === 'bytes' ? e.type.length : 0 }, () => scalar(s.b.i32(0))) });
    case 'undefined': return one(UNDEFINED);
    case 'local': return one(s.values.get(e.local) ?? s.notYet(`'${e.local.name}' here`, e.at));
    case 'settings': return one({ kind: 'ref', pointer: s.b.mapValue(s.maps.settings(e.symbol)), offset: 0, map: undefined });
    case 'map': return one({ kind: 'map', symbol: e.symbol });
    case 'struct': return one(lowerStruct(s, e));
    case 'array': return one({ kind: 'list', values: e.elements.map(element => evaluate(s, element)) });
    case 'field': return one(lowerField(s, e));
    case 'element': return lowerElement(s, e);

    case 'convert': return one(converted(s, evaluate(s, e.value), e.value.type, e.type, e.at));
    case 'wrap': case 'refine': return outcomes(s, e.value);
    case 'unwrap': return outcomes(s, e.value).map(({ path, value }) => ({ path, value: value.kind === 'optional' ? value.value : value }));

    case 'arith': return one(lowerArith(s, e));
    case 'negate': return one(negated(s, evaluate(s, e.value), e.type, e.at));
    case 'complement': return one(complemented(s, evaluate(s, e.value), e.type, e.at));
    case 'compare': case 'compare-optional': case 'not': case 'and': case 'or': case 'present': case 'truthy': case 'instanceof': case 'mac-test':
      return truth(s, e);
    case 'select': return lowerSelect(s, e);
    case 'coalesce': return lowerCoalesce(s, e);
    case 'chain': return lowerChain(s, e);
    case 'bind': {
      const all: Outcome[] = [];
      const paths = outcomes(s, e.value).map(({ path, value }) => bound(path, e.local, value));
      each(s, paths, e.then, () => all.push(...outcomes(s, e.then)));
      return joinOutcomes(s, all, e.at);
    }
    case 'call': return lowerCall(s, e);

    case 'packet-field': return loadPacketField(s, e);
    case 'meta-field': return one(loadMeta(s, e.name));
    case 'at': return lowerAt(s, e);
    case 'payload': return joinOutcomes(s, lowerPayload(s, e), e.at);
    case 'view-offset': return one(scalar(viewStart(s, evaluate(s, e.view), e.at)));
    case 'view-end': return one(scalar(viewEnd(s, evaluate(s, e.view), e.at)));
    case 'member': return loadMember(s, e);
    case 'rewrite': lowerRewrite(s, e); return one(VOID);

    case 'map-get': return lowerMapGet(s, e);
    case 'map-set': return lowerMapSet(s, e);
    case 'map-delete': return lowerMapDelete(s, e);
    case 'map-keep': return lowerMapKeep(s, e);
    case 'map-length': {
      const map = evaluate(s, e.map);
      return one(scalar(s.b.i32(map.kind === 'map' ? map.symbol.capacity : 0)));
    }
    case 'counter-add': counterAdd(s, e); return one(VOID);
    case 'fetch-add': return one(lowerFetchAdd(s, e));
    case 'compare-swap': return lowerCompareSwap(s, e);

    case 'now': return one(lowerNow(s));
    case 'seconds': return one(lowerSeconds(s));
    case 'random': return one(lowerRandom(s));
    case 'hash': return one(lowerHash(s, e));
    case 'min': case 'max': return lowerExtreme(s, e);
    case 'mapped': {
      const low = s.alu('or', s.b.zext(evaluateScalar(s, e.value)), s.b.i64(0xffff_0000_0000n));
      return one({ kind: 'wide', high: s.b.i64(0), low });
    }
    case 'unmapped': {
      const value = evaluate(s, e.value);
      return one(scalar(value.kind === 'wide' ? s.b.trunc(value.low) : s.notYet('unmapped of this value', e.at)));
    }
    case 'log': lowerLog(s, e); return one(VOID);

    case 'to': case 'flood': case 'reply': case 'next': case 'drop': case 'punt': lowerVerdict(s, e); return [];
    case 'jump': lowerJump(s, e); return [];

    case 'mirror': lowerMirror(s, e); return one(VOID);
    case 'fresh': return one(lowerFresh(s, e));
    case 'insert': lowerInsert(s, e); return one(VOID);
    case 'remove': lowerRemove(s, e); return one(VOID);
    case 'trim': lowerTrim(s, e); return one(VOID);
    case 'checksum': return one(lowerChecksum(s, e));
    case 'tlvs': return s.notYet('a run of TLVs that no loop goes over', e.at);
    case 'tlv-field': return one(lowerTlvField(s, e));
    case 'tlv-read': return one(lowerTlvRead(s, e));
    case 'ring-send': return lowerRingSend(s, e);
  }
}

export function constant(s: State, of: Type, value: bigint | boolean, at: Place): Lowered {
  const type = of.kind === 'optional' ? of.of : of;
  if (typeof value === 'boolean') return scalar(s.b.i32(value ? 1 : 0));
  if (type.kind === 'bool') return scalar(s.b.i32(value));
  if (type.kind === 'mac') {
    const byte = (i: number): bigint => value >> BigInt(8 * (5 - i)) & 0xffn;
    const little = (from: number, count: number): bigint => Array.from({ length: count }, (_, i) => byte(from + i) << BigInt(8 * i)).reduce((a, b) => a | b, 0n);
    return { kind: 'mac', first: s.b.i32(little(0, 4)), last: s.b.i32(little(4, 2)) };
  }
  if (type.kind !== 'int') return s.bug(`a constant of type ${type.kind}`, at);
  if (type.bits === 128) return { kind: 'wide', high: s.b.i64(value >> 64n), low: s.b.i64(value) };
  return scalar(type.bits === 64 ? s.b.i64(value) : s.b.i32(value));
}

/** A condition as a value: 1 on the paths where it holds. */
function truth(s: State, e: Expr): Outcome[] {
  const fork = condition(s, e);
  return joinOutcomes(s, truths(s, fork), e.at);
}

export function truths(s: State, fork: { readonly yes: readonly Path[]; readonly no: readonly Path[] }): Outcome[] {
  const of = (value: number) => (path: Path): Outcome => {
    s.b.enter(path.block);
    return { path, value: scalar(s.b.i32(value)) };
  };
  return [...fork.yes.map(of(1)), ...fork.no.map(of(0))];
}

export function bound(path: Path, local: import('../2-check/tree.ts').Local, value: Lowered): Path {
  return { ...path, values: new Map(path.values).set(local, value.kind === 'optional' && local.type.kind !== 'optional' ? value.value : value) };
}

function lowerSelect(s: State, e: ExprOf<'select'>): Outcome[] {
  const fork = condition(s, e.condition);
  const all: Outcome[] = [];
  each(s, fork.yes, e.then, () => all.push(...outcomes(s, e.then)));
  each(s, fork.no, e.else, () => all.push(...outcomes(s, e.else)));
  return joinOutcomes(s, all, e.at);
}

/** The outcomes of an optional expression, divided by whether it is there. */
function divide(s: State, e: Expr): { there: Outcome[]; missing: Path[] } {
  const there: Outcome[] = [];
  const missing: Path[] = [];
  for (const { path, value } of outcomes(s, e)) {
    if (!path.live) continue;
    if (value.kind === 'undefined') missing.push(path);
    else if (value.kind !== 'optional') there.push({ path, value });
    else {
      s.resume(path);
      const flag = s.branch('ne', value.present, s.b.i32(0));
      const inner = value.value;
      for (const yes of flag.yes) {
        if (inner.kind !== 'ref' || inner.pointer.type !== 'value') { there.push({ path: yes, value: inner }); continue; }
        s.resume(yes);
        const pointer = s.branch('ne', inner.pointer, s.b.i64(0));
        there.push(...pointer.yes.map(p => ({ path: p, value: inner })));
        missing.push(...pointer.no);
      }
      missing.push(...flag.no);
    }
  }
  return { there, missing };
}

function lowerCoalesce(s: State, e: ExprOf<'coalesce'>): Outcome[] {
  const { there, missing } = divide(s, e.left);
  const all = there;
  each(s, missing, e.right, () => all.push(...outcomes(s, e.right)));
  return joinOutcomes(s, all, e.at);
}

function lowerChain(s: State, e: ExprOf<'chain'>): Outcome[] {
  const { there, missing } = divide(s, e.base);
  const all: Outcome[] = missing.map(path => ({ path, value: e.type.kind === 'void' ? VOID : UNDEFINED }));
  each(s, there.map(({ path, value }) => bound(path, e.local, value)), e.then, () => all.push(...outcomes(s, e.then)));
  for (const { path } of all) path.values.delete(e.local);
  return joinOutcomes(s, all, e.at);
}

function lowerExtreme(s: State, e: ExprOf<'min' | 'max'>): Outcome[] {
  const left = evaluate(s, e.left);
  const right = evaluate(s, e.right);
  const less = ordered(s, '<', left, right, e.type, e.at);
  const [ifLess, ifNot] = e.kind === 'min' ? [left, right] : [right, left];
  const value = s.settle([...less.yes.map(path => ({ path, value: ifLess })), ...less.no.map(path => ({ path, value: ifNot }))], e.at);
  return [{ path: s.take(), value }];
}
