// The graph of calls: no circles, callees before callers, and no more of them than can be put in where they are called.

import { report, type Shared } from './context.ts';
import type { Func } from './tree.ts';

export function orderCalls(shared: Shared, roots: readonly Func[]): Func[] {
  const order: Func[] = [];
  const state = new Map<Func, 'open' | 'done'>();
  for (const root of roots) {
    if (state.has(root)) continue;
    const path: { readonly func: Func; next: number }[] = [{ func: root, next: 0 }];
    state.set(root, 'open');
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const call = (shared.calls.get(top.func) ?? [])[top.next++];
      if (!call) {
        state.set(top.func, 'done');
        order.push(top.func);
        path.pop();
        continue;
      }
      const seen = state.get(call.to);
      if (seen === undefined) {
        state.set(call.to, 'open');
        path.push({ func: call.to, next: 0 });
      } else if (seen === 'open') {
        const from = path.findIndex(p => p.func === call.to);
        const names = [...path.slice(from).map(p => p.func.name), call.to.name];
        const jumps = shared.stages.some(s => s.function === call.to) && { cause: `No stage leads back to itself: ${names.slice(0, 10).join(' → ')}.`, cure: 'Use a loop in one stage.' };
        report(call.context, 'IOV5007', call.at, { name: call.to.name, path: names.slice(0, 10).join(' → '), ...jumps });
      }
    }
  }
  limitCalls(shared, order);
  return order;
}

/** Calls in one function, those in the functions that it calls counted each time: code that lowering makes of them. */
const MOST_CALLS = 4096;

/** Reported where they become too many, at the call that adds most. `order`: callees before callers. */
function limitCalls(shared: Shared, order: readonly Func[]): void {
  const inside = new Map<Func, number>();
  const stages = new Set(shared.stages.map(s => s.function));
  for (const func of order) {
    // A body may have been checked more than once: a call is one place.
    const places = [...new Map((shared.calls.get(func) ?? []).map(call => [call.at, call])).values()];
    const counts = places.map(({ to }) => 1 + (stages.has(to) ? 0 : inside.get(to) ?? 0));
    const sum = counts.reduce((a, b) => a + b, 0);
    inside.set(func, sum);
    const most = places[counts.indexOf(Math.max(...counts))];
    if (most && sum > MOST_CALLS && counts.every(count => count <= MOST_CALLS)) {
      report(most.context, 'IOV6003', most.at, { what: `'${func.name}' leads to ${sum} calls`, most: MOST_CALLS });
    }
  }
}
