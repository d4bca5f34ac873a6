// ICMP echo from inside a namespace, with a raw socket: the demo's ping. Every packet is sent on time, answered or not.

import { internetChecksum } from '../../src/lang/packets/checksum.ts';
import { openIcmpSocket, internetAddress } from '../../src/sys/packets.ts';
import { watchReadable } from '../../src/sys/poll.ts';
import type { PingResult } from './protocol.ts';

const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;

export async function ping(ask: { readonly to: string; readonly count: number; readonly intervalMs: number; readonly timeoutMs: number }): Promise<PingResult> {
  const socket = openIcmpSocket({ version: 4 });
  const to = internetAddress(Uint8Array.from(ask.to.split('.').map(Number)));
  const id = (process.pid ^ Math.floor(Math.random() * 0xffff)) & 0xffff;
  const sentAt = new Float64Array(ask.count);
  const rtt = new Map<number, number>();
  let sent = 0;
  const watch = watchReadable(socket.fd, () => {
    for (let got = socket.receive(); got; got = socket.receive()) {
      const at = performance.now();
      const view = new DataView(got.bytes.buffer, got.bytes.byteOffset, got.bytes.byteLength);
      const header = (view.getUint8(0) & 15) * 4;
      if (got.bytes.byteLength < header + 8 || view.getUint8(header) !== ECHO_REPLY || view.getUint16(header + 4) !== id) continue;
      const seq = view.getUint16(header + 6);
      if (seq < sent && !rtt.has(seq)) rtt.set(seq, at - sentAt[seq]!);
    }
  });
  try {
    const start = performance.now();
    while (sent < ask.count) {
      const due = start + sent * ask.intervalMs;
      const wait = due - performance.now();
      if (wait > 0) await new Promise(done => setTimeout(done, wait));
      sentAt[sent] = performance.now();
      socket.send(echoRequest(id, sent++), to);
    }
    const until = performance.now() + ask.timeoutMs;
    while (rtt.size < sent && performance.now() < until) await new Promise(done => setTimeout(done, 2));
    return { sent, received: rtt.size, rttMs: [...rtt.values()] };
  } finally {
    watch.close();
    socket.close();
  }
}

export function echoRequest(id: number, seq: number): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, ECHO_REQUEST);
  view.setUint16(4, id);
  view.setUint16(6, seq);
  view.setUint16(2, internetChecksum(bytes));
  return bytes;
}
