// A rtnetlink socket in a namespace: requests and the kernel's answers, one at a time or many in one datagram. It knows no message's
// meaning: links.ts, addresses.ts, routes.ts and neighbours.ts do. Calls are synchronous, for the kernel answers before `send` returns.

import { SysError, ERRNO } from '../sys/errors.ts';
import type { NamespaceRef } from '../sys/namespace.ts';
import { AF, openSocket, SOCK, type Socket } from '../sys/socket.ts';
import { decodeAcknowledgement, decodeMessages, encodeRequest, type Message, NLM_F, NLMSG, type Request } from './codec/messages.ts';

const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK = { CAP_ACK: 10, EXT_ACK: 11, GET_STRICT_CHK: 12 } as const;

const ANSWER_TIMEOUT_SECONDS = 10;
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** Answers of a batch must fit the receive buffer, or some are lost. */
const MOST_IN_BATCH = 256;
const MOST_DUMPS = 8;

/** A connection to the kernel's network configuration of one namespace. */
export class Netlink implements Disposable {
  readonly #socket: Socket;
  #sequence = 0;

  /** @throws SysError */
  constructor(options: { readonly netns?: NamespaceRef | undefined } = {}) {
    this.#socket = openNetlinkSocket({ ...options, blocking: true });
    this.#socket.setOption(SOL_NETLINK, NETLINK.GET_STRICT_CHK, 1);
    this.#socket.setOption(SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(new BigInt64Array([BigInt(ANSWER_TIMEOUT_SECONDS), 0n]).buffer));
  }

  /** Does it, or throws what the kernel said. `what` names it for the error. Gives the messages that came before the answer. @throws SysError */
  request(what: string, request: Request): Uint8Array[] {
    const sequence = this.#next();
    this.#send(encodeRequest({ ...request, flags: request.flags | NLM_F.ACK }, sequence));
    return this.#answer(what, sequence).payloads;
  }

  /** All objects of a kind. Begun again where they changed meanwhile. @throws SysError */
  dump(what: string, request: Request): Uint8Array[] {
    for (let attempt = 1; ; attempt++) {
      const sequence = this.#next();
      this.#send(encodeRequest({ ...request, flags: request.flags | NLM_F.DUMP }, sequence));
      const answer = this.#answer(what, sequence);
      if (!answer.interrupted || attempt === MOST_DUMPS) return answer.payloads;
    }
  }

  /** Many requests at the cost of few. Each stands or fails for itself: gives a refusal, or undefined, for each. */
  batch(what: string, requests: readonly Request[]): (SysError | undefined)[] {
    const out: (SysError | undefined)[] = [];
    for (let at = 0; at < requests.length; at += MOST_IN_BATCH) {
      const sequences: number[] = [];
      const encoded = requests.slice(at, at + MOST_IN_BATCH).map(request => {
        const sequence = this.#next();
        sequences.push(sequence);
        return encodeRequest({ ...request, flags: request.flags | NLM_F.ACK }, sequence);
      });
      this.#send(concatenate(encoded));
      const answers = new Map<number, SysError | undefined>();
      while (answers.size < sequences.length) {
        for (const message of this.#receive(what)) {
          if (message.type !== NLMSG.ERROR || message.sequence < (sequences[0] as number)) continue;
          answers.set(message.sequence, refusal(what, message));
        }
      }
      out.push(...sequences.map(sequence => answers.get(sequence)));
    }
    return out;
  }

  close(): void {
    this.#socket.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #next(): number {
    this.#sequence = this.#sequence + 1 >>> 0;
    return this.#sequence;
  }

  #send(bytes: Uint8Array): void {
    if (!this.#socket.send(bytes)) throw new SysError('netlink send', ERRNO.ENOBUFS);
  }

  #receive(what: string): Message[] {
    const received = this.#socket.receive();
    if (!received) throw new SysError(`netlink ${what}`, ERRNO.EAGAIN, { detail: `no answer in ${ANSWER_TIMEOUT_SECONDS} s` });
    return decodeMessages(received.bytes);
  }

  #answer(what: string, sequence: number): { readonly payloads: Uint8Array[]; readonly interrupted: boolean } {
    const payloads: Uint8Array[] = [];
    let interrupted = false;
    for (;;) {
      for (const message of this.#receive(what)) {
        if (message.sequence !== sequence) continue;          // the rest of an answer that was given up
        if (message.flags & NLM_F.DUMP_INTR && message.type !== NLMSG.ERROR) interrupted = true;
        if (message.type === NLMSG.ERROR || message.type === NLMSG.DONE) {
          const refused = refusal(what, message);
          if (refused) throw refused;
          return { payloads, interrupted };
        }
        payloads.push(message.payload.slice());               // the window is the socket's next buffer
      }
    }
  }
}

/** A rtnetlink socket; `groups` is the mask of multicast groups to hear. @throws SysError */
export function openNetlinkSocket(options: { readonly netns?: NamespaceRef | undefined; readonly groups?: number; readonly blocking?: boolean }): Socket {
  const socket = openSocket({ domain: AF.NETLINK, type: SOCK.RAW, protocol: 0, netns: options.netns, blocking: options.blocking ?? false });
  try {
    socket.setOption(SOL_NETLINK, NETLINK.EXT_ACK, 1);
    socket.setOption(SOL_NETLINK, NETLINK.CAP_ACK, 1);
    try {
      socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
    } catch { /* Without CAP_NET_ADMIN only reading is possible, and the ordinary buffer does for that. */ }
    const address = new Uint8Array(12);       // struct sockaddr_nl: family, pad, port id, groups
    const view = new DataView(address.buffer);
    view.setUint16(0, AF.NETLINK, true);
    view.setUint32(8, options.groups ?? 0, true);
    socket.bind(address);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function refusal(what: string, message: Message): SysError | undefined {
  const { errno, text } = decodeAcknowledgement(message);
  return errno === 0 ? undefined : new SysError(`netlink ${what}`, errno, text ? { detail: text } : {});
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}
