// A workload of the demo: a process inside one endpoint's namespace that serves TCP and UDP and, when asked, measures towards others.
// It uses the kernel's own stack; nothing of the data path is known here.

import { createServer, connect, type Socket } from 'node:net';
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { readFileSync } from 'node:fs';
import { openPacketSocket } from '../../src/sys/packets.ts';
import { watchReadable } from '../../src/sys/poll.ts';
import { ping } from './icmp.ts';
import { serveTransfer, transfer } from './transfer.ts';
import { PORTS, type Op, type Reply, type Request, type Requests } from './protocol.ts';

const device = process.argv[2] ?? 'eth0';
const heard = new Map<string, number>();

type Answers = { readonly [O in Op]: (ask: Requests[O]['ask']) => Promise<Requests[O]['answer']> };
const answers: Answers = { ping, tcp, udp, stream, transfer, hold, frame, heard: async ({ text }) => ({ count: heard.get(text) ?? 0 }) };

process.on('disconnect', () => process.exit(0));
process.on('message', (request: Request) => {
  const answer = answers[request.op] as (ask: unknown) => Promise<unknown>;
  answer(request.ask).then(
    value => tell({ id: request.id, answer: value }),
    (error: Error) => tell({ id: request.id, error: error.message }),
  );
});

await serve();
listen();
tell({ ready: true });

function tell(reply: Reply): void {
  if (process.connected) process.send?.(reply);
}

async function serve(): Promise<void> {
  // `echo` sends back what it reads; `sink` reads all and then says how much it was.
  const echo = createServer(c => { c.on('error', () => c.destroy()); c.pipe(c); });
  const sink = createServer({ allowHalfOpen: true }, c => {
    let bytes = 0;
    c.on('error', () => c.destroy());
    c.on('data', chunk => { bytes += chunk.length; });
    c.on('end', () => c.end(String(bytes)));
  });
  await Promise.all([[echo, PORTS.echo], [sink, PORTS.sink], [serveTransfer(), PORTS.transfer]].map(([server, port]) =>
    new Promise<void>(done => (server as typeof echo).listen(port as number, done))));
  const datagrams = createSocket('udp4');
  datagrams.on('message', (text, from) => datagrams.send(text, from.port, from.address));
  await new Promise<void>(done => datagrams.bind(PORTS.echo, done));
}

/** Counts frames that carry the mark of an intruder, whoever they are addressed to. */
function listen(): void {
  if (!networkInterfaces()[device]) throw new Error(`no device ${device} here`);
  const ifindex = Number(readFileSync(`/proc/net/dev_mcast`, 'utf8').split('\n').map(l => l.trim().split(/\s+/)).find(f => f[1] === device)?.[0]);
  const socket = openPacketSocket({ ifindex });
  watchReadable(socket.fd, () => {
    for (let got = socket.receive(); got; got = socket.receive()) {
      const text = Buffer.from(got.bytes).toString('latin1').match(/intruder:[a-z0-9>-]+/)?.[0];
      if (text) heard.set(text, (heard.get(text) ?? 0) + 1);
    }
  });
}

async function tcp({ to, port, timeoutMs }: Requests['tcp']['ask']): Promise<{ ok: boolean; ms: number }> {
  const start = performance.now();
  const ok = await new Promise<boolean>(done => {
    const c = connect({ host: to, port });
    c.setTimeout(timeoutMs, () => done(false));
    c.on('error', () => done(false));
    c.on('connect', () => c.write('hello'));
    c.on('data', d => { done(d.toString() === 'hello'); c.destroy(); });
  });
  return { ok, ms: performance.now() - start };
}

async function udp({ to, port, timeoutMs }: Requests['udp']['ask']): Promise<{ ok: boolean; ms: number }> {
  const start = performance.now();
  const socket = createSocket('udp4');
  const ok = await new Promise<boolean>(done => {
    socket.on('message', text => done(text.toString() === 'hello'));
    socket.on('error', () => done(false));
    socket.send('hello', port, to);
    setTimeout(() => done(false), timeoutMs).unref();
  });
  socket.close();
  return { ok, ms: performance.now() - start };
}

async function stream({ to, port, seconds }: Requests['stream']['ask']): Promise<{ bytes: number; seconds: number }> {
  const chunk = Buffer.alloc(256 * 1024);
  const start = performance.now();
  const bytes = await new Promise<number>((done, fail) => {
    const c = connect({ host: to, port });
    c.setTimeout((seconds + 5) * 1000, () => { c.destroy(); fail(new Error(`no answer from ${to}`)); });
    c.on('error', fail);
    let text = '';
    c.on('data', d => { text += d.toString(); });
    c.on('end', () => done(Number(text)));
    const pump = () => {
      while (performance.now() - start < seconds * 1000) if (!c.write(chunk)) return;
      c.removeListener('drain', pump);
      c.end();
    };
    c.on('connect', pump);
    c.on('drain', pump);
  });
  return { bytes, seconds: (performance.now() - start) / 1000 };
}

const held = new Map<string, Socket>();

async function hold({ to }: Requests['hold']['ask']): Promise<{ ok: boolean }> {
  const c = held.get(to) ?? connect({ host: to, port: PORTS.echo });
  held.set(to, c);
  return {
    ok: await new Promise<boolean>(done => {
      c.setTimeout(5000, () => done(false));
      c.once('error', () => done(false));
      c.once('data', d => done(d.toString() === 'still'));
      c.write('still');
    }),
  };
}

async function frame({ hex }: Requests['frame']['ask']): Promise<{ sent: boolean }> {
  const ifindex = Number(readFileSync('/proc/net/dev_mcast', 'utf8').split('\n').map(l => l.trim().split(/\s+/)).find(f => f[1] === device)?.[0]);
  const socket = openPacketSocket({ ifindex });
  try {
    return { sent: socket.send(Buffer.from(hex, 'hex')) };
  } finally {
    socket.close();
  }
}
