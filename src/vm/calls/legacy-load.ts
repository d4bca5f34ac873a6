// Packet access by the instructions of old, which are no helper functions but as the kernel does them are calls (net/core/filter.c:
// bpf_skb_load_helper_8 and others). Offsets below 0 count from the network header or the Ethernet header, as classic BPF has them.

import { CONTROL } from '../memory/layout.ts';
import type { Machine } from './machine.ts';

/** SKF_NET_OFF, SKF_LL_OFF. */
const NETWORK = -0x100000, LINK = -0x200000;
const ETHERNET_BYTES = 14;

/** Of `size` bytes at an offset: the number, in network order; undefined: the packet has not so many. */
export function legacyLoad({ packet, memory }: Machine, offset: number, size: number): number | undefined {
  const from = offset >= 0 ? offset : offset >= NETWORK ? offset - NETWORK + ETHERNET_BYTES : offset >= LINK ? offset - LINK : -1;
  if (from < 0 || from + size > packet.length) return undefined;
  const at = packet.data + from;
  return size === 1 ? memory.bytes[at]! : size === 2 ? memory.view.getUint16(at) : memory.view.getUint32(at);
}

/** For generated code: the number, and whether there was none in a control word. */
export function legacyLoadOf(machine: Machine): (offset: number, size: number) => number {
  return (offset, size) => {
    const value = legacyLoad(machine, offset, size);
    machine.memory.setU32(CONTROL.short, value === undefined ? 1 : 0);
    return (value ?? 0) | 0;
  };
}
