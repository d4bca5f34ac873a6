// Other resolvers, asked from this process's own network: by UDP from a port of its own for each question, by TCP what does not fit. Each in its
// turn, with a limit on time and on questions at once. It keeps nothing: cache.ts does.

import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { isV6 } from '../../model/address.ts';
import { parseUpstream, type Upstream } from '../../model/dns/upstream.ts';
import { framed, Unframer } from './framing.ts';
import { Code, keyOfAsked, readAnswer, writeQuery, type Heard, type Question, type Wants } from './message.ts';

const TRY_MS = 1500, TCP_TRY_MS = 2500;
/** Before clients give up: most wait five seconds. */
const PATIENCE_MS = 4500;
const ROUNDS = 2;
const MOST_QUESTIONS = 256;

export class Upstreams {
  /** Asked already, by who and what: the answer is the same. */
  readonly #asked = new Map<string, Promise<Heard | undefined>>();

  /** Undefined: nobody answered, or too much is asked at once. */
  ask(upstreams: readonly string[], question: Question, wants: Wants): Promise<Heard | undefined> {
    const key = keyOfAsked(upstreams, question, wants);
    const before = this.#asked.get(key);
    if (before) return before;
    if (this.#asked.size >= MOST_QUESTIONS) return Promise.resolve(undefined);
    const answer = inTurn(upstreams.flatMap(u => parseUpstream(u) ?? []), question, wants).finally(() => { this.#asked.delete(key); });
    this.#asked.set(key, answer);
    return answer;
  }
}

async function inTurn(upstreams: readonly Upstream[], question: Question, wants: Wants): Promise<Heard | undefined> {
  const endMs = performance.now() + PATIENCE_MS;
  let worst: Heard | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    for (const upstream of upstreams) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return worst;
      let heard = await byUdp(upstream, question, wants, Math.min(TRY_MS, leftMs));
      if (heard?.truncated) heard = await byTcp(upstream, question, wants, Math.min(TCP_TRY_MS, Math.max(1, endMs - performance.now()))) ?? heard;
      if (heard && heard.code !== Code.Failed && heard.code !== Code.Refused) return heard;
      worst = heard ?? worst;
    }
  }
  return worst;
}

function byUdp({ address, port }: Upstream, question: Question, wants: Wants, timeoutMs: number): Promise<Heard | undefined> {
  return new Promise(resolve => {
    const socket = createSocket(isV6(address) ? 'udp6' : 'udp4');
    const id = randomInt(0x10000);
    const done = (heard: Heard | undefined): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(heard);
    };
    const timer = setTimeout(() => done(undefined), timeoutMs);
    socket.on('error', () => done(undefined));
    // Connected, it hears nobody else.
    socket.on('connect', () => { socket.send(writeQuery(id, question, wants)); });
    socket.on('message', bytes => {
      const heard = readAnswer(bytes, question);
      if (heard?.id === id) done(heard);
    });
    socket.connect(port, address);
  });
}

function byTcp({ address, port }: Upstream, question: Question, wants: Wants, timeoutMs: number): Promise<Heard | undefined> {
  return new Promise(resolve => {
    const id = randomInt(0x10000);
    const stream = connect({ host: address, port });
    const unframer = new Unframer();
    const done = (heard: Heard | undefined): void => {
      clearTimeout(timer);
      stream.destroy();
      resolve(heard);
    };
    const timer = setTimeout(() => done(undefined), timeoutMs);
    stream.on('error', () => done(undefined));
    stream.on('close', () => done(undefined));
    stream.on('connect', () => { stream.write(framed(writeQuery(id, question, wants))); });
    stream.on('data', piece => {
      for (const message of unframer.add(piece) ?? []) {
        const heard = readAnswer(message, question);
        if (heard?.id === id) return done(heard);
      }
    });
  });
}
