// What a watcher of a laboratory saw, as a capture: each server's devices and each host are interfaces. A frame is there where a server took
// it in and where a host heard it; what became of it, where it ended, is a comment.

import { LINKTYPE_ETHERNET, type CapturedPacket } from '../../pcapng/format.ts';
import { writePcapng } from '../../pcapng/write.ts';
import type { Hop, HopPlace } from './hop.ts';

const MOST_PACKETS = 65_536;

interface LabCaptureOptions {
  /** The laboratory's clock. */
  readonly nowNs: () => number;
  /** What it is to be counted from, since 1970. Default 0: the capture shows the laboratory's own time. */
  readonly epochNs?: bigint;
}

export class LabCapture {
  readonly #options: LabCaptureOptions;
  readonly #interfaces: string[] = [];
  #packets: CapturedPacket[] = [];
  /** Packets after the most that are kept. */
  lost = 0;

  constructor(options: LabCaptureOptions) {
    this.#options = options;
  }

  get packets(): number {
    return this.#packets.length;
  }

  /** `ended`: why the frame went no further, as far as it is known. */
  record(hop: Hop, ended?: string): void {
    if (this.#packets.length >= MOST_PACKETS) {
      this.lost++;
      return;
    }
    const comment = hop.at === 'host' ? undefined : ended ?? (hop.to.length === 0 ? 'ended here' : `to ${hop.to.map(placeText).join(', ')}`);
    this.#packets.push({
      interface: this.#interface(hop.at === 'host' ? hop.host : `${hop.server} ${placeText(hop.by)}`),
      timeNs: (this.#options.epochNs ?? 0n) + BigInt(Math.round(this.#options.nowNs())),
      frame: hop.frame, direction: 'inbound', ...(comment !== undefined && { comments: [comment] }),
    });
  }

  /** Interfaces keep their numbers. */
  clear(): void {
    this.#packets = [];
    this.lost = 0;
  }

  file(): Uint8Array<ArrayBuffer> {
    return writePcapng({ interfaces: this.#interfaces.map(name => ({ name, linkType: LINKTYPE_ETHERNET })), packets: this.#packets });
  }

  #interface(name: string): number {
    const known = this.#interfaces.indexOf(name);
    return known >= 0 ? known : this.#interfaces.push(name) - 1;
  }
}

function placeText(place: HopPlace): string {
  return place.kind === 'endpoint' ? place.host : place.kind;
}
