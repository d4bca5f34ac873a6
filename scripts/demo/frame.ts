// The frame of an intruder: from a workload of one tenant straight to the MAC and address of one of the other.

import { arrayOfMac, internetChecksum } from './bytes.ts';
import type { Workload } from './world.ts';

/** Ethernet, IPv4 and UDP with `text` as payload. */
export function crossFrame(from: Workload, to: Workload, text: string): Uint8Array {
  const payload = new TextEncoder().encode(text);
  const frame = new Uint8Array(14 + 20 + 8 + payload.length);
  const view = new DataView(frame.buffer);
  frame.set(arrayOfMac(to.mac), 0);
  frame.set(arrayOfMac(from.mac), 6);
  view.setUint16(12, 0x0800);
  view.setUint16(14, 0x4500);
  view.setUint16(16, 28 + payload.length);
  view.setUint8(22, 64);
  view.setUint8(23, 17);
  frame.set(from.ip4.split('.').map(Number), 26);
  frame.set(to.ip4.split('.').map(Number), 30);
  view.setUint16(24, internetChecksum(frame.subarray(14, 34)));
  view.setUint16(34, 4000);
  view.setUint16(36, 4000);
  view.setUint16(38, 8 + payload.length);
  frame.set(payload, 42);
  return frame;
}
