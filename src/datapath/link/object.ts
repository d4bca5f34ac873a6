// A compiled module as an ELF object for other loaders (bpftool, libbpf). Its exits return the verdict as a number, as in packet cases
// (verdicts.ts), for outside of our data path nothing is there to go to.

import type { Checked } from '../../image/elf/problem.ts';
import { elfOf, type ProgramToWrite } from '../../image/elf/write-object.ts';
import type { Image, Program } from '../../image/image.ts';
import { link } from './link.ts';
import { modulePiece } from './piece.ts';
import { verdictJoints } from './verdicts.ts';

interface ObjectConstants {
  /** The one element that the object is for; its maps' keys begin with it. */
  readonly element: number;
  /** Jiffies a second of the kernel it will run on. */
  readonly hz: number;
}

export function objectOf(image: Image, constants: ObjectConstants): Checked<Uint8Array<ArrayBuffer>> {
  const programs: ProgramToWrite[] = [];
  const stages = image.stages ?? [];
  for (const [i, program] of [...image.programs, ...stages].entries()) {
    const mirrors = program.relocations.find(r => r.kind === 'call' && r.call === 'mirror');
    if (mirrors) return { ok: false, problem: { place: placeOf(image, program, mirrors.slot), message: 'mirror needs ports that copies go out by, and an object has none; build an image, or leave mirror out' } };
    const body = modulePiece(program, image.files, { map: index => index, constant: name => constants[name] });
    const result = link({ body, joints: verdictJoints() });
    if (!result.ok) return { ok: false, problem: { place: `program ${program.name}`, message: result.problem } };
    programs.push({ ...result.linked, hook: program.hook, name: `${image.name}_${program.name}${i < image.programs.length ? '' : `_stage${i - image.programs.length}`}`.replace(/[^A-Za-z0-9_]/g, '_') });
  }
  return elfOf({ programs, maps: image.maps, stages: stages.map((_, slot) => image.programs.length + slot) });
}

function placeOf(image: Image, program: Program, slot: number): string {
  const line = program.lines.findLast(entry => entry.slot <= slot);
  return line ? `${image.files[line.file]}:${line.line}:${line.column}` : `program ${program.name}`;
}
