// Sequences as files: what the fuzzer saves, and sequences.test.ts runs again.
//
//     -- hook xdp          -- frame (hexadecimal)          -- asm, once for each program, with maps by index in maps.ts

import { assemble } from '../../src/isa/assemble.ts';
import { disassemble } from '../../src/isa/disassemble.ts';
import type { Sequence } from './random-sequence.ts';

export function sequenceText({ hook, programs, frame }: Sequence): string {
  return [`-- hook ${hook}`, '-- frame', Buffer.from(frame).toString('hex'), ...programs.flatMap(insns => ['-- asm', disassemble(insns)])].join('\n') + '\n';
}

export function parseSequence(text: string): Sequence {
  const hook = /^-- hook (tc|xdp)$/m.exec(text)?.[1] as Sequence['hook'];
  const frame = new Uint8Array(Buffer.from(/^-- frame\n([0-9a-f]*)$/m.exec(text)?.[1] ?? '', 'hex'));
  const programs = text.split(/^-- asm\n/m).slice(1).map(part => {
    const assembled = assemble(part);
    if (!assembled.ok) throw new Error(assembled.errors.map(e => `${e.line}: ${e.message}`).join('\n'));
    return assembled.insns;
  });
  return { hook, programs, frame };
}
