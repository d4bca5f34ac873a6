// Reading what modules log: records become lines again, and whoever listens gives credit. Where nobody listens a line costs a load and a jump and
// sends nothing; where it has used up its credit it counts, so a flood of packets is a few lines a second and a number. Rings are read by engines.

import type { Image, LogLine, Logs, MapDecl } from './image.ts';
import { u32Bytes, u32Of, type LiveMap } from './live-map.ts';
import { sizeOf, struct, type Layout } from './layout.ts';
import { sumsOfCpus } from './per-cpu.ts';
import { decodeValue, type Plain } from './values.ts';

/** Bytes of values in a record. */
export const MOST_LOGGED_BYTES = 64;
export const CREDIT_BYTES = 4;

export interface Logged { readonly file: string; readonly line: number; readonly text: string }

const INDEX = 'line';

/** Of the values' layouts, in their order. */
export function recordLayout(values: readonly Layout[]): LogLine['record'] {
  const index: Layout = { kind: 'int', bits: 32, signed: false, order: 'little' };
  return struct('log', [{ name: INDEX, layout: index }, ...values.map((layout, i) => ({ name: `${i}`, layout }))]);
}

/** Of a line's word: somebody listens, and there is no credit left. */
export const USED_UP = 1;

/** The value of the credit's entry that gives every line so much. */
export function creditBytes({ lines }: Logs, credit: number): Uint8Array {
  return new Uint8Array(new Uint32Array(lines.length).fill(USED_UP + credit).buffer);
}

/** Undefined: not a record of this image. */
export function readLogged(image: Image, record: Uint8Array): Logged | undefined {
  if (record.length < CREDIT_BYTES) return undefined;
  const line = image.logs?.lines[u32Of(record)];
  if (!line || record.length < line.record.bytes) return undefined;
  const values = line.record.fields.slice(1).map(f => decodeValue(f.layout, record.subarray(f.offset, f.offset + sizeOf(f.layout))));
  return { ...placeOf(image, line), text: line.texts.map((text, i) => `${text}${i < values.length ? String(values[i] as Plain) : ''}`).join('') };
}

/** How many records of each line nobody was sent, since its maps were made, though somebody listened. */
export function unsaidBy({ lines }: Logs, counts: LiveMap): number[] {
  return lines.map((_, line) => sumsOfCpus(counts.lookup(u32Bytes(line)), 8)[0]!);
}

/** The lines of which more is unsaid than `before` was, and how much. */
export function unsaidSince(image: Image & { readonly logs: Logs }, before: readonly number[], counts: readonly number[]): (Omit<Logged, 'text'> & { readonly unsaid: number })[] {
  return image.logs.lines.flatMap((line, i) => {
    const unsaid = counts[i]! - (before[i] ?? 0);
    return unsaid > 0 ? [{ ...placeOf(image, line), unsaid }] : [];
  });
}

/** The compiler's own maps, behind the module's: what is in them is understood by their own image only. */
export function isOfLogs({ logs, maps }: Image, decl: MapDecl): boolean {
  return logs !== undefined && [logs.ring, logs.credit, logs.unsaid].some(map => decl === maps[map]);
}

function placeOf(image: Image, { file, line }: LogLine): Omit<Logged, 'text'> {
  return { file: image.files[file] ?? '', line };
}
