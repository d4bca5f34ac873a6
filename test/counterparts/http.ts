// A web server for the tests, as a process of its own in a namespace: `node http.ts PORT NAME`. It says who asked, and has a large file.

import { createServer } from 'node:http';

export const BIG_BYTES = 32 << 20;

/** Of a period that divides nothing: a block in the place of another is seen. */
export function bigFile(): Buffer {
  const bytes = Buffer.alloc(BIG_BYTES);
  let value = 1;
  for (let at = 0; at < BIG_BYTES; at += 4) {
    value = Math.imul(value, 48271) >>> 0;
    bytes.writeUInt32LE(value, at);
  }
  return bytes;
}

if (process.argv[1] === import.meta.filename) {
  const [port, name] = process.argv.slice(2);
  const big = bigFile();
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => { bytes += chunk.length; }).on('end', () => response.end(`${bytes}\n`));
    } else if (request.url === '/big') response.end(big);
    else response.end(`${name} to ${request.socket.remoteAddress?.replace('::ffff:', '')}\n`);
  });
  server.listen(Number(port), '::', () => { console.log('ready'); });
}
