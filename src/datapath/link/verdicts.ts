// Joints for packet cases: they end the program and return the verdict as a number. They move no packet.
//
//     r0 = exit << 16 | port or site        (exit: index in EXITS, counted from 1; 0 would be a program that ended by itself)

import type { Exit } from '../../image/image.ts';
import { REPAIRS } from '../joints/repairs.ts';
import type { Piece } from './piece.ts';

const EXITS: readonly Exit[] = ['to', 'flood', 'reply', 'next', 'drop', 'punt'];
const HAS_VALUE: ReadonlySet<Exit> = new Set(['to', 'drop', 'punt']);

/** `value`: the port of `to`, the site of `drop` and `punt`, else 0. */
export interface Verdict { readonly exit: Exit; readonly value: number }

export function verdictJoints(): ReadonlyMap<string, Piece> {
  return new Map<string, Piece>([...EXITS.map((exit, index) => [exit, joint(exit, index + 1)] as const), ...REPAIRS]);
}

/** What a program with these joints returned; undefined if it never left by a joint. */
export function readVerdict(r0: number): Verdict | undefined {
  const exit = EXITS[(r0 >>> 16) - 1];
  return exit && { exit, value: r0 & 0xffff };
}

function joint(exit: Exit, number: number): Piece {
  const instructions: (readonly [opcode: number, registers: number, immediate: number])[] = [
    [0xb4, 0x00, number << 16], // mov32 r0, exit << 16
    ...(HAS_VALUE.has(exit) ? [[0x4c, 0x20, 0] as const] : []), // or32 r0, r2
    [0x95, 0x00, 0], // exit
  ];
  const code = new Uint8Array(instructions.length * 8);
  const view = new DataView(code.buffer);
  for (const [slot, [opcode, registers, immediate]] of instructions.entries()) {
    view.setUint8(slot * 8, opcode);
    view.setUint8(slot * 8 + 1, registers);
    view.setInt32(slot * 8 + 4, immediate, true);
  }
  return { name: exit, code, patches: [], files: [], lines: [], functions: [] };
}
