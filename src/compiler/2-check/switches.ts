// switch: on constants, and no case falls into the next.

import type { SwitchStatement } from '../1-parse/syntax.ts';
import { placeOf, report, type Body, type Context } from './context.ts';
import { expr, value } from './expressions.ts';
import { both, either, pathOf, NOTHING, type Facts } from './facts.ts';
import { show } from './kinds.ts';
import { block } from './statements.ts';
import type { Block, Statement, SwitchCase } from './tree.ts';

const MOST_CASES = 512;

export function switchStatement(c: Context, node: SwitchStatement): readonly Statement[] {
  const on = expr(c, node.discriminant);
  if (c.body && (on?.type.kind !== 'int' && on?.type.kind !== 'bool')) c.body.lost = true;
  if (!on) return [];
  if (on.type.kind === 'optional') { report(c, 'IOV2009', node.discriminant, { type: show(on.type) }); return []; }
  if (on.type.kind !== 'int' && on.type.kind !== 'bool') { report(c, 'IOV2010', node.discriminant, { op: 'switch', type: show(on.type), works: 'integers' }); return []; }

  if (node.cases.length > MOST_CASES) {
    if (c.body) c.body.lost = true;
    report(c, 'IOV6003', { start: node.start, end: node.discriminant.end }, { what: `a switch of ${node.cases.length} cases`, most: MOST_CASES, cause: 'Each case is a comparison of its own.', cure: 'Use a HashMap, which control code fills.' });
    return [];
  }
  const scope: Body['inside'][number] = { of: 'switch', exits: undefined };
  const before = c.facts;
  const path = pathOf(c.shared, on);
  const cases: SwitchCase[] = [];
  const seen = new Set<bigint>();
  let otherwise: Block | undefined;
  let values: bigint[] = [];
  let isDefault = false;
  let after: Facts | undefined;
  c.body?.inside.push(scope);
  for (const [i, one] of node.cases.entries()) {
    if (one.test) {
      const v = value(c, one.test, on.type);
      if (v && v.kind !== 'const') report(c, 'IOV2022', one.test, { why: 'Cases are known while compiling.' });
      else if (v?.kind === 'const') {
        const number = BigInt(v.value);
        if (seen.has(number)) report(c, 'IOV5010', one.test, { value: number });
        seen.add(number);
        values.push(number);
      }
    } else isDefault = true;
    const last = i === node.cases.length - 1;
    if (one.consequent.length === 0 && !last) continue;

    const [only] = values;
    const known: Facts = path !== undefined && values.length === 1 && !isDefault && only !== undefined && on.type.kind === 'int' ? new Map([[path, { low: only, high: only }]]) : NOTHING;
    c.facts = before && both(before, known);
    const at = placeOf(c, one);
    const body = block(c, one.consequent, at);
    if (c.facts && !last) report(c, 'IOV5009', one);
    if (last) after = c.facts;
    if (isDefault) otherwise = body;
    else cases.push({ at, values, body });
    values = [];
    isDefault = false;
  }
  c.body?.inside.pop();
  const unmatched = node.cases.some(one => !one.test) ? undefined : before;
  c.facts = either(either(after, scope.exits), unmatched);
  return [{ kind: 'switch', at: placeOf(c, node), value: on, cases, ...(otherwise && { otherwise }) }];
}
