// A visor's local API, typed: a unix socket on the same machine.

import { DEFAULT_LINES, type Lines } from '../model/log-lines.ts';
import type { Stats } from '../model/stats.ts';
import type { DropRow, VisorStatus } from '../model/status.ts';
import type { Attach, Attached, Detach, Detached, Resumed } from '../model/visor-api.ts';
import { accepted, unreachable } from './director.ts';
import { call, parseTarget, type Answer, type Target } from './http.ts';

const PATIENCE_MS = 5_000;

export class VisorClient {
  readonly target: Target;

  /** `unix:/run/iovisor/NAME/visor.sock` */
  constructor(address: string) {
    this.target = parseTarget(address);
  }

  /** Waits until the endpoint carries packets; refused after `timeoutMs`, with the cause. */
  attach(attach: Partial<Attach> & Pick<Attach, 'domain' | 'network' | 'netns'>): Promise<Attached> {
    return this.#json('POST', '/v1/attach', attach, (attach.timeoutMs ?? 10_000) + PATIENCE_MS);
  }
  detach(detach: Detach): Promise<Detached> { return this.#json('POST', '/v1/detach', detach); }
  resume(): Promise<Resumed> { return this.#json('POST', '/v1/resume'); }
  status(): Promise<VisorStatus> { return this.#json('GET', '/v1/status'); }
  async drops(): Promise<readonly DropRow[]> { return (await this.#json<{ items: DropRow[] }>('GET', '/v1/drops')).items; }
  stats(): Promise<Stats> { return this.#json('GET', '/v1/stats'); }
  /** The newest lines of the visor and of modules here. `after`: the `last` of an answer before. */
  logs(after = 0, limit = DEFAULT_LINES): Promise<Lines> { return this.#json('GET', `/v1/logs?after=${after}&limit=${limit}`); }
  /** In Prometheus' text format. */
  metrics(): Promise<string> { return this.#text('GET', '/metrics'); }

  async #json<T>(method: string, path: string, body?: unknown, timeoutMs?: number): Promise<T> {
    const text = await this.#text(method, path, body, timeoutMs);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async #text(method: string, path: string, body?: unknown, timeoutMs?: number): Promise<string> {
    let answer: Answer;
    try {
      answer = await call(this.target, { method, path, body, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    } catch (e) {
      throw unreachable('visor', this.target, e);
    }
    return accepted(answer).body;
  }
}
