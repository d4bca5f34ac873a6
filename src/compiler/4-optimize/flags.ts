// A flag that only says how a branch went is asked by asking the branch's question again: `const known = x === 3` needs no
// register, and the verifier follows the compare better than a flag that was set by one.

import { incoming } from './parameters.ts';
import { constOf, endOf, isBlock, targets, type Block, type Condition, type Func, type Target, type Terminator, type Value } from '../ir/ir.ts';

type Branch = Terminator & { op: 'branch' };

const INVERSE: Readonly<Partial<Record<Condition, Condition>>> = {
  eq: 'ne', ne: 'eq', ult: 'uge', uge: 'ult', ule: 'ugt', ugt: 'ule', slt: 'sge', sge: 'slt', sle: 'sgt', sgt: 'sle',
};

export function flags(fn: Func): boolean {
  let edges: ReturnType<typeof incoming> | undefined;
  let changed = false;
  for (const block of fn.blocks) {
    const end = endOf(block);
    if (end.op !== 'branch' || (end.condition !== 'eq' && end.condition !== 'ne') || !isBlock(end.a.def) || end.a.type === 'value') continue;
    const asked = constOf(end.b);
    if (asked !== 0n && asked !== 1n) continue;
    edges ??= incoming(fn);
    const from = setBy(end.a, end.a.def, edges);
    if (from === undefined) continue;
    // The flag is 1 where `from` went to `then`, or where it did not.
    const wanted = (end.condition === 'eq') === (asked === 1n) ? from.one : !from.one;
    const inverse = INVERSE[from.branch.condition];
    const at = end.at;
    const { a, b, condition } = from.branch;
    block.end = wanted ? { op: 'branch', condition, a, b, then: end.then, else: end.else, at }
      : inverse !== undefined ? { op: 'branch', condition: inverse, a, b, then: end.then, else: end.else, at }
        : { op: 'branch', condition, a, b, then: end.else, else: end.then, at };
    changed = true;
  }
  return changed;
}

/** The branch that decides a parameter which is 0 on one of its ways and 1 on the other; `one`: it is 1 where the branch holds. */
function setBy(flag: Value, block: Block, edges: ReturnType<typeof incoming>): { branch: Branch; one: boolean } | undefined {
  const into = edges.get(block) ?? [];
  if (into.length !== 2) return undefined;
  const i = block.params.indexOf(flag);
  const ways = into.map(({ from, target }) => ({ ...sideOf(from, target, edges), value: constOf(target.args[i] as Value) }));
  const [first, second] = ways as [typeof ways[0], typeof ways[0]];
  if (first.branch === undefined || first.branch !== second.branch || first.then === second.then) return undefined;
  const [yes, no] = first.then === true ? [first, second] : [second, first];
  if (yes.value === 1n && no.value === 0n) return { branch: first.branch, one: true };
  return yes.value === 0n && no.value === 1n ? { branch: first.branch, one: false } : undefined;
}

/** The branch at the top of a way, and which of its sides the way is. */
function sideOf(from: Block, target: Target, edges: ReturnType<typeof incoming>): { branch: Branch | undefined; then: boolean | undefined } {
  const end = endOf(from);
  if (end.op === 'branch') return { branch: end, then: end.then === target };
  const [above, ...more] = edges.get(from) ?? [];
  const branch = above && endOf(above.from);
  if (above === undefined || more.length > 0 || targets(end).length !== 1 || branch?.op !== 'branch') return { branch: undefined, then: undefined };
  return { branch, then: branch.then === above.target };
}
