// Forms in which the kernel may hand the same packet to a program: all of it linear, with only its head linear, or with a transport checksum
// that is still to be finished (CHECKSUM_PARTIAL). A module must do the same with each; packet cases can be run in each.

import { pseudoHeader, internetChecksum } from '../lang/packets/checksum.ts';
import { type PartialChecksum, partialOf } from '../vm/packet/checksum.ts';

export const PACKET_FORMS = ['linear', 'non-linear', 'unfinished'] as const;
export type PacketForm = (typeof PACKET_FORMS)[number];

/** What drivers and the stack leave directly readable at least: headers as most packets have them (GRO_MAX_HEAD is 192 bytes). */
export const LINEAR_BYTES = 128;
const ETHERNET_BYTES = 14, UDP_FIELD = 6;

/** The frame with the pseudo-header's sum in place of its checksum; undefined where it has none that is right, and could not come so. */
export function unfinished(frame: Uint8Array): Uint8Array | undefined {
  const partial = partialOf(frame);
  if (!partial) return undefined;
  const { start, offset } = partial;
  const isIp4 = frame[12] === 8;
  const end = ETHERNET_BYTES + (isIp4 ? be16(frame, 16) : 40 + be16(frame, 18));
  if (end !== frame.length || (isIp4 && (be16(frame, 20) & 0x3fff) !== 0)) return undefined;
  const [src, dst] = isIp4 ? [frame.subarray(26, 30), frame.subarray(30, 34)] : [frame.subarray(22, 38), frame.subarray(38, 54)];
  const pseudo = pseudoHeader(src, dst, frame[isIp4 ? 23 : 20]!, end - start);
  if (be16(frame, start + offset) === 0 || internetChecksum(pseudo, frame.subarray(start)) !== 0) return undefined;
  const changed = frame.slice();
  setBe16(changed, start + offset, ~internetChecksum(pseudo) & 0xffff);
  return changed;
}

/** As who sends it does (skb_checksum_help). */
export function finished(frame: Uint8Array, { start, offset }: PartialChecksum): Uint8Array {
  const changed = frame.slice();
  if (start < 0 || start + offset + 2 > frame.length) return changed;
  const sum = internetChecksum(frame.subarray(start));
  setBe16(changed, start + offset, sum === 0 && offset === UDP_FIELD ? 0xffff : sum);
  return changed;
}

const be16 = (bytes: Uint8Array, at: number): number => bytes[at]! << 8 | bytes[at + 1]!;

function setBe16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}
