// Whether both sides of a subject do the same with the same packets: without that no figure means anything.

import { once } from './runs.ts';
import type { Sent, Side, Subject, Variant } from './subject.ts';

/** Gives how many packets were compared. @throws Error  where the two differ, or a packet meets another fate than it should */
export function compareFates(subject: Subject, variant: Variant, sides: readonly Side[]): number {
  const works = subject.works.filter(work => work.variant === variant.name);
  for (const { before = [], sent, verdict, name } of works) {
    for (const side of sides) for (const earlier of before) once(side.programs.get(earlier.entry)!, earlier);
    compare(`${subject.name}, ${name}`, sides, sent, verdict);
  }
  const compared = subject.compared.filter(one => one.variant === variant.name);
  for (const [i, { sent, verdict }] of compared.entries()) compare(`${subject.name}, ${variant.name}, packet ${i} of those compared`, sides, sent, verdict);
  return works.length + compared.length;
}

function compare(what: string, sides: readonly Side[], sent: Sent, expected: string): void {
  const fates = sides.map(side => {
    const { result, frame } = once(side.programs.get(sent.entry)!, sent);
    return { name: side.name, verdict: side.verdict(result), frame: Buffer.from(frame).toString('hex') };
  });
  const [first] = fates as [typeof fates[0]];
  if (fates.every(fate => fate.verdict === expected && fate.frame === first.frame)) return;
  const told = fates.map(fate => `  ${fate.name}: ${fate.verdict} ${fate.frame}`).join('\n');
  throw new Error(`the two cannot be compared, for a packet has not the fate that it should have (${what}: ${expected}):\n${told}`);
}
