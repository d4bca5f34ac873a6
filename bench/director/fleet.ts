// Many visors in one process, as the Director sees them: each follows its plan by a watch of its own, says at once what it has when a plan comes (no more
// often than visors do), and every two seconds. They have no data path, and only count the sections that they read: taking them in is other machines' work.
// Asked over the channel to its parent.

import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { PlanMessage } from '../../src/model/plan.ts';
import { reportOf, type Reported } from '../../src/model/report.ts';
import type { VisorStatus } from '../../src/model/status.ts';
import { NEWS_EVERY_MS, REPORT_EVERY_MS } from '../../src/visor/core/step.ts';
import { type Answer, type Ask, nowMs } from './asks.ts';

const CONNECTING = 32, SECTION = /^\{"type":"(section|delta)"/;
let socketPath = '';
let sectionBytes = 0;
let asked: { readonly revision: number; left: number } | undefined;
const fleet: Visor[] = [];

class Visor {
  acknowledged = { revision: 0, atMs: 0 };
  readonly #path: string;
  readonly #status: VisorStatus;
  #generation: VisorStatus['applied'] = null;
  /** Of the newest plan; bookmarks are none. */
  #planned = 0;
  #reportedMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isReporting = false;
  #socket: Socket | undefined;
  #reports = 0;
  #reported: Reported | undefined;

  constructor(server: string, endpoints: readonly string[]) {
    this.#path = server;
    this.#status = { server, engine: 'none', started: '1', received: null, applied: null, elements: [], endpoints: endpoints.map((name, i) => ({ uid: `e${i}`, name, state: 'ready' })), degraded: [], changes: 0, drops: [] };
  }

  async watch(): Promise<void> {
    // Few at a time: a listener has room for some hundreds that wait.
    this.#socket = connect(socketPath).setEncoding('latin1');
    await once(this.#socket, 'connect');
    const response = await get(`/v1/plans/${this.#path}`);
    response.setEncoding('utf8');
    let rest = '';
    await new Promise<void>((synced, failed) => {
      response.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop()!;
        for (const line of lines) {
          if (SECTION.test(line)) { sectionBytes += line.length; continue; }
          const message = JSON.parse(line) as PlanMessage;
          if (message.type === 'synced') synced();
          if (message.type !== 'plan' && message.type !== 'bookmark') continue;
          this.#generation = message.generation;
          // A bookmark is no news to tell.
          if (message.type !== 'plan') continue;
          this.#planned = message.generation.revision;
          this.#soon(NEWS_EVERY_MS);
        }
      });
      response.once('close', () => failed(new Error(`the Director ended the watch of ${this.#path}`)));
    });
  }

  #soon(everyMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#report(), Math.max(0, this.#reportedMs + everyMs - nowMs()));
  }

  async #report(): Promise<void> {
    if (this.#isReporting) return this.#soon(NEWS_EVERY_MS);
    this.#isReporting = true;
    this.#reportedMs = nowMs();
    const revision = this.#planned;
    const status = { ...this.#status, received: this.#generation, applied: this.#generation };
    await this.#post(`/v1/servers/${this.#path}/status`, JSON.stringify(reportOf(status, this.#reports, this.#reported)));
    this.#reported = { number: this.#reports++, status };
    this.#isReporting = false;
    if (revision > this.acknowledged.revision) {
      if (asked && this.acknowledged.revision < asked.revision && revision >= asked.revision) asked.left--;
      this.acknowledged = { revision, atMs: nowMs() };
      answer();
    }
    this.#soon(this.#planned > revision ? NEWS_EVERY_MS : REPORT_EVERY_MS);
  }

  /** Over a connection of its own, by hand: what a thousand machines do must not be this process's work. */
  async #post(path: string, body: string): Promise<void> {
    this.#socket!.write(`POST ${path} HTTP/1.1\r\nhost: director\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    const [answer] = await once(this.#socket!, 'data') as [string];
    if (!/^HTTP\/1.1 204 .*\r\n\r\n$/s.test(answer)) throw new Error(`the Director answers a status with ${answer}`);
  }
}

function answer(): void {
  if (!asked) return;
  if (asked.left > 0) return;
  const { revision } = asked;
  asked = undefined;
  process.send!({ atMs: fleet.filter(v => v.acknowledged.revision >= revision).map(v => v.acknowledged.atMs), sectionBytes } satisfies Answer);
}

function get(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => { request({ socketPath, path, agent: false }, resolve).once('error', reject).end(); });
}

process.on('message', (message: Ask) => {
  if (message.ask === 'acknowledged') {
    asked = { revision: message.revision, left: message.visors - fleet.filter(v => v.acknowledged.revision >= message.revision).length };
    answer();
    return;
  }
  ({ socketPath } = message);
  fleet.push(...message.visors.map(v => new Visor(v.server, v.endpoints)));
  let next = 0;
  const connect = async (): Promise<void> => { while (next < fleet.length) await fleet[next++]!.watch(); };
  void Promise.all(Array.from({ length: CONNECTING }, connect)).then(() => process.send!({ atMs: [nowMs()], sectionBytes } satisfies Answer));
});
process.once('disconnect', () => process.exit());
