// VLAN tags at the devices of a simulated server, as kernels have them: the outermost tag is taken out of the frame before any program sees it, lies
// beside it meanwhile, and is in it again on the wire (skb_vlan_untag, net/core/skbuff.c).

import type { Vlan } from '../../vm/packet/effect.ts';

const ADDRESSES_BYTES = 12, TAG_BYTES = 4, TYPE_BYTES = 2;
const TYPE_8021Q = 0x8100, TYPE_8021AD = 0x88a8;

/** Undefined: the frame ends within its tag, and is lost before any program sees it. */
export function untagged(frame: Uint8Array): { readonly frame: Uint8Array; readonly vlan?: Vlan } | undefined {
  const protocol = (frame[12] ?? 0) << 8 | (frame[13] ?? 0);
  if (protocol !== TYPE_8021Q && protocol !== TYPE_8021AD) return { frame };
  if (frame.byteLength < ADDRESSES_BYTES + TAG_BYTES + TYPE_BYTES + TYPE_BYTES) return undefined;
  const bare = new Uint8Array(frame.byteLength - TAG_BYTES);
  bare.set(frame.subarray(0, ADDRESSES_BYTES));
  bare.set(frame.subarray(ADDRESSES_BYTES + TAG_BYTES), ADDRESSES_BYTES);
  return { frame: bare, vlan: { protocol, tci: (frame[14] ?? 0) << 8 | (frame[15] ?? 0) } };
}

export function tagged(frame: Uint8Array, vlan: Vlan | undefined): Uint8Array {
  if (!vlan) return frame;
  const whole = new Uint8Array(frame.byteLength + TAG_BYTES);
  whole.set(frame.subarray(0, ADDRESSES_BYTES));
  whole.set([vlan.protocol >> 8, vlan.protocol & 0xff, vlan.tci >> 8, vlan.tci & 0xff], ADDRESSES_BYTES);
  whole.set(frame.subarray(ADDRESSES_BYTES), ADDRESSES_BYTES + TAG_BYTES);
  return whole;
}
