// What was expected of a packet against what became of it, as text for people. It runs nothing.

import type { Verdict } from '../datapath/link/verdicts.ts';
import type { Image } from '../image/image.ts';
import type { Logged } from '../image/logs.ts';
import { build } from '../lang/packets/build.ts';
import { differenceOf } from '../lang/packets/describe.ts';
import type { Outcome, Sent } from '../lang/packets.ts';
import type { Copy } from './copies.ts';

export interface Happened {
  readonly verdict: Verdict | undefined;
  readonly frame: Uint8Array;
  readonly copies: readonly Copy[];
  readonly logged: readonly Logged[];
}

/** Undefined: as expected. `sent`: the frame as it went in. */
export function difference(image: Image, { outcome: expected, copies }: Pick<Sent, 'outcome' | 'copies'>, happened: Happened, sent: Uint8Array): string | undefined {
  const ports = (of: readonly { readonly port: number }[]): string => of.length === 0 ? 'no copies' : `copies to ${of.map(c => `port ${c.port}`).join(', ')}`;
  if (ports(copies) !== ports(happened.copies)) return `expected: ${ports(copies)}\nhappened: ${ports(happened.copies)}`;
  for (const [i, { port, frame }] of copies.entries()) {
    const differs = differenceOf(frame === undefined ? sent : build(frame), (happened.copies[i] as Copy).frame);
    if (differs !== undefined) return `mirrored to port ${port}, but another frame:\n${differs}`;
  }
  const want = wordsOf(expected);
  const have = verdictWords(image, happened.verdict);
  if (!have.startsWith(want) || (have.length > want.length && have[want.length] !== ' ')) return `expected: ${want}\nhappened: ${have}`;
  if ('reason' in expected) return undefined;
  const frame = expected.frame === undefined ? sent : build(expected.frame);
  const differs = differenceOf(frame, happened.frame);
  return differs === undefined ? undefined : `${want}, but with another frame:\n${differs}`;
}

function wordsOf(outcome: Outcome): string {
  switch (outcome.outcome) {
    case 'to': return `to port ${outcome.port}`;
    case 'dropped': return `dropped as '${outcome.reason}'`;
    case 'punted': return `punted as '${outcome.reason}'`;
    default: return outcome.outcome;
  }
}

/** As `to port 2`, `dropped as 'short' (bridge.ts:7)`. */
export function verdictWords(image: Image, verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'the program ended by itself';
  switch (verdict.exit) {
    case 'to': return `to port ${verdict.value}`;
    case 'flood': return 'flooded';
    case 'reply': return 'replied';
    case 'next': return 'passed';
    case 'drop': case 'punt': {
      const site = image.sites[verdict.value];
      const where = site === undefined ? '' : ` (${image.files[site.file] ?? ''}:${site.line})`;
      return `${verdict.exit === 'drop' ? 'dropped' : 'punted'} as '${site?.reason ?? `site ${verdict.value}`}'${where}`;
    }
  }
}
