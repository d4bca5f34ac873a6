// Single assignment again after a block was copied: a value has two definitions, and uses behind both need a parameter where
// the ways meet (Braun et al. 2013, on demand).

import { Replacement } from './rewrite.ts';
import { addParam, newInst } from '../ir/build.ts';
import { defInst, endOf, operands, targets, type Block, type Func, type Target, type Value } from '../ir/ir.ts';

/** `value`, defined in `block`, is `copied` at the end of `copy`. Uses outside of both are rewritten. */
export function repair(fn: Func, value: Value, block: Block, copied: Value, copy: Block): void {
  const users = fn.blocks.filter(b => b !== block && b !== copy && reads(b, value));
  if (users.length === 0) return;
  const def = defInst(value);
  if (def?.op === 'const' || def?.op === 'map' || def?.op === 'map-value' || def?.op === 'link') {
    for (const user of users) {
      const { args, result: _result, at, ...shape } = def;
      const again = newInst(fn, shape, [...args], value.type, at);
      user.insts.unshift(again);
      replaceIn(user, value, again.result as Value);
    }
    return;
  }
  const preds = new Map<Block, { from: Block; target: Target }[]>();
  for (const from of fn.blocks) {
    for (const target of targets(endOf(from))) {
      const list = preds.get(target.block);
      if (list) list.push({ from, target }); else preds.set(target.block, [{ from, target }]);
    }
  }
  const starts = new Map<Block, Value>();
  const atEnd = (b: Block): Value => b === block ? value : b === copy ? copied : atStart(b);
  const atStart = (b: Block): Value => {
    const known = starts.get(b);
    if (known) return known;
    const into = preds.get(b) ?? [];
    if (into.length === 1 && into[0]) {
      const v = atEnd(into[0].from);
      starts.set(b, v);
      return v;
    }
    const param = addParam(fn, b, value.type);
    starts.set(b, param);
    for (const { from, target } of into) target.args.push(atEnd(from));
    return param;
  };
  for (const user of users) replaceIn(user, value, atStart(user));
}

function replaceIn(user: Block, value: Value, by: Value): void {
  const one = new Replacement();
  one.set(value, by);
  for (const inst of user.insts) one.inst(inst);
  one.end(endOf(user));
}

function reads(block: Block, value: Value): boolean {
  const end = endOf(block);
  return block.insts.some(i => i.args.includes(value)) || operands(end).includes(value) || targets(end).some(t => t.args.includes(value));
}
