// Questions by TCP: connections of clients to one network's resolver, each with a limit on its silence, its number and its questions at once.

import type { Socket } from 'node:net';
import { framed, Unframer } from './framing.ts';

const MOST_STREAMS = 256;
const MOST_STREAMS_OF_ONE = 16;
const SILENCE_MS = 10_000;
const MOST_QUESTIONS = 64;
/** Of answers that a client does not read. */
const MOST_UNREAD_BYTES = 256 << 10;

export class Streams {
  readonly #answer: (message: Uint8Array) => Promise<Uint8Array | undefined>;
  /** Whose it is: a client's address may be anything, the port that he is behind is not his to choose. */
  readonly #ownerOf: (stream: Socket) => unknown;
  readonly #open = new Map<Socket, unknown>();

  constructor(answer: (message: Uint8Array) => Promise<Uint8Array | undefined>, ownerOf: (stream: Socket) => unknown) {
    this.#answer = answer;
    this.#ownerOf = ownerOf;
  }

  accept(stream: Socket): void {
    stream.on('error', () => {});
    const owner = this.#ownerOf(stream);
    const ofOne = [...this.#open.values()].filter(o => o === owner).length;
    if (this.#open.size >= MOST_STREAMS || ofOne >= MOST_STREAMS_OF_ONE) {
      stream.destroy();
      return;
    }
    this.#open.set(stream, owner);
    stream.on('close', () => { this.#open.delete(stream); });
    stream.setTimeout(SILENCE_MS, () => { stream.destroy(); });
    const unframer = new Unframer();
    let waiting = 0;
    stream.on('data', piece => {
      const messages = unframer.add(piece);
      if (!messages || waiting + messages.length > MOST_QUESTIONS) {
        stream.destroy();
        return;
      }
      for (const message of messages) {
        waiting++;
        void this.#answer(message).then(answer => {
          waiting--;
          if (answer === undefined || stream.writableLength > MOST_UNREAD_BYTES) stream.destroy();
          else if (stream.writable) stream.write(framed(answer));
        });
      }
    });
  }

  close(): void {
    for (const stream of this.#open.keys()) stream.destroy();
  }
}
