// Reading what modules log: records become lines again, and whoever listens gives credit. A line without credit costs a load and a jump and
// sends nothing; so nobody pays where nobody listens, and a flood of packets is a few lines a second. Rings are read by engines.

import type { Image, LogLine, Logs } from './image.ts';
import { sizeOf, struct, type Layout } from './layout.ts';
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

/** The value of the credit's entry that gives every line so much. */
export function creditBytes({ lines }: Logs, credit: number): Uint8Array {
  return new Uint8Array(new Uint32Array(lines.length).fill(credit).buffer);
}

/** Undefined: not a record of this image. */
export function readLogged(image: Image, record: Uint8Array): Logged | undefined {
  if (record.length < CREDIT_BYTES) return undefined;
  const line = image.logs?.lines[new DataView(record.buffer, record.byteOffset).getUint32(0, true)];
  if (!line || record.length < line.record.bytes) return undefined;
  const values = line.record.fields.slice(1).map(f => decodeValue(f.layout, record.subarray(f.offset, f.offset + sizeOf(f.layout))));
  return { ...placeOf(image, line), text: line.texts.map((text, i) => `${text}${i < values.length ? String(values[i] as Plain) : ''}`).join('') };
}

/** The lines that have used up what they were given. */
export function exhausted(image: Image, credit: Uint8Array): Omit<Logged, 'text'>[] {
  const view = new DataView(credit.buffer, credit.byteOffset);
  return (image.logs?.lines ?? []).flatMap((line, i) => view.getUint32(CREDIT_BYTES * i, true) === 0 ? [placeOf(image, line)] : []);
}

function placeOf(image: Image, { file, line }: LogLine): Omit<Logged, 'text'> {
  return { file: image.files[file] ?? '', line };
}
