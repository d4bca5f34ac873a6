// An image's programs as assembler text, under the lines of source that they come from: for people.

import { decode } from '../isa/decode.ts';
import { disassemble } from '../isa/disassemble.ts';
import type { SymbolRelocation } from '../isa/assemble.ts';
import type { Image, Program, Relocation } from './image.ts';

export function listing(image: Image): string {
  return [...image.programs, ...image.stages ?? []].map(program => `# program ${program.name} (${program.hook}): ${program.code.length / 8} slots, ${program.stackBytes} bytes of stack\n${programText(image, program)}`).join('\n');
}

function programText(image: Image, program: Program): string {
  const decoded = decode(program.code);
  if (!decoded.ok) return '# not a program\n';
  const text = disassemble(decoded.insns, {
    relocations: program.relocations.map(r => symbolOf(image, r)), labels: new Map(program.functions.map(f => [f.slot, f.name])), comment: commentsOf(image, program),
  });
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** A source line is shown where it begins to be another one than before. */
function commentsOf(image: Image, program: Program): (slot: number) => string | undefined {
  const comments = new Map<number, string>();
  let before = '';
  for (const line of program.lines) {
    const place = `${image.files[line.file] ?? '?'}:${line.line}`;
    if (place !== before && line.text !== '') comments.set(line.slot, `${place}  ${line.text}`);
    before = place;
  }
  return slot => comments.get(slot);
}

function symbolOf(image: Image, r: Relocation): SymbolRelocation {
  const { kind, slot } = r;
  switch (r.kind) {
    case 'map': case 'map-value': return { kind, slot, name: image.maps[r.map]?.name ?? '', offset: r.kind === 'map' ? 0 : r.offset };
    case 'constant': return { kind, slot, name: r.name, offset: 0 };
    case 'exit': return { kind, slot, name: r.exit, offset: 0 };
    case 'call': return { kind, slot, name: r.call, offset: 0 };
  }
}
