// Assembler text to instructions. The text is that of the bpf_conformance suite (ubpf's), with what it lacks; README.md lists
// every form. Mistakes are values with line and column, all of them at once; labels, `exit` as a label of the last exit, and
// symbols that a linker fills in. It knows no program: whether the result is sensible is the verifier's to say.

import { slots, type Insn } from './insn.ts';
import { NAME, type Constants, type Operand } from './operands.ts';
import { readStatement, type Target } from './statement.ts';

type Assembled =
  | { readonly ok: true; readonly insns: readonly Insn[]; readonly relocations: readonly SymbolRelocation[]; /** Of each instruction, from 1. */ readonly lines: readonly number[] }
  | { readonly ok: false; readonly errors: readonly AssemblyError[] };

/** Lines and columns count from 1. */
interface AssemblyError {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What the text left open: the linker decides what the name is. The kinds are those of an image's relocations. */
export interface SymbolRelocation {
  readonly kind: 'map' | 'map-value' | 'constant' | 'exit' | 'call';
  readonly slot: number;
  readonly name: string;
  /** `map-value`: byte offset in the value; else 0. */
  readonly offset: number;
}

interface AssembleOptions {
  /** Names that stand for numbers in immediates and offsets. */
  readonly constants?: Constants;
}

interface Line {
  readonly insn: Insn;
  readonly slot: number;
  readonly line: number;
  readonly target?: Target;
}

export function assemble(text: string, options: AssembleOptions = {}): Assembled {
  const errors: AssemblyError[] = [];
  const labels = new Map<string, number>();
  const lines: Line[] = [];
  const relocations: SymbolRelocation[] = [];
  let slot = 0;
  for (const [index, raw] of text.split('\n').entries()) {
    const fail = (message: string, at: Operand | number): void => {
      errors.push({ line: index + 1, column: typeof at === 'number' ? at : at.column, message });
    };
    let rest = raw.replace(/#.*/, '');
    for (let label = /^\s*([^\s:,()[\]]+):/.exec(rest); label; label = /^\s*([^\s:,()[\]]+):/.exec(rest)) {
      const name = label[1]!;
      if (!NAME.test(name)) fail(`'${name}' is not a label`, rest.indexOf(name) + 1);
      else if (labels.has(name)) fail(`label '${name}' is here twice`, rest.indexOf(name) + 1);
      labels.set(name, slot);
      rest = ' '.repeat(label[0].length) + rest.slice(label[0].length);
    }
    if (rest.trim() === '') continue;
    const statement = readStatement(words(rest), options.constants ?? {});
    if (!statement.ok) {
      fail(statement.message, statement.operand);
      continue;
    }
    const { insn, target, relocation } = statement.value;
    lines.push({ insn, slot, line: index + 1, ...target && { target } });
    if (relocation) relocations.push({ ...relocation, slot });
    slot += slots(insn);
  }
  const lastExit = lines.findLast(l => l.insn.kind === 'exit');
  if (lastExit && !labels.has('exit')) labels.set('exit', lastExit.slot);
  const insns = lines.map(l => resolve(l, labels, errors));
  if (errors.length > 0) return { ok: false, errors: errors.toSorted((a, b) => a.line - b.line || a.column - b.column) };
  return { ok: true, insns, relocations, lines: lines.map(l => l.line) };
}

/** The mnemonic, with `lock` and its words, and the operands between commas. */
function words(text: string): Operand[] {
  const start = text.search(/\S/);
  const head = /^(?:lock(?:\s+fetch)?(?:\s+[a-z]\w*)?|call\s+(?:local|kfunc)(?=\s)|\S+)/.exec(text.slice(start))![0];
  const out: Operand[] = [{ text: head.replace(/\s+/g, ' '), column: start + 1 }];
  let at = start + head.length;
  if (text.slice(at).trim() === '') return out;
  for (const piece of text.slice(at).split(',')) {
    out.push({ text: piece.trim(), column: at + Math.max(0, piece.search(/\S/)) + 1 });
    at += piece.length + 1;
  }
  return out;
}

function resolve(line: Line, labels: ReadonlyMap<string, number>, errors: AssemblyError[]): Insn {
  const { insn, target } = line;
  if (!target) return insn;
  const to = labels.get(target.operand.text);
  const fail = (message: string): Insn => {
    errors.push({ line: line.line, column: target.operand.column, message });
    return insn;
  };
  if (to === undefined) return fail(`there is no label '${target.operand.text}'`);
  // A function's address counts from the first of its two slots, as a call's from its one.
  const offset = to - line.slot - 1;
  if (target.bits === 16 && (offset < -0x8000 || offset > 0x7fff)) return fail(`'${target.operand.text}' is ${offset} slots away: too far for 16 bits`);
  return { ...insn, offset } as Insn;
}
