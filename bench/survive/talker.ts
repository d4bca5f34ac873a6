// A process inside a namespace of the survival run: it answers (TCP echo), or talks to another until it is told to stop, with a ping every
// millisecond and one TCP connection, and then says what it missed. It uses the kernel's own stack.

import { connect, createServer } from 'node:net';
import { internetAddress, openIcmpSocket } from '../../src/sys/packets.ts';
import { watchReadable } from '../../src/sys/poll.ts';
import { echoRequest } from '../../scripts/demo/icmp.ts';

export interface Talked {
  readonly pings: { readonly sent: number; readonly lost: number; readonly longestMs: number };
  readonly tcp: { readonly bytes: number; readonly broken?: string; readonly longestMs: number };
}

const PORT = 7;
const ECHO_REPLY = 0;
const CHUNK_BYTES = 16_384, CHUNK_EVERY_MS = 2;
/** Unanswered for so long, a ping is lost. */
const PATIENCE_MS = 3000;
const MOST_AT_ONCE = 50;
const SOL_SOCKET = 1, SO_RCVBUFFORCE = 33, RECEIVE_BYTES = 8 << 20;

const to = process.argv[2];
process.on('disconnect', () => process.exit(0));
if (to === undefined) {
  const server = createServer(c => { c.on('error', () => c.destroy()); c.pipe(c); });
  server.listen(PORT, '0.0.0.0', () => process.send?.('ready'));
} else {
  const stop = new Promise<void>(done => process.once('message', () => done()));
  const talked = Promise.all([pings(to, stop), stream(to, stop)]);
  process.send?.('ready');
  const [ping, tcp] = await talked;
  process.send?.({ pings: ping, tcp } satisfies Talked);
}

async function pings(to: string, stop: Promise<void>): Promise<Talked['pings']> {
  const socket = openIcmpSocket({ version: 4 });
  socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BYTES);
  const address = internetAddress(Uint8Array.from(to.split('.').map(Number)));
  const id = process.pid & 0xffff;
  const waiting = new Map<number, number>();
  let stopped = false, sent = 0, skipped = 0, lost = 0, longestMs = 0;
  void stop.then(() => { stopped = true; });
  const watch = watchReadable(socket.fd, () => {
    for (let got = socket.receive(); got; got = socket.receive()) {
      const view = new DataView(got.bytes.buffer, got.bytes.byteOffset, got.bytes.byteLength);
      const header = (view.getUint8(0) & 15) * 4;
      if (got.bytes.byteLength < header + 8 || view.getUint8(header) !== ECHO_REPLY || view.getUint16(header + 4) !== id) continue;
      const at = waiting.get(view.getUint16(header + 6));
      if (at === undefined) continue;
      longestMs = Math.max(longestMs, performance.now() - at);
      waiting.delete(view.getUint16(header + 6));
    }
  });
  const start = performance.now();
  const forget = (now: number): void => {
    for (const [seq, at] of waiting) {
      if (now - at < PATIENCE_MS) return;                        // in the order of sending
      waiting.delete(seq);
      lost++;
    }
  };
  while (!stopped) {
    // After a pause of this process, what is behind is left out: a burst of thousands would overflow queues of the kernel's own.
    skipped = Math.max(skipped, Math.floor(performance.now() - start) - sent - MOST_AT_ONCE);
    for (; sent + skipped < performance.now() - start; sent++) {
      const seq = sent & 0xffff;
      waiting.set(seq, performance.now());
      socket.send(echoRequest(id, seq), address);
    }
    forget(performance.now());
    await new Promise(done => setTimeout(done, 1));
  }
  for (const end = performance.now() + PATIENCE_MS; waiting.size > 0 && performance.now() < end;) await new Promise(done => setTimeout(done, 10));
  watch.close();
  socket.close();
  return { sent, lost: lost + waiting.size, longestMs };
}

/** Chunks that come back as they went; `broken` says how the connection ended before its time. */
async function stream(to: string, stop: Promise<void>): Promise<Talked['tcp']> {
  const chunk = Buffer.from(Uint8Array.from({ length: CHUNK_BYTES }, (_, i) => i * 31));
  const socket = connect({ host: to, port: PORT });
  let bytes = 0, written = 0, last = performance.now(), longestMs = 0, broken: string | undefined;
  socket.on('data', (data: Buffer) => {
    for (let i = 0; i < data.length; i += 997) if (data[i] !== chunk[(bytes + i) % CHUNK_BYTES]) broken ??= `byte ${bytes + i} came back as another`;
    bytes += data.length;
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  });
  socket.on('error', error => { broken ??= error.message; });
  socket.on('close', () => { broken ??= 'closed by the other side'; });
  await new Promise<void>(done => { socket.once('connect', () => done()); socket.once('close', () => done()); });
  let stopped = false;
  void stop.then(() => { stopped = true; });
  while (!stopped && broken === undefined) {
    if (written - bytes < 8 * CHUNK_BYTES) { socket.write(chunk); written += CHUNK_BYTES; }
    await new Promise(done => setTimeout(done, CHUNK_EVERY_MS));
  }
  for (const end = performance.now() + PATIENCE_MS; broken === undefined && bytes < written && performance.now() < end;) await new Promise(done => setTimeout(done, 10));
  if (broken === undefined && bytes < written) broken = `${written - bytes} bytes did not come back`;
  const result = { bytes, longestMs, ...broken !== undefined && { broken } };
  socket.destroy();
  return result;
}
