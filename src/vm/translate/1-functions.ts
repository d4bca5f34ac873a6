// Phase 1: bytes to functions. The entry is at slot 0; every target of a local call, or of a taken address, begins another function, which reaches to the next.

import { decode } from '../../isa/decode.ts';
import { slots, type Insn } from '../../isa/insn.ts';
import { refuse, type Checked } from '../refusal.ts';

export interface Located { readonly slot: number; readonly insn: Insn }

export interface BpfFunction {
  readonly index: number;
  readonly insns: readonly Located[];
}

export interface Functions {
  readonly functions: readonly BpfFunction[];
  /** Index of the function that begins at a slot. */
  readonly at: ReadonlyMap<number, number>;
  /** Slots of functions whose address is taken: a helper function may call them back. The address is the slot. */
  readonly taken: ReadonlySet<number>;
}

export function splitFunctions(code: Uint8Array): Checked<Functions> {
  const decoded = decode(code);
  if (!decoded.ok) return refuse(decoded.slot, decoded.reason);
  if (decoded.insns.length === 0) return refuse(0, 'the program is empty');
  const located: Located[] = [];
  let slot = 0;
  for (const insn of decoded.insns) {
    located.push({ slot, insn });
    slot += slots(insn);
  }
  const known = new Set(located.map(l => l.slot));
  const starts = new Set([0]);
  const taken = new Set<number>();
  for (const { slot, insn } of located) {
    if (insn.kind !== 'call-local' && insn.kind !== 'wide-function') continue;
    const target = slot + 1 + insn.offset;
    if (!known.has(target)) return refuse(slot, `a call of slot ${target}, where no instruction begins`);
    starts.add(target);
    if (insn.kind === 'wide-function') taken.add(target);
  }
  const sorted = [...starts].sort((a, b) => a - b);
  const at = new Map(sorted.map((start, index) => [start, index]));
  const functions = sorted.map((_, index) => ({ index, insns: [] as Located[] }));
  let current = -1;
  for (const one of located) {
    if (starts.has(one.slot)) current++;
    functions[current]!.insns.push(one);
  }
  return { ok: true, value: { functions, at, taken } };
}
