// Joins a program with the joints that its exits jump to: one relocated program, ready for an engine.
//
//     prologue        falls through into the body (may be absent)
//     linear          what the body reads of the packet is brought into its linear part (absent where that has it always)
//     body            the entry of the module's or system program
//     joints          each that an exit leads to, once; joints may exit to joints
//     functions       static functions of the body, then joints that are called, each once: behind the others, for the kernel lets no
//                     jump cross a function
//
// Pure: it changes bytes and knows neither engines nor what joints do.

import type { LineEntry } from '../../image/image.ts';
import { linear } from './linear.ts';
import type { Patch, Piece } from './piece.ts';

/** A relocated program. `lines[].file` indexes `files`. */
export interface Linked {
  readonly name: string;
  readonly code: Uint8Array;
  readonly files: readonly string[];
  readonly lines: readonly LineEntry[];
  readonly functions: readonly { readonly slot: number; readonly name: string }[];
  /** First slot of every piece, in order. */
  readonly pieces: readonly { readonly slot: number; readonly name: string }[];
  /** The image that it is of says so; pieces around it are our own. */
  readonly walked?: true;
}

export type LinkResult = { readonly ok: true; readonly linked: Linked } | { readonly ok: false; readonly problem: string };

interface LinkInput {
  readonly prologue?: Piece;
  readonly body: Piece;
  readonly joints: ReadonlyMap<string, Piece>;
}

/** A run of slots of one piece at its place in the whole. */
interface Placed { readonly piece: Piece; readonly from: number; readonly to: number; readonly at: number }

const SLOT_BYTES = 8;
const JA = 0x05, LDDW = 0x18, CALL = 0x85;
const PSEUDO_CALL = 1, PSEUDO_FUNC = 4, PSEUDO_MAP = 1, PSEUDO_MAP_VALUE = 2;

export function link(input: LinkInput): LinkResult {
  const chosen = chooseJoints(input);
  if (typeof chosen === 'string') return { ok: false, problem: chosen };
  const placed = place(input, chosen.joints, chosen.called);
  const last = placed[placed.length - 1] as Placed;
  const code = new Uint8Array((last.at + last.to - last.from) * SLOT_BYTES);
  const view = new DataView(code.buffer);
  const start = new Map(placed.filter(run => run.from === 0).map(run => [run.piece, run.at]));

  for (const run of placed) code.set(run.piece.code.subarray(run.from * SLOT_BYTES, run.to * SLOT_BYTES), run.at * SLOT_BYTES);
  for (const run of placed) {
    const moved = (slot: number): number => newSlot(placed, run.piece, slot);
    refixCalls(view, run, moved);
    for (const patch of run.piece.patches) {
      if (patch.slot < run.from || patch.slot >= run.to) continue;
      const problem = apply(view, moved(patch.slot), patch, name => {
        const joint = input.joints.get(name);
        return joint && start.get(joint);
      });
      if (problem !== undefined) return { ok: false, problem: `${run.piece.name}, slot ${patch.slot}: ${problem}` };
    }
  }
  return { ok: true, linked: { name: input.body.name, code, ...tables(placed, chosen.called) } };
}

interface Chosen { readonly joints: readonly Piece[]; readonly called: readonly Piece[] }

/** The joints that are reached, in order of first use; or what is wrong. */
function chooseJoints(input: LinkInput): Chosen | string {
  const chosen: Piece[] = [];
  const called: Piece[] = [];
  const queue = [...(input.prologue ? [input.prologue] : []), input.body];
  for (let piece = queue.shift(); piece; piece = queue.shift()) {
    const slots = piece.code.length / SLOT_BYTES;
    if (slots === 0 || !Number.isInteger(slots)) return `${piece.name}: ${piece.code.length} bytes of code are not a program`;
    if (piece !== input.body && piece.functions.length > 0) return `${piece.name}: only the body may have functions`;
    const entrySlots = piece.functions[0]?.slot ?? slots;
    for (const patch of piece.patches) {
      const wide = patch.kind === 'map' || patch.kind === 'map-value' ? 2 : 1;
      if (patch.slot < 0 || patch.slot + wide > slots) return `${piece.name}: a relocation at slot ${patch.slot} is outside of the code`;
      if (patch.kind !== 'exit' && patch.kind !== 'call') continue;
      if (patch.kind === 'exit' && (patch.slot >= entrySlots || called.includes(piece))) return `${piece.name}, slot ${patch.slot}: an exit inside a function`;
      const joint = input.joints.get(patch.to);
      if (joint === undefined) return `${piece.name}, slot ${patch.slot}: nothing is joined to the ${patch.kind} '${patch.to}'`;
      const list = patch.kind === 'exit' ? chosen : called;
      if (list.includes(joint)) continue;
      list.push(joint);
      queue.push(joint);
    }
  }
  return { joints: chosen, called };
}

function place(input: LinkInput, joints: readonly Piece[], called: readonly Piece[]): Placed[] {
  const placed: Placed[] = [];
  let at = 0;
  const put = (piece: Piece, from: number, to: number): void => {
    placed.push({ piece, from, to, at });
    at += to - from;
  };
  const slots = (piece: Piece): number => piece.code.length / SLOT_BYTES;
  const entryEnd = input.body.functions[0]?.slot ?? slots(input.body);
  if (input.prologue) put(input.prologue, 0, slots(input.prologue));
  if (input.body.reads) { const piece = linear(input.body.reads); put(piece, 0, slots(piece)); }
  put(input.body, 0, entryEnd);
  for (const joint of joints) put(joint, 0, slots(joint));
  if (entryEnd < slots(input.body)) put(input.body, entryEnd, slots(input.body));
  for (const joint of called) put(joint, 0, slots(joint));
  return placed;
}

function newSlot(placed: readonly Placed[], piece: Piece, slot: number): number {
  const run = placed.find(r => r.piece === piece && slot >= r.from && slot < r.to);
  return run ? run.at + slot - run.from : -1;
}

/** Calls of static functions are relative: joints stand between caller and callee now. */
function refixCalls(view: DataView, run: Placed, moved: (slot: number) => number): void {
  if (run.piece.functions.length === 0) return;
  for (let slot = run.from; slot < run.to; slot++) {
    const at = (run.at + slot - run.from) * SLOT_BYTES;
    const opcode = view.getUint8(at);
    const source = view.getUint8(at + 1) >> 4;
    if ((opcode === CALL && source === PSEUDO_CALL) || (opcode === LDDW && source === PSEUDO_FUNC)) {
      const target = moved(slot + 1 + view.getInt32(at + 4, true));
      view.setInt32(at + 4, target - moved(slot) - 1, true);
    }
    if (opcode === LDDW) slot++;
  }
}

/** Writes one patch at `slot` of the whole. Returns what is wrong, if anything. */
function apply(view: DataView, slot: number, patch: Patch, startOf: (name: string) => number | undefined): string | undefined {
  const at = slot * SLOT_BYTES;
  const opcode = view.getUint8(at);
  const register = view.getUint8(at + 1) & 0x0f;
  switch (patch.kind) {
    case 'map':
    case 'map-value':
      if (opcode !== LDDW) return 'a map is wanted where no wide load is';
      view.setUint8(at + 1, register | (patch.kind === 'map' ? PSEUDO_MAP : PSEUDO_MAP_VALUE) << 4);
      view.setInt32(at + 4, patch.handle, true);
      view.setInt32(at + SLOT_BYTES + 4, patch.kind === 'map' ? 0 : patch.offset, true);
      return undefined;
    case 'immediate':
      view.setInt32(at + 4, patch.value | 0, true);
      return undefined;
    case 'exit': {
      if (opcode !== JA) return `the exit '${patch.to}' is not an unconditional jump`;
      const distance = (startOf(patch.to) as number) - slot - 1;
      if (distance > 0x7fff || distance < -0x8000) return `the exit '${patch.to}' is ${distance} slots away, farther than a jump reaches`;
      view.setInt16(at + 2, distance, true);
      return undefined;
    }
    case 'call':
      if (opcode !== CALL || view.getUint8(at + 1) >> 4 !== PSEUDO_CALL) return `'${patch.to}' is not called as a function`;
      view.setInt32(at + 4, (startOf(patch.to) as number) - slot - 1, true);
      return undefined;
  }
}

function tables(placed: readonly Placed[], called: readonly Piece[]): Pick<Linked, 'files' | 'lines' | 'functions' | 'pieces'> {
  const files: string[] = [];
  const lines: LineEntry[] = [];
  const functions: { slot: number; name: string }[] = [];
  const pieces: { slot: number; name: string }[] = [];
  for (const run of placed) {
    const at = (slot: number): number => run.at + slot - run.from;
    const inside = ({ slot }: { readonly slot: number }): boolean => slot >= run.from && slot < run.to;
    if (run.from === 0) pieces.push({ slot: run.at, name: run.piece.name });
    for (const line of run.piece.lines.filter(inside)) {
      const name = run.piece.files[line.file] ?? '';
      if (!files.includes(name)) files.push(name);
      lines.push({ ...line, slot: at(line.slot), file: files.indexOf(name) });
    }
    if (called.includes(run.piece)) functions.push({ slot: run.at, name: run.piece.name });
    for (const entry of run.piece.functions.filter(inside)) functions.push({ slot: at(entry.slot), name: entry.name });
  }
  return { files, lines, functions, pieces };
}
