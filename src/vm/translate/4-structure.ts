// Phase 4: blocks to WebAssembly's nested control (Ramsey, Beyond Relooper, ICFP 2022).
//
// A block's subtree in the dominator tree is nested in it. Children that are merges become the code behind the end of a `block`
// that is opened before their dominator, the one last in order outermost, so every forward branch to them is a `br` outwards;
// other children are placed where their only edge is. Loop headers open a `loop`.
//
// Tasks on an explicit stack instead of recursion: generated programs nest thousands deep.

import type { Code } from '../wasm/code.ts';
import { OP } from '../wasm/opcodes.ts';
import type { Block, ConditionalJump } from './2-blocks.ts';
import type { Shape } from './3-dominators.ts';

/** What goes into the structure. Each writes to the same code. */
interface Leaves {
  body(block: Block): void;
  /** Pushes an i32: 0, or not, as the jump is taken; `when` false inverts it. */
  condition(jump: ConditionalJump, when: boolean): void;
  /** At the head of each loop, on every round. */
  loopHead(block: Block): void;
  exit(): void;
}

export function structure(code: Code, blocks: readonly Block[], shape: Shape, leaves: Leaves): void {
  /** Depth to branch to for a block: the block that ends before it; inside of it, its loop. */
  const target = new Map<number, number>();
  const tasks: (() => void)[] = [];
  /** In order of running. */
  const then = (...next: (() => void)[]): void => { tasks.push(...next.reverse()); };
  const close = (): void => { code.close(); };

  const tree = (index: number): void => {
    const merges = shape.children[index]!.filter(c => shape.merges.has(c)).sort((a, b) => shape.order[b]! - shape.order[a]!);
    const isLoop = shape.loops.has(index);
    if (isLoop) {
      target.set(index, code.open(OP.loop));
      leaves.loopHead(blocks[index]!);
    }
    for (const merge of merges) target.set(merge, code.open(OP.block));
    const after = [...merges].reverse().flatMap(merge => [close, () => tree(merge)]);
    then(() => node(index), ...after, ...(isLoop ? [close] : []));
  };

  const isBranch = (from: number, to: number): boolean => shape.order[to]! <= shape.order[from]! || shape.merges.has(to);

  const edge = (from: number, to: number): void => {
    if (isBranch(from, to)) code.branch(OP.br, target.get(to)!);
    else tree(to);
  };

  const node = (index: number): void => {
    const block = blocks[index]!;
    leaves.body(block);
    const { end } = block;
    switch (end.kind) {
      case 'exit': leaves.exit(); return;
      case 'goto': edge(index, end.to); return;
      case 'if':
        if (isBranch(index, end.taken)) {
          leaves.condition(end.jump, true);
          code.branch(OP.brIf, target.get(end.taken)!);
          edge(index, end.next);
        } else if (isBranch(index, end.next)) {
          leaves.condition(end.jump, false);
          code.branch(OP.brIf, target.get(end.next)!);
          edge(index, end.taken);
        } else {
          leaves.condition(end.jump, true);
          code.open(OP.if);
          then(() => edge(index, end.taken), () => { code.op(OP.else); }, () => edge(index, end.next), close);
        }
    }
  };

  then(() => tree(0));
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) task();
  code.op(OP.unreachable);
}
