// Messages of DNS in a stream: each behind its length (RFC 1035 4.2.2). Pure.

const MOST_WAITING_BYTES = 2 * 65_537;

export function framed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + message.length);
  new DataView(bytes.buffer).setUint16(0, message.length);
  bytes.set(message, 2);
  return bytes;
}

/** What comes in pieces, put together. */
export class Unframer {
  #waiting = new Uint8Array(0);

  /** The messages that are whole now; undefined: more than a peer may leave unfinished. */
  add(piece: Uint8Array): Uint8Array[] | undefined {
    const all = new Uint8Array(this.#waiting.length + piece.length);
    all.set(this.#waiting);
    all.set(piece, this.#waiting.length);
    const messages: Uint8Array[] = [];
    let at = 0;
    while (all.length - at >= 2) {
      const end = at + 2 + (all[at]! << 8 | all[at + 1]!);
      if (end > all.length) break;
      messages.push(all.slice(at + 2, end));
      at = end;
    }
    this.#waiting = all.slice(at);
    return this.#waiting.length > MOST_WAITING_BYTES ? undefined : messages;
  }
}
