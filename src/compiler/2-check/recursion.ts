// The graph of calls: no circles, and callees before callers.

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
        report(call.context, 'IOV5007', call.at, { name: call.to.name, path: names.slice(0, 10).join(' → ') });
      }
    }
  }
  return order;
}
