// One process a workload, inside its namespace, asked by messages. See agent.ts for what it does there.

import { fork, type ChildProcess } from 'node:child_process';
import { withNamespace } from '../../src/sys/namespace.ts';
import { noteProcess } from './leftovers.ts';
import type { Op, Reply, Requests } from './protocol.ts';

const AGENT = new URL('./agent.ts', import.meta.url).pathname;
/** As bin/iov.js keeps it: eight agents start at once. */
const COMPILED = new URL('../../node_modules/.cache/iov', import.meta.url).pathname;
const LIMIT_MS = 30_000;

export class Agent {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { readonly done: (value: never) => void; readonly fail: (error: Error) => void }>();
  readonly #ready: Promise<void>;
  #next = 1;

  /** `device`: the workload's own, there already. `note`: told of the process, to find it after a crash. */
  constructor(name: string, namespacePath: string, device: string, note = noteProcess) {
    // uv_spawn forks from this thread, so the child is born in the namespace.
    this.#child = withNamespace(namespacePath, () => fork(AGENT, [device], { env: { ...process.env, NODE_COMPILE_CACHE: COMPILED }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
    if (this.#child.pid !== undefined) note(this.#child.pid);
    this.#ready = new Promise((done, fail) => {
      this.#child.on('message', (reply: Reply) => {
        if ('ready' in reply) return done();
        const waiting = this.#waiting.get(reply.id);
        this.#waiting.delete(reply.id);
        if ('error' in reply) waiting?.fail(new Error(`${name}: ${reply.error}`));
        else waiting?.done(reply.answer as never);
      });
      this.#child.on('exit', code => {
        const error = new Error(`the agent of ${name} ended with ${code}`);
        fail(error);
        for (const w of this.#waiting.values()) w.fail(error);
      });
    });
    this.#ready.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  async ask<O extends Op>(op: O, ask: Requests[O]['ask'], limitMs = LIMIT_MS): Promise<Requests[O]['answer']> {
    await this.#ready;
    const id = this.#next++;
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${op} got no answer in ${limitMs} ms`)), limitMs);
      timer.unref();
      this.#waiting.set(id, { done: value => { clearTimeout(timer); done(value); }, fail: error => { clearTimeout(timer); fail(error); } });
      this.#child.send({ id, op, ask });
    });
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
