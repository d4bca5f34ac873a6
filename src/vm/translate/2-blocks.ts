// Phase 2: one function to basic blocks. Block 0 is its entry. Code that nothing reaches stays as blocks that nothing names.

import { slots, type Insn } from '../../isa/insn.ts';
import type { BpfFunction, Located } from './1-functions.ts';
import { refuse, type Checked } from '../refusal.ts';

export type ConditionalJump =
  | Extract<Insn, { kind: 'jump' | 'jump-imm' | 'may-goto' }>
  /** Not of the program: taken if a label says so (2-reducible.ts). */
  | { readonly kind: 'label'; readonly label: number; readonly value: number };

export type Terminator =
  | { readonly kind: 'exit' }
  | { readonly kind: 'goto'; readonly to: number }
  | { readonly kind: 'if'; readonly jump: ConditionalJump; readonly taken: number; readonly next: number };

export interface Block {
  readonly slot: number;
  readonly body: readonly Located[];
  /** A label that it sets before it ends. */
  readonly sets?: { readonly label: number; readonly value: number };
  readonly end: Terminator;
}

export function blocksOf(fn: BpfFunction): Checked<readonly Block[]> {
  const { insns } = fn;
  const position = new Map(insns.map((l, i) => [l.slot, i]));
  const leaders = new Set([0]);
  for (const [i, { slot, insn }] of insns.entries()) {
    if (!endsBlock(insn)) continue;
    if (insn.kind !== 'exit') {
      const target = position.get(slot + 1 + insn.offset);
      if (target === undefined) return refuse(slot, `a jump to slot ${slot + 1 + insn.offset}, where no instruction of this function begins`);
      leaders.add(target);
    }
    if (i + 1 < insns.length) leaders.add(i + 1);
  }
  const starts = [...leaders].sort((a, b) => a - b);
  const blockAt = new Map(starts.map((start, index) => [start, index]));
  const blocks: Block[] = [];
  for (const [index, start] of starts.entries()) {
    const run = insns.slice(start, starts[index + 1] ?? insns.length);
    const last = run[run.length - 1] as Located;
    const target = (offset: number): number => blockAt.get(position.get(last.slot + 1 + offset)!)!;
    const next = index + 1;
    let end: Terminator;
    switch (last.insn.kind) {
      case 'exit': end = { kind: 'exit' }; break;
      case 'ja': end = { kind: 'goto', to: target(last.insn.offset) }; break;
      case 'jump':
      case 'jump-imm':
      case 'may-goto':
        if (next === starts.length) return refuse(last.slot, 'the code runs past its end');
        end = { kind: 'if', jump: last.insn, taken: target(last.insn.offset), next };
        break;
      default:
        if (next === starts.length) return refuse(last.slot + slots(last.insn) - 1, 'the code runs past its end');
        end = { kind: 'goto', to: next };
    }
    blocks.push({ slot: (run[0] as Located).slot, body: endsBlock(last.insn) ? run.slice(0, -1) : run, end });
  }
  return { ok: true, value: blocks };
}

function endsBlock(insn: Insn): insn is Extract<Insn, { kind: 'exit' | 'ja' | 'jump' | 'jump-imm' | 'may-goto' }> {
  return insn.kind === 'exit' || insn.kind === 'ja' || insn.kind === 'may-goto' || insn.kind === 'jump' || insn.kind === 'jump-imm';
}

export function successors(end: Terminator): readonly number[] {
  switch (end.kind) {
    case 'exit': return [];
    case 'goto': return [end.to];
    case 'if': return [end.taken, end.next];
  }
}
