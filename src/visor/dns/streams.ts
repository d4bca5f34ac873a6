// Questions by TCP: connections of clients to one network's resolver, each with a limit on its silence, its number and its questions at once.

import type { Socket } from 'node:net';
import { framed, Unframer } from './framing.ts';

export const MOST_STREAMS = 256;
export const MOST_STREAMS_OF_ONE = 16;
const SILENCE_MS = 10_000;
const MOST_QUESTIONS = 64;

export class Streams {
  readonly #answer: (message: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly #open = new Set<Socket>();

  constructor(answer: (message: Uint8Array) => Promise<Uint8Array | undefined>) {
    this.#answer = answer;
  }

  accept(stream: Socket): void {
    stream.on('error', () => {});
    const { remoteAddress } = stream;
    const ofOne = [...this.#open].filter(s => s.remoteAddress === remoteAddress).length;
    if (this.#open.size >= MOST_STREAMS || ofOne >= MOST_STREAMS_OF_ONE) {
      stream.destroy();
      return;
    }
    this.#open.add(stream);
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
          if (answer === undefined) stream.destroy();
          else if (stream.writable) stream.write(framed(answer));
        });
      }
    });
  }

  close(): void {
    for (const stream of this.#open) stream.destroy();
  }
}
