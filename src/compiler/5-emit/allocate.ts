// Register allocation by graph colouring (Chaitin, Briggs; George's test for registers that have their colour already).
// Calls write r0 … r5, so whatever lives across one gets r6 … r9 with no further rule. Who gets no register is spilled and all
// is done again.

import { Interference } from './interference.ts';
import { COLORS, FIRST_VIRTUAL, rename, renameEnd, successors, type MachineBlock, type MachineCode, type Reg } from './machine.ts';
import { spill, waysOf, type Levels } from './spill.ts';
import { CompilerBug } from '../ir/ir.ts';

/** More rounds than any program needs; each round spills. */
const MAX_ROUNDS = 32;

export function allocate(code: MachineCode): void {
  const levels: Levels = new Map();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const weights = blockWeights(code);
    const graph = new Interference(code, i => weights[i] ?? 1);
    coalesce(graph);
    const { colors, spilled } = color(code, graph, levels);
    if (spilled.length === 0) {
      const to = (reg: Reg): Reg => reg < FIRST_VIRTUAL ? reg : colors.get(graph.find(reg)) ?? 0;
      for (const block of code.blocks) {
        for (const inst of block.insts) rename(inst, to);
        renameEnd(block.end, to);
      }
      return;
    }
    const roots = new Set(spilled);
    const members: Reg[][] = [];
    const byRoot = new Map<Reg, Reg[]>();
    for (let reg = FIRST_VIRTUAL; reg < code.nextReg; reg++) {
      const root = graph.find(reg);
      if (!roots.has(root)) continue;
      const list = byRoot.get(root);
      if (list) list.push(reg);
      else { const fresh = [reg]; byRoot.set(root, fresh); members.push(fresh); }
    }
    const named = blocksNaming(code, graph, roots);
    const ways = waysOf(code);
    for (const regs of members) spill(code, new Set(regs), levels, named.get(graph.find(regs[0] as Reg)) ?? new Set(), ways);
  }
  throw new CompilerBug('register allocation does not end');
}

/** For each of these nodes the blocks in which one of its registers stands, in order. */
function blocksNaming(code: MachineCode, graph: Interference, roots: ReadonlySet<Reg>): Map<Reg, Set<MachineBlock>> {
  const named = new Map<Reg, Set<MachineBlock>>();
  for (const root of roots) named.set(root, new Set());
  for (const block of code.blocks) {
    const see = (reg: Reg | undefined): void => { if (reg !== undefined && reg >= FIRST_VIRTUAL) named.get(graph.find(reg))?.add(block); };
    for (const inst of block.insts) {
      if ('dst' in inst) see(inst.dst);
      if ('src' in inst) see(inst.src);
    }
    if (block.end.kind === 'cond') { see(block.end.dst); see(block.end.src); }
  }
  return named;
}

/** How often blocks run, roughly: 8 times more in each loop, seldom where only drops follow. */
function blockWeights(code: MachineCode): number[] {
  const index = new Map(code.blocks.map((b, i) => [b, i]));
  const weights: number[] = code.blocks.map(b => b.end.kind === 'leave' && b.end.exit === 'drop' ? 0.1 : 1);
  for (const [i, block] of code.blocks.entries()) {
    for (const next of successors(block.end)) {
      // Blocks are in reverse postorder here, edges' own blocks behind it: a way back is a loop.
      const j = index.get(next) ?? 0;
      if (j <= i && block.name !== 'edge') for (let k = j; k <= i; k++) weights[k] = (weights[k] ?? 1) * 8;
    }
  }
  return weights;
}

function coalesce(graph: Interference): void {
  const moves = [...graph.moves].sort((a, b) => b.weight - a.weight);
  for (let changed = true; changed;) {
    changed = false;
    for (const move of moves) {
      let a = graph.find(move.dst);
      let b = graph.find(move.src);
      if (a === b) continue;
      if (b < FIRST_VIRTUAL) [a, b] = [b, a];
      if (b < FIRST_VIRTUAL || graph.interfere(a, b)) continue;
      if (a < FIRST_VIRTUAL ? georges(graph, a, b) : briggs(graph, a, b) || georges(graph, a, b) || georges(graph, b, a)) {
        graph.merge(a, b);
        changed = true;
      }
    }
  }
}

const significant = (graph: Interference, n: Reg): boolean => n < FIRST_VIRTUAL || graph.neighbors(n).size >= COLORS;

/** The merged node has fewer than COLORS neighbours that matter. */
function briggs(graph: Interference, a: Reg, b: Reg): boolean {
  let count = 0;
  for (const n of graph.neighbors(a)) {
    const degree = graph.neighbors(n).size - (graph.interfere(b, n) ? 1 : 0);
    if (n < FIRST_VIRTUAL || degree >= COLORS) count++;
  }
  for (const n of graph.neighbors(b)) if (!graph.interfere(a, n) && significant(graph, n)) count++;
  return count < COLORS;
}

/** Each neighbour of b is a neighbour of a already, or does not matter. */
function georges(graph: Interference, a: Reg, b: Reg): boolean {
  for (const n of graph.neighbors(b)) {
    if (n !== a && !graph.interfere(n, a) && !(n < FIRST_VIRTUAL && a < FIRST_VIRTUAL) && significant(graph, n)) return false;
  }
  return true;
}

function color(code: MachineCode, graph: Interference, levels: Levels): { colors: Map<Reg, Reg>; spilled: Reg[] } {
  const left = new Set<Reg>();
  for (let reg = FIRST_VIRTUAL; reg < code.nextReg; reg++) if (graph.find(reg) === reg) left.add(reg);
  const degree = new Map<Reg, number>();
  for (const reg of left) degree.set(reg, graph.neighbors(reg).size);
  const low = [...left].filter(r => (degree.get(r) ?? 0) < COLORS);
  const stack: Reg[] = [];
  const take = (reg: Reg): void => {
    left.delete(reg);
    stack.push(reg);
    for (const n of graph.neighbors(reg)) {
      if (!left.has(n)) continue;
      const d = (degree.get(n) ?? 0) - 1;
      degree.set(n, d);
      if (d === COLORS - 1) low.push(n);
    }
  };
  // Made around one use: spilling it again would never end.
  const shortRoots = new Set([...levels].filter(([, { level }]) => level === 2).map(([r]) => graph.find(r)));
  while (left.size > 0) {
    const next = low.pop();
    if (next !== undefined) { if (left.has(next)) take(next); continue; }
    // Nobody is safe: the cheapest goes first into the unknown, and may still find a register.
    let best: Reg | undefined;
    let bestCost = Infinity;
    for (const reg of left) {
      const cost = (shortRoots.has(reg) ? 1e9 : 1) * (graph.costs[reg] ?? 0) / Math.max(degree.get(reg) ?? 1, 1);
      if (best === undefined || cost < bestCost) { best = reg; bestCost = cost; }
    }
    if (best !== undefined) take(best);
  }
  const related = new Map<Reg, Reg[]>();
  for (const { dst, src } of graph.moves) {
    const [a, b] = [graph.find(dst), graph.find(src)];
    if (a === b) continue;
    for (const [x, y] of [[a, b], [b, a]] as const) {
      const list = related.get(x);
      if (list) list.push(y); else related.set(x, [y]);
    }
  }
  const colors = new Map<Reg, Reg>();
  for (let c = 0; c < COLORS; c++) colors.set(c, c);
  const spilled: Reg[] = [];
  for (let reg = stack.pop(); reg !== undefined; reg = stack.pop()) {
    const taken = new Set<Reg>();
    for (const n of graph.neighbors(reg)) {
      const c = colors.get(n);
      if (c !== undefined) taken.add(c);
    }
    const wish = (related.get(reg) ?? []).map(r => colors.get(r)).find(c => c !== undefined && !taken.has(c));
    let chosen = wish;
    for (let c = 0; chosen === undefined && c < COLORS; c++) if (!taken.has(c)) chosen = c;
    if (chosen === undefined) spilled.push(reg);
    else colors.set(reg, chosen);
  }
  return { colors, spilled };
}
