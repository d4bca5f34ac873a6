// Many bytes both ways at once over one TCP connection, every one of them looked at where it arrives: what segments are merged and cut on the way must
// give the same bytes again. It measures nothing but time.
//
//     client: u64 up, u64 down, then `up` bytes, end        service: `down` bytes, then u64 of the bytes that came as they were, end

import { connect, createServer, type Server, type Socket } from 'node:net';
import { PORTS, type Requests } from './protocol.ts';

const CHUNK = 256 * 1024, HEADER = 16, TRAILER = 8, SILENCE_MS = 20_000;
/** No power of two, so that what is put at another place is seen. */
const PERIOD = 251 * 1021;
const pattern = Buffer.alloc(PERIOD + CHUNK);
for (let i = 0; i < pattern.length; i++) pattern[i] = Math.imul(i % PERIOD, 0x9e37_79b1) >>> 24;

/** Counts bytes as long as they are as they were. */
class Reader {
  good = 0;
  isWrong = false;

  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.isWrong; at += CHUNK) {
      const part = bytes.subarray(at, at + CHUNK), from = this.good % PERIOD;
      this.isWrong = !part.equals(pattern.subarray(from, from + part.length));
      if (!this.isWrong) this.good += part.length;
    }
  }
}

function send(to: Socket, count: number, then: () => void): void {
  let sent = 0;
  const pump = (): void => {
    while (sent < count) {
      const part = pattern.subarray(sent % PERIOD, sent % PERIOD + Math.min(CHUNK, count - sent));
      sent += part.length;
      if (!to.write(part)) { to.once('drain', pump); return; }
    }
    then();
  };
  pump();
}

export function serveTransfer(): Server {
  return createServer({ allowHalfOpen: true }, c => {
    const reader = new Reader();
    let header = Buffer.alloc(0), isBegun = false, isSent = false, isRead = false;
    const end = (): void => {
      if (!isSent || !isRead) return;
      const trailer = Buffer.alloc(TRAILER);
      trailer.writeBigUInt64BE(BigInt(reader.good));
      c.end(trailer);
    };
    c.on('error', () => c.destroy());
    c.on('end', () => { isRead = true; end(); });
    c.on('data', (bytes: Buffer) => {
      if (isBegun) { reader.take(bytes); return; }
      header = Buffer.concat([header, bytes]);
      if (header.length < HEADER) return;
      isBegun = true;
      reader.take(header.subarray(HEADER));
      send(c, Number(header.readBigUInt64BE(8)), () => { isSent = true; end(); });
    });
  });
}

export async function transfer({ to, up, down }: Requests['transfer']['ask']): Promise<Requests['transfer']['answer']> {
  const start = performance.now();
  const reader = new Reader();
  return new Promise((done, fail) => {
    let trailer = Buffer.alloc(0);
    const c = connect({ host: to, port: PORTS.transfer, allowHalfOpen: true });
    c.setTimeout(SILENCE_MS, () => { c.destroy(); fail(new Error(`silence from ${to} after ${reader.good} bytes`)); });
    c.on('error', fail);
    c.on('data', (bytes: Buffer) => {
      const mine = Math.min(bytes.length, reader.isWrong ? 0 : down - reader.good);
      reader.take(bytes.subarray(0, mine));
      trailer = Buffer.concat([trailer, bytes.subarray(mine)]).subarray(-TRAILER);
    });
    c.on('end', () => {
      if (trailer.length < TRAILER) fail(new Error(`${to} said no more after ${reader.good} bytes`));
      else done({ up: Number(trailer.readBigUInt64BE()), down: reader.good, seconds: (performance.now() - start) / 1000 });
    });
    c.on('connect', () => {
      const header = Buffer.alloc(HEADER);
      header.writeBigUInt64BE(BigInt(up));
      header.writeBigUInt64BE(BigInt(down), 8);
      c.write(header);
      send(c, up, () => c.end());
    });
  });
}
