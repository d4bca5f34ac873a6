// Runs of type, length, value for the module evaluator: which elements a loop sees, and what is read of them.

import { read } from './evaluate-headers.ts';
import type { PacketMemory } from './evaluate-packet.ts';
import type { Tlv, View } from './evaluate-values.ts';

export interface Run {
  readonly start: number;
  readonly end: number;
  readonly most: number;
  readonly pad?: number | undefined;
  readonly stop?: number | undefined;
  readonly lengthUnit: number;
  readonly lengthCoversHeader: boolean;
}

/** Where a run may go on at most. */
const FARTHEST = 0x800;

/** Options of a header, at most 32. */
export function optionsOf(packet: PacketMemory, view: View): Run {
  const classic = { most: 32, pad: 1, stop: 0, lengthUnit: 1, lengthCoversHeader: true };
  const plain = { most: 32, pad: 0, lengthUnit: 1, lengthCoversHeader: false };
  const { at } = view;
  switch (view.header.name) {
    case 'Ipv4': case 'Tcp': return { ...classic, start: at + 20, end: at + Number(read(packet, view, 'headerLength') as bigint) };
    case 'Ipv6Options': return { ...plain, start: at + 2, end: at + 8 + 8 * packet.number(view, 'words') };
    default: throw new Error(`no meaning: options of ${view.header.name}`);
  }
}

/** The packet may change while the loop runs: each element is looked for when it is its turn. */
export function* elements(packet: PacketMemory, run: Run): Generator<Tlv> {
  let at = run.start;
  for (let round = 0; round < run.most && at < run.end && at <= FARTHEST; round++) {
    const type = packet.bytes[at];
    if (type === undefined || type === run.stop) return;
    if (type === run.pad) { at++; continue; }
    const raw = packet.bytes[at + 1];
    if (raw === undefined) return;
    const length = raw * run.lengthUnit - (run.lengthCoversHeader ? 2 : 0);
    if (length < 0) return;
    const next = at + 2 + length;
    yield { tlv: at, type: BigInt(type), length };
    at = next;
  }
}

/** Past the value or the packet: 0. */
export function readTlv(packet: PacketMemory, { tlv, length }: Tlv, offset: number, bits: number): bigint {
  const from = tlv + 2 + offset;
  if (offset + bits / 8 > length || from + bits / 8 > packet.bytes.length) return 0n;
  return [...packet.bytes.subarray(from, from + bits / 8)].reduce((n, b) => n << 8n | BigInt(b), 0n);
}
