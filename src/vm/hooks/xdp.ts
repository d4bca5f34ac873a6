// Packets through XDP programs: struct xdp_md before the run, what became of it after.

import { XDP } from '../../image/abi.ts';
import { XDP_REDIRECT } from '../calls/redirect.ts';
import type { Effect } from '../packet/effect.ts';
import type { Packet } from '../packet/packet.ts';

export interface XdpInput {
  readonly frame: Uint8Array;
  readonly ingressIfindex?: number;
  readonly rxQueue?: number;
}

export interface XdpOutput {
  /** XDP_ABORTED 0, DROP 1, PASS 2, TX 3, REDIRECT 4. */
  readonly returnCode: number;
  readonly frame: Uint8Array;
  /** What a program put before the frame, for tc programs of the same device. */
  readonly metadata: Uint8Array;
  readonly effects: readonly Effect[];
}

export function beginXdp(input: XdpInput, packet: Packet): void {
  packet.clearContext();
  packet.begin('xdp', input.frame);
  packet.setField(XDP.ingress_ifindex, input.ingressIfindex ?? 0);
  packet.setField(XDP.rx_queue_index, input.rxQueue ?? 0);
}

export function endXdp(low: number, packet: Packet): XdpOutput {
  return { returnCode: low, frame: packet.frame(), metadata: packet.metadata(), effects: low === XDP_REDIRECT ? packet.redirects : [] };
}
