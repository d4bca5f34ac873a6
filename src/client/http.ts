// One HTTP request over TCP or a unix socket, and streams of JSON lines. It knows nothing of what is said.
// Over node:http, because the global fetch has no unix sockets.

import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { isLoopback } from '../model/address.ts';

const REQUEST_TIMEOUT_MS = 10_000;
/** A watch that says nothing for so long is dead: bookmarks come every 5 s. So is a stream of bytes. */
const SILENCE_MS = 20_000;
const MAX_ANSWER_BYTES = 256 << 20;

/** What TLS is made with; the same object: the same connections. `ca`: who signs for the Director, whatever it is called; absent: nobody is asked, to read what will be compared. */
export interface Trust { readonly ca?: string; readonly cert?: string; readonly key?: string }
/** `trust` is asked at each connection: a visor's certificate is renewed while it runs. */
export interface Credentials { readonly token?: string | undefined; readonly trust?: (() => Trust) | undefined }

export type Target = { readonly text: string; readonly token?: string | undefined }
  & ({ readonly socketPath: string } | { readonly host: string; readonly port: number; readonly trust?: (() => Trust) | undefined });

/** Nobody answers at the address: one sentence, and what to do. */
export class Unreachable extends Error {
  readonly cure: string;
  constructor(message: string, cure: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'Unreachable';
    this.cure = cure;
  }
}

/** `unix:/run/iovisor/director.sock`, `https://director:8470`, `http://127.0.0.1:8470`. */
export function parseTarget(text: string, { token, trust }: Credentials = {}): Target {
  if (text.startsWith('unix:/')) return { text, token, socketPath: text.slice('unix:'.length) };
  const match = /^(?:(https?):\/\/)?(\[[0-9a-fA-F:]+\]|[^:/[\]]+):(\d{1,5})\/?$/.exec(text);
  if (!match) throw new Unreachable(`'${text}' is not an address`, 'write https://HOST:PORT, http://127.0.0.1:PORT or unix:/PATH');
  const at = { text, token, host: match[2]!.replace(/^\[|\]$/g, ''), port: Number(match[3]) };
  if (match[1] !== 'https') return at;
  if (!trust) throw new Unreachable(`nothing says whom to trust at ${text}`, 'give --ca FILE, or: iov context set NAME --director ' + text + ' --fingerprint HASH');
  return { ...at, trust };
}

/** A stream was asked for, and one answer came. */
export class NotStreamed extends Error {
  readonly answer: Answer;
  constructor(path: string, answer: Answer) {
    super(`GET ${path}: ${answer.status} ${answer.body.slice(0, 200)}`);
    this.name = 'NotStreamed';
    this.answer = answer;
  }
}

export interface Answer { readonly status: number; readonly body: string; readonly headers: IncomingHttpHeaders }

interface Call { readonly method: string; readonly path: string; readonly body?: unknown; readonly contentType?: string; readonly timeoutMs?: number; readonly signal?: AbortSignal }

export async function call(target: Target, { timeoutMs = REQUEST_TIMEOUT_MS, signal, ...request }: Call): Promise<Answer> {
  const { method, path } = request;
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await send(target, { ...request, signal: signal ? AbortSignal.any([signal, limit]) : limit });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer to ${method} ${path} is larger than ${MAX_ANSWER_BYTES >> 20} MiB`);
      chunks.push(chunk as Buffer);
    }
    return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8'), headers: response.headers };
  } catch (e) {
    throw endedBy(limit, signal, e);
  }
}

/** What ends a request shows as an aborted one, or as a lost connection, by where it was. */
function endedBy(limit: AbortSignal, signal: AbortSignal | undefined, e: unknown): unknown {
  return limit.aborted && !signal?.aborted ? limit.reason : e;
}

/** Bytes as they come. Ends when the other side ends, throws when it falls silent. @throws NotStreamed */
export async function* bytes(target: Target, path: string, signal?: AbortSignal, silenceMs = SILENCE_MS): AsyncGenerator<Uint8Array> {
  const silence = new AbortController();
  const endLater = (): NodeJS.Timeout => setTimeout(() => silence.abort(new DOMException(`nothing was heard for ${silenceMs / 1000} s`, 'TimeoutError')), silenceMs);
  let timer = endLater();
  try {
    const response = await send(target, { method: 'GET', path, signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal });
    const isStream = response.statusCode === 200, body: Uint8Array[] = [];
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      if (isStream) yield chunk;
      else body.push(chunk);
      timer = endLater();
    }
    if (!isStream) throw new NotStreamed(path, { status: response.statusCode ?? 0, body: Buffer.concat(body).toString('utf8'), headers: response.headers });
  } catch (e) {
    throw endedBy(silence.signal, signal, e);
  } finally {
    clearTimeout(timer);
  }
}

/** Lines of JSON as they come. Ends when the other side ends, throws when it falls silent. @throws NotStreamed */
export async function* lines(target: Target, path: string, signal: AbortSignal, silenceMs?: number): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  // A line is as long as a section of a plan, in many chunks: each is looked at once.
  let rest: string[] = [];
  for await (const bytesOfChunk of bytes(target, path, signal, silenceMs)) {
    const chunk = decoder.decode(bytesOfChunk, { stream: true });
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      const line = rest.join('') + chunk.slice(from, end);
      rest = [];
      from = end + 1;
      if (line !== '') yield JSON.parse(line) as unknown;
    }
    rest.push(chunk.slice(from));
  }
}

function send(target: Target, { method, path, body, signal, contentType = 'application/json' }: Call): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const trust = 'trust' in target ? target.trust?.() : undefined;
    if ('host' in target && !trust && !isLoopback(target.host)) throw new Unreachable(`${target.host} is another machine, and without TLS anyone between could read and answer`, `write https://${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`);
    // For Node an empty text is none: it would trust all who sign for the web.
    if (trust?.ca !== undefined && !trust.ca.includes('-----BEGIN CERTIFICATE-----')) throw new Unreachable(`no certificate is in what says whom to trust at ${target.text}`, 'see the file of --ca or IOV_CA');
    const request = (trust ? httpsRequest : httpRequest)({
      ...('socketPath' in target ? { socketPath: target.socketPath } : { host: target.host, port: target.port }),
      method, path, agent: trust ? agentFor(trust) : false, ...(signal ? { signal } : {}),
      headers: {
        ...target.token === undefined ? {} : { authorization: `Bearer ${target.token}` },
        ...text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) },
      },
    }, resolve);
    request.on('error', reject);
    request.end(text);
  });
}

const agents = new WeakMap<Trust, Agent>();

function agentFor(trust: Trust): Agent {
  const before = agents.get(trust);
  if (before) return before;
  const agent = new Agent({
    ...trust, keepAlive: true, minVersion: 'TLSv1.3',
    // Only the Director has a certificate for servers by these authorities: its name does not matter.
    ...trust.ca === undefined ? { rejectUnauthorized: false } : { checkServerIdentity: () => undefined },
  });
  agents.set(trust, agent);
  return agent;
}
