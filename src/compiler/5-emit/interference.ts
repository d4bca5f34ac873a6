// The interference graph: which registers hold different values at the same time. Nodes that are copies of each other can be
// merged; `find` gives the node that stands for a register.

import { COLORS, defs, isMove, uses, type MachineCode, type Reg } from './machine.ts';
import { bits, liveAtEnds, type BitSet } from './liveness.ts';

interface Move { readonly dst: Reg; readonly src: Reg; readonly weight: number }

export class Interference {
  readonly moves: Move[] = [];
  /** Uses and definitions, each weighted by how often its block runs. */
  readonly costs: number[];
  readonly #neighbors: Set<Reg>[];
  readonly #parent: Reg[];

  constructor(code: MachineCode, weightOf: (blockIndex: number) => number) {
    const count = code.nextReg;
    this.#neighbors = Array.from({ length: count }, () => new Set());
    this.#parent = Array.from({ length: count }, (_, i) => i);
    this.costs = new Array<number>(count).fill(0);
    for (let a = 0; a < COLORS; a++) for (let b = 0; b < a; b++) this.#join(a, b);
    const liveOut = liveAtEnds(code);
    for (const [index, block] of code.blocks.entries()) {
      const weight = weightOf(index);
      const live = (liveOut.get(block) as BitSet).slice();
      for (let k = block.insts.length - 1; k >= 0; k--) {
        const inst = block.insts[k];
        if (inst === undefined) continue;
        const copied = isMove(inst) ? inst.src : -1;
        if (isMove(inst)) this.moves.push({ dst: inst.dst, src: inst.src, weight });
        const written = defs(inst);
        for (const d of written) {
          // A copy does not interfere with what it copies.
          for (let w = 0; w < live.length; w++) {
            for (let word = live[w] as number; word !== 0; word &= word - 1) {
              const l = w * 32 + 31 - Math.clz32(word & -word);
              if (l !== d && l !== copied) this.#join(d, l);
            }
          }
          for (const other of written) if (other !== d) this.#join(d, other);
        }
        for (const d of written) this.costs[d] = (this.costs[d] ?? 0) + weight;
        const read = uses(inst);
        // A register that is needed further on is loaded once for all of its uses.
        for (const [i, reg] of read.entries()) if (read.indexOf(reg) === i && !bits.has(live, reg)) this.costs[reg] = (this.costs[reg] ?? 0) + weight;
        for (const reg of written) bits.remove(live, reg);
        for (const reg of read) bits.add(live, reg);
      }
    }
  }

  find(reg: Reg): Reg {
    let root = reg;
    while (this.#parent[root] !== root) root = this.#parent[root] as Reg;
    for (let r = reg; r !== root;) {
      const next = this.#parent[r] as Reg;
      this.#parent[r] = root;
      r = next;
    }
    return root;
  }

  neighbors(root: Reg): ReadonlySet<Reg> { return this.#neighbors[root] as Set<Reg>; }
  interfere(a: Reg, b: Reg): boolean { return this.neighbors(a).has(b); }

  /** Makes b one with a. Neither may interfere with the other; a precolored one must be a. */
  merge(a: Reg, b: Reg): void {
    this.#parent[b] = a;
    this.costs[a] = (this.costs[a] ?? 0) + (this.costs[b] ?? 0);
    for (const n of this.neighbors(b)) {
      (this.#neighbors[n] as Set<Reg>).delete(b);
      this.#join(a, n);
    }
    (this.#neighbors[b] as Set<Reg>).clear();
  }

  #join(a: Reg, b: Reg): void {
    if (a === b) return;
    (this.#neighbors[a] as Set<Reg>).add(b);
    (this.#neighbors[b] as Set<Reg>).add(a);
  }
}
