// TCP of simulated hosts: a client that sends a text to an echo service and reads it back, and that service. In order and without loss.

import * as p from '../../lang/packets.ts';
import type { Segment } from './arrived.ts';

const FLAG = { FIN: 1, SYN: 2, RST: 4, ACK: 16 } as const;

interface TcpClientParts {
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

/** What a port without a service says to who would open a connection. */
export function refusal({ srcPort, dstPort, seq }: Segment): p.Layer[] {
  return [p.tcp({ srcPort: dstPort, dstPort: srcPort, flags: 'RA', seq: 0, ackSeq: next(seq, 1) })];
}

export function opens({ flags }: Segment): boolean {
  return (flags & (FLAG.SYN | FLAG.ACK)) === FLAG.SYN;
}

/** Connections that a service keeps; the oldest gives way. */
const MOST_CONNECTIONS = 256;

/** The next byte that is expected, and the next that is sent. */
interface Connection { received: number; sent: number; closing?: boolean }

/** Sends back what it gets, on every connection in order. What comes out of order is asked for again. */
export class EchoServer {
  readonly #connections = new Map<string, Connection>();

  segment({ from, srcPort, dstPort, seq, ackSeq, flags, content }: Segment): p.Layer[] | undefined {
    const name = `${from} ${srcPort}`;
    const answer = (flagText: string, { sent, received }: Connection, ...more: p.Layer[]): p.Layer[] =>
      [p.tcp({ srcPort: dstPort, dstPort: srcPort, flags: flagText, seq: sent, ackSeq: received }), ...more];
    if (flags & FLAG.RST) {
      this.#connections.delete(name);
      return undefined;
    }
    if (flags & FLAG.SYN) {
      const [oldest] = this.#connections.keys();
      if (oldest !== undefined && this.#connections.size >= MOST_CONNECTIONS) this.#connections.delete(oldest);
      this.#connections.set(name, { received: next(seq, 1), sent: 1 });
      return answer('SA', { received: next(seq, 1), sent: 0 });
    }
    const connection = this.#connections.get(name);
    if (!connection) return answer('R', { received: 0, sent: ackSeq });
    if (connection.closing && ackSeq === connection.sent) {
      this.#connections.delete(name);
      return undefined;
    }
    if (seq !== connection.received) return content.length > 0 || flags & FLAG.FIN ? answer('A', connection) : undefined;
    const before = { ...connection, received: next(seq, content.length) };
    Object.assign(connection, { received: before.received, sent: next(before.sent, content.length) });
    if (flags & FLAG.FIN) {
      Object.assign(connection, { received: next(connection.received, 1), sent: next(connection.sent, 1), closing: true });
      return answer(content.length > 0 ? 'FPA' : 'FA', { ...before, received: connection.received }, ...(content.length > 0 ? [p.data(new TextDecoder().decode(content))] : []));
    }
    return content.length === 0 ? undefined : answer('PA', before, p.data(new TextDecoder().decode(content)));
  }
}

/** Sequence numbers go round. */
function next(from: number, bytes: number): number {
  return from + bytes >>> 0;
}
