// Netlink messages: header, answers and the kernel's error texts (extack). What is inside a message is the files beside this.
//
//     0..3    4..5  6..7   8..11     12..15   16..
//     length  type  flags  sequence  port id  fixed part of the family, then attributes; messages begin at multiples of 4

import { type Attribute, decodeAttributes, encodeAttributes, readText } from './attributes.ts';

export const HEADER_BYTES = 16;
export const NLM_F = { REQUEST: 1, MULTI: 2, ACK: 4, DUMP_INTR: 0x10, REPLACE: 0x100, EXCL: 0x200, DUMP: 0x300, CREATE: 0x400, APPEND: 0x800, CAPPED: 0x100, ACK_TLVS: 0x200 } as const;
export const NLMSG = { NOOP: 1, ERROR: 2, DONE: 3, OVERRUN: 4 } as const;
const NLMSGERR_ATTR_MSG = 1;

export interface Request {
  readonly type: number;
  readonly flags: number;
  /** The family's fixed part, a multiple of 4 bytes. */
  readonly body: Uint8Array;
  readonly attributes?: readonly Attribute[];
}

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** The kernel's answer to a request; `errno` 0: done. */
export interface Acknowledgement {
  readonly errno: number;
  /** What the kernel said about it, often empty. */
  readonly text: string;
}

export function encodeRequest(request: Request, sequence: number): Uint8Array {
  const attributes = encodeAttributes(request.attributes ?? []);
  const bytes = new Uint8Array(HEADER_BYTES + request.body.byteLength + attributes.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.byteLength, true);
  view.setUint16(4, request.type, true);
  view.setUint16(6, request.flags | NLM_F.REQUEST, true);
  view.setUint32(8, sequence, true);
  bytes.set(request.body, HEADER_BYTES);
  bytes.set(attributes, HEADER_BYTES + request.body.byteLength);
  return bytes;
}

/** The messages of one datagram. A message that does not fit ends the reading. Payloads are windows on `datagram`. */
export function decodeMessages(datagram: Uint8Array): Message[] {
  const out: Message[] = [];
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  for (let at = 0; at + HEADER_BYTES <= datagram.byteLength;) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES || at + length > datagram.byteLength) break;
    out.push({ type: view.getUint16(at + 4, true), flags: view.getUint16(at + 6, true), sequence: view.getUint32(at + 8, true), payload: datagram.subarray(at + HEADER_BYTES, at + length) });
    at += Math.ceil(length / 4) * 4;
  }
  return out;
}

/** Of a message of type ERROR (and DONE, which may carry one). */
export function decodeAcknowledgement(message: Message): Acknowledgement {
  const { payload, flags } = message;
  if (payload.byteLength < 4) return { errno: 0, text: '' };
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const errno = -view.getInt32(0, true) || 0;
  if ((flags & NLM_F.ACK_TLVS) === 0) return { errno, text: '' };
  // ERROR: errno, the request's header, the rest of the request unless CAPPED, then attributes. DONE: errno, then attributes.
  let at = 4;
  if (message.type === NLMSG.ERROR) {
    if (payload.byteLength < 4 + HEADER_BYTES) return { errno, text: '' };
    at += flags & NLM_F.CAPPED ? HEADER_BYTES : Math.ceil(view.getUint32(4, true) / 4) * 4;
  }
  return { errno, text: readText(decodeAttributes(payload.subarray(at)).get(NLMSGERR_ATTR_MSG)) ?? '' };
}
