// Packets into an element and out of it, as a capture: an interface for each way in and out. What became of a packet is a comment with it;
// a drop's has its reason and line.

import type { Image } from '../image/image.ts';
import { LINKTYPE_ETHERNET, type CapturedPacket } from '../pcapng/format.ts';
import { writePcapng } from '../pcapng/write.ts';
import { type Happened, verdictWords } from './outcome.ts';

/** Between two packets that no one waited for. */
const APART_NS = 1000n;

export interface Passage {
  readonly by: number | string;
  readonly frame: Uint8Array;
  readonly happened: Happened;
  /** What it is of, in words. */
  readonly title: string;
  /** Since 1970; without it, behind the packet before it. */
  readonly timeNs?: bigint;
}

export class CaseCapture {
  readonly #image: Image;
  readonly #interfaces: string[] = [];
  readonly #packets: CapturedPacket[] = [];
  #nowNs = 0n;

  constructor(image: Image) {
    this.#image = image;
  }

  wait(seconds: number): void {
    this.#nowNs += BigInt(Math.round(seconds * 1e9));
  }

  add({ by, frame, happened, title, timeNs }: Passage): void {
    this.#nowNs = timeNs ?? this.#nowNs + APART_NS;
    this.#packet(this.#wayText(by), 'inbound', frame, [title, verdictWords(this.#image, happened.verdict)]);
    for (const copy of happened.copies) this.#packet(this.#wayText(copy.port), 'outbound', copy.frame, [`${title}: a mirrored copy`]);
    const out = this.#wayOut(by, happened);
    if (out !== undefined) this.#packet(out, 'outbound', happened.frame, [title]);
  }

  file(): Uint8Array<ArrayBuffer> {
    return writePcapng({ interfaces: this.#interfaces.map(name => ({ name, linkType: LINKTYPE_ETHERNET })), packets: this.#packets });
  }

  #wayOut(by: number | string, { verdict }: Happened): string | undefined {
    switch (verdict?.exit) {
      case 'to': return this.#wayText(verdict.value);
      case 'reply': return this.#wayText(by);
      case 'flood': return 'flooded';
      case 'next': return 'passed';
      default: return undefined;
    }
  }

  #wayText(way: number | string): string {
    return typeof way === 'string' ? way : this.#image.ports[way] ?? `port ${way}`;
  }

  #packet(name: string, direction: 'inbound' | 'outbound', frame: Uint8Array, comments: readonly string[]): void {
    const known = this.#interfaces.indexOf(name);
    const index = known >= 0 ? known : this.#interfaces.push(name) - 1;
    this.#packets.push({ interface: index, timeNs: this.#nowNs, frame, direction, comments });
  }
}
