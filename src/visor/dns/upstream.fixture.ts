// A resolver that tests run: it answers for a few names, by UDP as far as it fits and by TCP, and remembers what it was asked.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { framed, Unframer } from './framing.ts';
import { keyOfName, readQuery, roomOf, writeAnswer, Code } from './message.ts';
import { wireName } from '../../model/dns/names.ts';

interface TestUpstream {
  readonly port: number;
  /** `udp example.com`, in the order of arrival; types are told where they are not A. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** `names`: to their IPv4 addresses. */
export async function upstreamOf(names: Readonly<Record<string, readonly string[]>>, at: { readonly address: string; readonly port: number } = { address: '127.0.0.1', port: 0 }): Promise<TestUpstream> {
  const asked: string[] = [];
  const known = new Map(Object.entries(names).map(([name, addresses]) => [keyOfName(wireName(name)), addresses]));
  const answer = (bytes: Uint8Array, way: 'udp' | 'tcp'): Uint8Array | undefined => {
    const query = readQuery(bytes);
    if (!query?.question) return undefined;
    asked.push(`${way} ${textOf(query.question.name)}${query.question.type === 1 ? '' : ` ${query.question.type}`}`);
    const found = known.get(query.question.name);
    const answers = (found ?? []).map(address => ({ type: 1, ttl: 300, data: Uint8Array.from(address.split('.'), Number) }));
    const soa = { owner: wireName(''), type: 6, ttl: 300, data: new Uint8Array(22).fill(0, 0, 18).fill(1, 20) };
    return writeAnswer(query, { code: found ? Code.Ok : Code.NoSuchName, answers, ...!found && { authorities: [soa] } }, way === 'tcp' ? 65_535 : roomOf(query));
  };
  const stream = createServer(socket => {
    const unframer = new Unframer();
    socket.on('error', () => {});
    socket.on('data', piece => { for (const message of unframer.add(piece) ?? []) socket.write(framed(answer(message, 'tcp')!)); });
  });
  stream.listen(at.port, at.address);
  await once(stream, 'listening');
  const { port } = stream.address() as { port: number };
  const datagrams = createSocket('udp4');
  datagrams.on('message', (bytes, from) => { const said = answer(bytes, 'udp'); if (said) datagrams.send(said, from.port, from.address); });
  datagrams.bind(port, at.address);
  await once(datagrams, 'listening');
  return { port, asked, close: async () => { datagrams.close(); await new Promise(done => stream.close(done)); } };
}

function textOf(name: string): string {
  const labels: string[] = [];
  for (let at = 0; name.charCodeAt(at) > 0; at += 1 + name.charCodeAt(at)) labels.push(name.slice(at + 1, at + 1 + name.charCodeAt(at)));
  return labels.join('.');
}
