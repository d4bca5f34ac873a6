// An entry point of an image with joints that return the verdict: what is counted, and what is loaded. It touches no kernel.

import { link, type Linked } from '../../src/datapath/link/link.ts';
import { modulePiece } from '../../src/datapath/link/piece.ts';
import { verdictJoints } from '../../src/datapath/link/verdicts.ts';
import type { Image, Program } from '../../src/image/image.ts';
import { ELEMENT, type Entry } from './subject.ts';

/** `handle`: a map's descriptor by its index; any number where the code is only counted. */
export function linkedEntry(image: Image, { name }: Entry, { hz, handle }: { readonly hz: number; readonly handle: (map: number) => number }): Linked {
  const program = image.programs.find(p => p.name === name);
  if (!program) throw new Error(`${image.name} has no program ${name}`);
  return linkedProgram(image, program, { hz, handle });
}

/** An entry point or a stage. */
export function linkedProgram(image: Image, program: Program, { hz, handle }: { readonly hz: number; readonly handle: (map: number) => number }): Linked {
  const body = modulePiece(program, image.files, { map: handle, constant: constant => constant === 'element' ? ELEMENT : hz });
  const result = link({ body, joints: verdictJoints() });
  if (!result.ok) throw new Error(`${image.name}, ${program.name}: ${result.problem}`);
  return result.linked;
}
