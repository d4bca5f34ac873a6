// Conditions become branches: each gives the paths on which it holds and those on which it does not. No boolean is made of what
// is only branched on.

import type { CompareOp, Expr, ExprOf, Place, Type } from '../2-check/tree.ts';
import { constOf, type Condition, type Value } from '../ir/ir.ts';
import { evaluate, outcomes } from './expressions.ts';
import { computedCondition } from './header-members.ts';
import { each } from './paths.ts';
import type { Fork, Path } from './path.ts';
import type { State } from './state.ts';
import type { Lowered } from './value.ts';

export function condition(s: State, e: Expr): Fork {
  switch (e.kind) {
    case 'const': return e.value === true || e.value === 1n ? { yes: [s.take()], no: [] } : { yes: [], no: [s.take()] };
    case 'not': return turned(condition(s, e.value));
    case 'and': return both(s, condition(s, e.left), e.right);
    case 'or': return turned(both(s, turned(condition(s, e.left)), e.right, 'turned'));
    case 'compare': return compared(s, e);
    case 'compare-optional': return comparedOptional(s, e);
    case 'present': return over(s, e.value, value => presence(s, value).fork);
    case 'truthy': return over(s, e.value, value => {
      const { fork, inner } = presence(s, value);
      return chain(s, fork, () => nonZero(s, inner));
    });
    case 'instanceof': return over(s, e.value, value => {
      if (value.kind !== 'view' || (value.header !== e.header && value.header.kinds.includes(e.header.name))) s.notYet('instanceof of this view', e.at);
      const is = value.header.name === e.header.name || value.header.parents.includes(e.header.name);
      return is ? { yes: [s.take()], no: [] } : { yes: [], no: [s.take()] };
    });
    case 'mac-test': {
      const mac = evaluate(s, e.mac);
      if (mac.kind !== 'mac') return s.bug('a test of no hardware address', e.at);
      s.at(e);
      if (e.test === 'multicast') return s.branch('test', mac.first, s.b.i32(1));
      return chain(s, s.branch('eq', mac.first, s.b.i32(0xffff_ffff)), () => s.branch('eq', mac.last, s.b.i32(0xffff)));
    }
    case 'member': {
      const fork = computedCondition(s, e);
      if (fork !== undefined) return fork;
      break;
    }
    default:
  }
  return over(s, e, value => { s.at(e); return nonZero(s, value); });
}

/** Goes on with `then` where `first` holds. */
export function chain(s: State, first: Fork, then: () => Fork): Fork {
  const yes: Path[] = [];
  const no: Path[] = [...first.no];
  for (const path of first.yes) {
    s.resume(path);
    const fork = then();
    yes.push(...fork.yes);
    no.push(...fork.no);
  }
  return { yes, no };
}

const turned = (fork: Fork): Fork => ({ yes: fork.no, no: fork.yes });

function both(s: State, left: Fork, right: Expr, sense?: 'turned'): Fork {
  const yes: Path[] = [];
  const no: Path[] = [...left.no];
  each(s, left.yes, right, () => {
    const fork = sense === 'turned' ? turned(condition(s, right)) : condition(s, right);
    yes.push(...fork.yes);
    no.push(...fork.no);
  });
  return { yes, no };
}

/** A condition on each outcome of an expression. */
function over(s: State, e: Expr, test: (value: Lowered) => Fork): Fork {
  const yes: Path[] = [];
  const no: Path[] = [];
  for (const { path, value } of outcomes(s, e)) {
    if (!path.live) continue;
    s.resume(path);
    s.at(e);
    const fork = test(value);
    yes.push(...fork.yes);
    no.push(...fork.no);
  }
  return { yes, no };
}

function presence(s: State, value: Lowered): { fork: Fork; inner: Lowered } {
  if (value.kind === 'undefined') return { fork: { yes: [], no: [s.take()] }, inner: value };
  if (value.kind !== 'optional') return { fork: { yes: [s.take()], no: [] }, inner: value };
  const fork = s.branch('ne', value.present, s.b.i32(0));
  const pointer = value.value.kind === 'ref' || value.value.kind === 'map' ? value.value.pointer : undefined;
  return { fork: pointer === undefined ? fork : notNull(s, fork, pointer), inner: value.value };
}

/** A reference that ways have met over: the kernel wants the pointer itself compared, not only our flag. */
function notNull(s: State, fork: Fork, pointer: Value): Fork {
  return chain(s, fork, () => s.branch('ne', pointer, s.b.i64(0)));
}

function nonZero(s: State, value: Lowered): Fork {
  switch (value.kind) {
    case 'scalar': {
      const known = constOf(value.value);
      if (known !== undefined) return known !== 0n ? { yes: [s.take()], no: [] } : { yes: [], no: [s.take()] };
      return s.branch('ne', value.value, value.value.type === 'i32' ? s.b.i32(0) : s.b.i64(0));
    }
    case 'wide': return s.branch('ne', s.alu('or', value.high, value.low), s.b.i64(0));
    case 'optional': case 'undefined': { const { fork, inner } = presence(s, value); return chain(s, fork, () => nonZero(s, inner)); }
    default: return { yes: [s.take()], no: [] };
  }
}

const UNSIGNED: Readonly<Record<CompareOp, Condition>> = { '==': 'eq', '!=': 'ne', '<': 'ult', '<=': 'ule', '>': 'ugt', '>=': 'uge' };
const SIGNED: Readonly<Record<CompareOp, Condition>> = { '==': 'eq', '!=': 'ne', '<': 'slt', '<=': 'sle', '>': 'sgt', '>=': 'sge' };

function compared(s: State, e: ExprOf<'compare'>): Fork {
  const left = evaluate(s, e.left);
  const right = evaluate(s, e.right);
  s.at(e);
  if (left.kind === 'scalar' || (e.op !== '==' && e.op !== '!=')) return ordered(s, e.op, left, right, e.left.type, e.at);
  const fork = equal(s, left, right, e.at);
  return e.op === '!=' ? turned(fork) : fork;
}

/** A comparison of integers of one type. */
export function ordered(s: State, op: CompareOp, left: Lowered, right: Lowered, type: Type, at: Place): Fork {
  if (left.kind === 'wide' && right.kind === 'wide') return wideOrder(s, op, left, right);
  if (left.kind !== 'scalar' || right.kind !== 'scalar') return s.bug(`'${op}' of these values (${left.kind}, ${right.kind})`, at);
  return s.branch((type.kind === 'int' && type.signed ? SIGNED : UNSIGNED)[op], left.value, right.value);
}

/** `<` of 128 bits: by the high halves, and where they are equal by the low ones. */
function wideOrder(s: State, op: CompareOp, left: Lowered & { kind: 'wide' }, right: Lowered & { kind: 'wide' }): Fork {
  const same = s.branch('eq', left.high, right.high);
  const low = chain(s, same, () => s.branch(UNSIGNED[op], left.low, right.low));
  const differ = chain(s, { yes: same.no, no: [] }, () => s.branch(UNSIGNED[op], left.high, right.high));
  const lowNo = low.no.filter(path => !same.no.includes(path));
  return { yes: [...low.yes, ...differ.yes], no: [...lowNo, ...differ.no] };
}

export function equal(s: State, left: Lowered, right: Lowered, at: Place): Fork {
  if (left.kind === 'scalar' && right.kind === 'scalar') return s.branch('eq', left.value, right.value);
  if (left.kind === 'mac' && right.kind === 'mac') {
    return chain(s, s.branch('eq', left.first, right.first), () => s.branch('eq', left.last, right.last));
  }
  if (left.kind === 'wide' && right.kind === 'wide') {
    return chain(s, s.branch('eq', left.high, right.high), () => s.branch('eq', left.low, right.low));
  }
  return s.bug(`=== of these values (${left.kind}, ${right.kind})`, at);
}

function comparedOptional(s: State, e: ExprOf<'compare-optional'>): Fork {
  const fork = over(s, e.left, left => {
    const l = presence(s, left);
    const yes: Path[] = [];
    const no: Path[] = [];
    const add = (f: Fork): void => { yes.push(...f.yes); no.push(...f.no); };
    for (const path of l.fork.yes) {
      s.resume(path);
      add(over(s, e.right, right => {
        const r = presence(s, right);
        return chain(s, r.fork, () => equal(s, l.inner, r.inner, e.at));
      }));
    }
    for (const path of l.fork.no) {
      s.resume(path);
      add(over(s, e.right, right => turned(presence(s, right).fork)));
    }
    return { yes, no };
  });
  return e.op === '!=' ? turned(fork) : fork;
}
