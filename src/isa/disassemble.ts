// Instructions to the text that assemble.ts reads back to the same instructions: labels for targets, one instruction a line.

import type { SymbolRelocation } from './assemble.ts';
import { helperById } from './helper-functions.ts';
import { slotStarts, type Insn } from './insn.ts';
import { SIZE_SUFFIX } from './opcodes.ts';

interface DisassembleOptions {
  /** Shown as symbols: `map(NAME)`, `exit(to)`. */
  readonly relocations?: readonly SymbolRelocation[];
  /** Names of slots, such as functions; other targets are called `L` and the slot. */
  readonly labels?: ReadonlyMap<number, string>;
  /** Before an instruction, as a comment: such as its source line. */
  readonly comment?: (slot: number) => string | undefined;
}

export function disassemble(insns: readonly Insn[], options: DisassembleOptions = {}): string {
  const starts = slotStarts(insns);
  const boundaries = new Set(starts);
  const symbols = new Map(options.relocations?.map(r => [r.slot, r]));
  const labels = new Map(options.labels);
  insns.forEach((insn, i) => {
    const target = targetOf(insn, starts[i]!);
    if (target !== undefined && symbols.get(starts[i]!)?.kind !== 'exit' && boundaries.has(target) && !labels.has(target)) labels.set(target, `L${target}`);
  });
  const lines: string[] = [];
  starts.forEach((slot, i) => {
    const label = labels.get(slot);
    if (label !== undefined) lines.push(`${label}:`);
    const insn = insns[i];
    if (!insn) return;
    const comment = options.comment?.(slot);
    if (comment !== undefined) lines.push(`  # ${comment}`);
    lines.push(`  ${instructionText(insn, { slot, labels, symbol: symbols.get(slot) })}`);
  });
  return lines.map(line => line + '\n').join('');
}

/** One instruction on its own: targets are distances. */
export function text(insn: Insn): string {
  return instructionText(insn, { slot: 0, labels: new Map(), symbol: undefined });
}

/** The slot that an instruction names, if it names one. */
function targetOf(insn: Insn, slot: number): number | undefined {
  switch (insn.kind) {
    case 'jump': case 'jump-imm': case 'ja': case 'may-goto': case 'call-local': case 'wide-function': return slot + 1 + insn.offset;
    default: return undefined;
  }
}

interface Place {
  readonly slot: number;
  readonly labels: ReadonlyMap<number, string>;
  readonly symbol: SymbolRelocation | undefined;
}

function instructionText(insn: Insn, place: Place): string {
  const { symbol } = place;
  const r = (register: number): string => `%r${register}`;
  const suffix = (width: 32 | 64): string => width === 32 ? '32' : '';
  const signed = (n: number): string => n < 0 ? String(n) : `+${n}`;
  const at = (base: number, offset: number): string => `[%r${base}${offset === 0 ? '' : signed(offset)}]`;
  const to = (offset: number): string => place.labels.get(place.slot + 1 + offset) ?? signed(offset);
  const imm = (n: number): string => symbol?.kind === 'constant' ? `const(${symbol.name})` : String(n);
  switch (insn.kind) {
    case 'alu': return `${insn.op}${suffix(insn.width)} ${r(insn.dst)}, ${r(insn.src)}`;
    case 'alu-imm': return `${insn.op}${suffix(insn.width)} ${r(insn.dst)}, ${imm(insn.imm)}`;
    case 'neg': return `neg${suffix(insn.width)} ${r(insn.dst)}`;
    case 'mov-signed': return `movsx${insn.from}${insn.width} ${r(insn.dst)}, ${r(insn.src)}`;
    case 'endian': return `${insn.order}${insn.bits} ${r(insn.dst)}`;
    case 'load': return `ldx${SIZE_SUFFIX[insn.size]} ${r(insn.dst)}, ${at(insn.src, insn.offset)}`;
    case 'load-signed': return `ldxs${SIZE_SUFFIX[insn.size]} ${r(insn.dst)}, ${at(insn.src, insn.offset)}`;
    case 'load-acquire': return `ldacq${SIZE_SUFFIX[insn.size]} ${r(insn.dst)}, ${at(insn.src, insn.offset)}`;
    case 'store': return `stx${SIZE_SUFFIX[insn.size]} ${at(insn.dst, insn.offset)}, ${r(insn.src)}`;
    case 'store-release': return `strel${SIZE_SUFFIX[insn.size]} ${at(insn.dst, insn.offset)}, ${r(insn.src)}`;
    case 'store-imm': return `st${SIZE_SUFFIX[insn.size]} ${at(insn.dst, insn.offset)}, ${imm(insn.imm)}`;
    case 'atomic': return `lock ${insn.op.replace('-', ' ')}${insn.size === 4 ? '32' : ''} ${at(insn.dst, insn.offset)}, ${r(insn.src)}`;
    case 'wide': return `lddw ${r(insn.dst)}, 0x${insn.value.toString(16)}`;
    case 'wide-map': return `lddw ${r(insn.dst)}, ${symbol?.kind === 'map' ? `map(${symbol.name})` : `map_fd(${insn.map})`}`;
    case 'wide-value': return symbol?.kind === 'map-value' ? wideValue(insn.dst, `value(${symbol.name})`, symbol.offset) : wideValue(insn.dst, `value_fd(${insn.map})`, insn.offset);
    case 'wide-map-index': return `lddw ${r(insn.dst)}, map_index(${insn.map})`;
    case 'wide-value-index': return wideValue(insn.dst, `value_index(${insn.map})`, insn.offset);
    case 'wide-btf': return wideValue(insn.dst, `btf(${insn.btf})`, insn.module);
    case 'wide-function': return `lddw ${r(insn.dst)}, func(${to(insn.offset)})`;
    case 'jump': return `${insn.op}${suffix(insn.width)} ${r(insn.dst)}, ${r(insn.src)}, ${to(insn.offset)}`;
    case 'jump-imm': return `${insn.op}${suffix(insn.width)} ${r(insn.dst)}, ${imm(insn.imm)}, ${to(insn.offset)}`;
    case 'ja': return `ja${insn.reach === 32 ? '32' : ''} ${symbol?.kind === 'exit' ? `exit(${symbol.name})` : to(insn.offset)}`;
    case 'may-goto': return `may_goto ${to(insn.offset)}`;
    case 'call': return `call ${helperById(insn.id)?.name ?? insn.id}`;
    case 'call-local': return `call local ${symbol?.kind === 'call' ? `joint(${symbol.name})` : to(insn.offset)}`;
    case 'call-kfunc': return `call kfunc ${insn.btf}${insn.module === 0 ? '' : `, ${insn.module}`}`;
    case 'call-register': return `call ${r(insn.dst)}`;
    case 'exit': return 'exit';
    case 'load-absolute': return `ldabs${SIZE_SUFFIX[insn.size]} ${insn.imm}`;
    case 'load-indirect': return `ldind${SIZE_SUFFIX[insn.size]} ${r(insn.src)}, ${insn.imm}`;
  }
}

/** Offsets in values are unsigned, as the kernel reads them. */
function wideValue(dst: number, form: string, offset: number): string {
  return `lddw %r${dst}, ${form}${offset === 0 ? '' : `+${offset >>> 0}`}`;
}
