// Branches decided by branches above them: the same question asked again, or one whose answer follows for constants.

import { evaluateCondition } from '../ir/arithmetic.ts';
import type { Dominators } from '../ir/dominators.ts';
import { constOf, endOf, type Block, type Condition, type Inst, type Terminator, type Value } from '../ir/ir.ts';

const INVERSE: Readonly<Partial<Record<Condition, Condition>>> = {
  eq: 'ne', ne: 'eq', ult: 'uge', uge: 'ult', ule: 'ugt', ugt: 'ule', slt: 'sge', sge: 'slt', sle: 'sgt', sgt: 'sle',
};

/** How the branch goes, if the way to it says so. */
export function implied(block: Block, end: Terminator & { op: 'branch' }, dom: Dominators): boolean | undefined {
  for (let below = block; ; ) {
    const preds = dom.preds.get(below) ?? [];
    const [above] = preds;
    if (preds.length === 1 && above !== undefined) {
      const decided = endOf(above);
      if (decided.op === 'branch' && decided.then.block !== decided.else.block) {
        const known = follows(decided, decided.then.block === below, end);
        if (known !== undefined) return known;
      }
    }
    const next = dom.idom.get(below);
    if (next === undefined || next === below) return undefined;
    below = next;
  }
}

function follows(from: Terminator & { op: 'branch' }, held: boolean, asked: Terminator & { op: 'branch' }): boolean | undefined {
  if (from.a !== asked.a) return undefined;
  const condition = held ? from.condition : INVERSE[from.condition];
  if (sameValue(from.b, asked.b)) {
    if (from.condition === asked.condition) return held;
    if (condition !== undefined && condition === asked.condition) return true;
    if (condition !== undefined && INVERSE[condition] === asked.condition) return false;
  }
  const [c, d] = [constOf(from.b), constOf(asked.b)];
  // x is known.
  if (condition === 'eq' && c !== undefined && d !== undefined) return evaluateCondition(asked.condition, asked.a.type, c, d);
  return undefined;
}

function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  const c = constOf(a);
  return c !== undefined && a.type === b.type && c === constOf(b);
}

const COMMUTES: ReadonlySet<string> = new Set(['add', 'mul', 'and', 'or', 'xor']);

/** Operands of an operation in an order of their own where order does not matter. */
export function bitsKey(inst: Inst & { op: 'alu' }): string {
  const ids = inst.args.map(a => a.id);
  if (COMMUTES.has(inst.alu)) ids.sort((a, b) => a - b);
  return ids.join();
}
