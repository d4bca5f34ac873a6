// Bytes to flat arrays that the loop reads, one entry a slot; or why they are no program. Nothing runs here.
//
// Opcodes stay as they are encoded, so that loop.ts can be read beside RFC 9669. An immediate operand becomes a register that nobody
// writes: the register file goes on behind r10 with the program's constants, and `source` names one of them.

import { decode } from '../../isa/decode.ts';
import { helperById } from '../../isa/helper-functions.ts';
import type { Insn } from '../../isa/insn.ts';
import { HELPERS, TAIL_CALL } from '../calls/table.ts';
import type { HookName } from '../hooks/hook.ts';
import type { MapAddresses } from '../maps/addresses.ts';
import { FRAME_BYTES, STACK } from '../memory/layout.ts';
import { refuse, type Checked } from '../refusal.ts';

/** Words of a register file before its constants: r0 … r10, low half and high half each. */
const REGISTER_WORDS = 22;

export interface Predecoded {
  readonly opcode: Uint8Array;
  /** Word of the low half in the register file, as `source`. */
  readonly destination: Uint8Array;
  readonly source: Int32Array;
  /** The offset field; of jumps and local calls the slot that they lead to. */
  readonly offset: Int32Array;
  /** The immediate; of calls what is called: a helper function's id. */
  readonly immediate: Int32Array;
  /** The 4 bits that tell kinds of calls apart. */
  readonly kind: Uint8Array;
  /** The register file: r0 … r10, then constants. */
  readonly registers: Int32Array;
  readonly code: Uint8Array;
  /** Slots of functions whose address is taken. */
  readonly taken: ReadonlySet<number>;
  /** What its functions take, if all are on the way at once. */
  readonly stackBytes: number;
}

interface PredecodeOptions {
  readonly hook: HookName;
  readonly maps: MapAddresses;
}

export function predecode(code: Uint8Array, options: PredecodeOptions): Checked<Predecoded> {
  const decoded = decode(code);
  if (!decoded.ok) return refuse(decoded.slot, decoded.reason);
  const slots = code.length / 8;
  if (slots === 0) return refuse(0, 'the program is empty');

  /** The instruction that begins at a slot. */
  const at = new Array<Insn | undefined>(slots);
  let next = 0;
  for (const insn of decoded.insns) {
    at[next] = insn;
    next += insn.kind.startsWith('wide') ? 2 : 1;
  }
  const begins = functionStarts(at);
  if (!begins.ok) return begins;
  const functionOf = begins.value;

  const taken = new Set<number>();
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const constants = new Constants();
  const opcode = new Uint8Array(slots), destination = new Uint8Array(slots), kind = new Uint8Array(slots);
  const source = new Int32Array(slots), offset = new Int32Array(slots), immediate = new Int32Array(slots);
  for (let slot = 0; slot < slots; slot++) {
    const insn = at[slot];
    if (insn === undefined) continue;
    const why = reasonAgainst(insn, options);
    if (why !== undefined) return refuse(slot, why);
    opcode[slot] = view.getUint8(slot * 8);
    destination[slot] = (view.getUint8(slot * 8 + 1) & 15) * 2;
    kind[slot] = view.getUint8(slot * 8 + 1) >> 4;
    offset[slot] = view.getInt16(slot * 8 + 2, true);
    immediate[slot] = view.getInt32(slot * 8 + 4, true);
    source[slot] = usesImmediate(insn) ? constants.of(immediate[slot]!) : kind[slot]! * 2;
    if (insn.kind.startsWith('wide')) source[slot] = constants.wide(...wideValue(insn, slot, options.maps));
    if (insn.kind === 'wide-function') taken.add(slot + 1 + insn.offset);
    const last = slot + (insn.kind.startsWith('wide') ? 2 : 1);
    const isLast = last === slots || functionOf[last] !== functionOf[slot];
    if (isLast && insn.kind !== 'exit' && insn.kind !== 'ja') return refuse(last - 1, 'the code runs past its end');
    if (insn.kind === 'ja' || insn.kind === 'jump' || insn.kind === 'jump-imm' || insn.kind === 'may-goto') {
      const target = slot + 1 + insn.offset;
      if (at[target] === undefined || functionOf[target] !== functionOf[slot]) return refuse(slot, `a jump to slot ${target}, where no instruction of this function begins`);
      offset[slot] = target;
    } else if (insn.kind === 'call-local') offset[slot] = slot + 1 + insn.offset;
  }
  const inCallback = at.findIndex((insn, slot) => insn?.kind === 'call' && insn.id === TAIL_CALL && taken.has(functionOf[slot]!));
  if (inCallback >= 0) return refuse(inCallback, 'a tail call in a callback');
  const stackBytes = decoded.insns.some(insn => insn.kind === 'call-local' || insn.kind === 'wide-function') ? STACK.high - STACK.low : FRAME_BYTES;
  return { ok: true, value: { opcode, destination, source, offset, immediate, kind, registers: constants.file(), code, taken, stackBytes } };
}

/** For each slot the first slot of its function: the entry is at 0, and every target of a local call or a taken address begins another. */
function functionStarts(at: readonly (Insn | undefined)[]): Checked<Int32Array> {
  const starts = new Set([0]);
  for (const [slot, insn] of at.entries()) {
    if (insn?.kind !== 'call-local' && insn?.kind !== 'wide-function') continue;
    const target = slot + 1 + insn.offset;
    if (at[target] === undefined) return refuse(slot, `a call of slot ${target}, where no instruction begins`);
    starts.add(target);
  }
  const functionOf = new Int32Array(at.length);
  let current = 0;
  for (let slot = 0; slot < at.length; slot++) {
    if (starts.has(slot)) current = slot;
    functionOf[slot] = current;
  }
  return { ok: true, value: functionOf };
}

function usesImmediate(insn: Insn): boolean {
  return insn.kind === 'alu-imm' || insn.kind === 'jump-imm' || insn.kind === 'store-imm';
}

function wideValue(insn: Insn, slot: number, maps: MapAddresses): [low: number, high: number] {
  switch (insn.kind) {
    case 'wide': return [Number(BigInt.asIntN(32, insn.value)), Number(BigInt.asIntN(32, insn.value >> 32n))];
    case 'wide-map': return [insn.map, 0];
    case 'wide-function': return [slot + 1 + insn.offset, 0];
    case 'wide-value': return [maps.valueAddress(insn.map, insn.offset)!, 0];
    default: throw new Error(`${insn.kind} has no value`);
  }
}

function reasonAgainst(insn: Insn, { hook, maps }: PredecodeOptions): string | undefined {
  switch (insn.kind) {
    case 'store': case 'store-imm': case 'store-release': case 'jump': case 'jump-imm': case 'ja': case 'exit': case 'call-local': return undefined;
    case 'call-register': return hook === 'memory' ? undefined : 'a call by register, which the kernel has not';
    case 'atomic': {
      const fetches = insn.op === 'xchg' || insn.op.startsWith('fetch-');
      return fetches && insn.src === 10 ? 'r10 is read-only' : undefined;
    }
    case 'call': return againstCall(insn.id, hook);
    case 'alu': case 'alu-imm': case 'neg': case 'mov-signed': case 'endian': case 'load': case 'load-signed': case 'load-acquire': case 'wide':
      return insn.dst === 10 ? 'r10 is read-only' : undefined;
    case 'wide-map':
      if (insn.dst === 10) return 'r10 is read-only';
      return maps.has(insn.map) ? undefined : `there is no map ${insn.map}`;
    case 'wide-value':
      if (insn.dst === 10) return 'r10 is read-only';
      return maps.valueAddress(insn.map, insn.offset) === undefined ? `map ${insn.map} is no array of one entry with a byte ${insn.offset}` : undefined;
    case 'wide-function': return insn.dst === 10 ? 'r10 is read-only' : undefined;
    case 'wide-btf': case 'wide-map-index': case 'wide-value-index':
    case 'call-kfunc':
      return `the vm does not run ${insn.kind}`;
    case 'may-goto': return undefined;
    case 'load-absolute': case 'load-indirect': return hook === 'tc' ? undefined : `${insn.kind} is not for ${hook} programs`;
  }
}

function againstCall(id: number, hook: HookName): string | undefined {
  if (id === TAIL_CALL) return hook === 'memory' ? 'tail_call needs a hook: programs on bare memory have no other to go to' : undefined;
  const name = helperById(id)?.name ?? `number ${id}`;
  const definition = HELPERS.get(id);
  if (definition === undefined) return `the vm has no helper function ${name}`;
  return definition.hooks === undefined || definition.hooks.includes(hook) ? undefined : `helper function ${name} is not for ${hook} programs`;
}

/** The constants behind the registers; equal immediates are one. */
class Constants {
  private readonly words: number[] = [];
  private readonly known = new Map<number, number>();

  /** Sign-extended to 64 bits. */
  of(immediate: number): number {
    const known = this.known.get(immediate);
    if (known !== undefined) return known;
    const made = this.wide(immediate, immediate >> 31);
    this.known.set(immediate, made);
    return made;
  }

  wide(low: number, high: number): number {
    return REGISTER_WORDS + this.words.push(low, high) - 2;
  }

  file(): Int32Array {
    const file = new Int32Array(REGISTER_WORDS + this.words.length);
    file.set(this.words, REGISTER_WORDS);
    return file;
  }
}
