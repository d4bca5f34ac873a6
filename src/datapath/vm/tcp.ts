// TCP of simulated hosts: a client that sends a text to an echo service and reads it back, and that service. In order and without loss.

import * as p from '../../lang/packets.ts';
import type { Segment } from './arrived.ts';

const FLAG = { FIN: 1, SYN: 2 } as const;

export interface TcpClientParts {
  readonly srcPort: number;
  readonly dstPort: number;
  readonly content: string;
  readonly segmentBytes: number;
}

export class TcpClient {
  readonly #parts: TcpClientParts;
  #sent = 0;
  #received = '';
  #next = 0;
  #seq = 1;
  #closed = false;

  constructor(parts: TcpClientParts) {
    this.#parts = parts;
  }

  /** All came back, and both sides closed. */
  get done(): boolean {
    return this.#closed && this.#received === this.#parts.content;
  }

  open(): p.Layer[] {
    return [this.#header('S', 0, 0)];
  }

  /** What is to be sent upon a segment of the service. */
  segment(arrived: Segment): p.Layer[][] {
    if (arrived.dstPort !== this.#parts.srcPort) return [];
    if (arrived.flags & FLAG.SYN) {
      this.#next = arrived.seq + 1;
      return [[this.#header('A', this.#seq, this.#next)], this.#more()];
    }
    if (arrived.seq !== this.#next) return [];
    this.#received += new TextDecoder().decode(arrived.content);
    this.#next += arrived.content.length;
    if (arrived.flags & FLAG.FIN) {
      this.#closed = true;
      return [[this.#header('A', this.#seq, this.#next + 1)]];
    }
    return arrived.content.length === 0 ? [] : [this.#more()];
  }

  /** The next part of the text; after the last, the end. One segment is on its way at a time. */
  #more(): p.Layer[] {
    const part = this.#parts.content.slice(this.#sent, this.#sent + this.#parts.segmentBytes);
    const seq = this.#seq;
    this.#sent += part.length;
    this.#seq += part.length === 0 ? 1 : part.length;
    return part.length === 0 ? [this.#header('FA', seq, this.#next)] : [this.#header('PA', seq, this.#next), p.data(part)];
  }

  #header(flags: string, seq: number, ackSeq: number): p.Layer {
    return p.tcp({ srcPort: this.#parts.srcPort, dstPort: this.#parts.dstPort, flags, seq, ackSeq });
  }
}

/** Sends back what it gets. It holds no connection: all it needs is in the segment. */
export class EchoServer {
  segment({ srcPort, dstPort, seq, ackSeq, flags, content }: Segment): p.Layer[] | undefined {
    const header = (flagText: string, own: number, next: number): p.Layer => p.tcp({ srcPort: dstPort, dstPort: srcPort, flags: flagText, seq: own, ackSeq: next });
    if (flags & FLAG.SYN) return [header('SA', 0, seq + 1)];
    if (flags & FLAG.FIN) return [header('FA', ackSeq, seq + 1)];
    if (content.length === 0) return undefined;
    return [header('PA', ackSeq, seq + content.length), p.data(new TextDecoder().decode(content))];
  }
}
