// The processes of the survival run that talk and answer (talker.ts), each in its namespace.

import { type ChildProcess, fork } from 'node:child_process';
import { withNamespace } from '../../src/sys/namespace.ts';
import type { Talked } from './talker.ts';

const TALKER = new URL('./talker.ts', import.meta.url).pathname;

export class Talk implements AsyncDisposable {
  readonly #children: ChildProcess[] = [];
  readonly #talkers = new Map<string, ChildProcess>();

  async answer(netns: string): Promise<void> {
    await this.#start(netns, []);
  }

  async begin(name: string, netns: string, to: string): Promise<void> {
    this.#talkers.set(name, await this.#start(netns, [to]));
  }

  async end(): Promise<Map<string, Talked>> {
    const all = [...this.#talkers].map(async ([name, child]) => {
      const said = new Promise<Talked>(done => child.once('message', talked => done(talked as Talked)));
      child.send('stop');
      return [name, await said] as const;
    });
    return new Map(await Promise.all(all));
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    return Promise.resolve();
  }

  #start(netns: string, args: readonly string[]): Promise<ChildProcess> {
    const child = withNamespace(netns, () => fork(TALKER, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
    this.#children.push(child);
    return new Promise((done, fail) => {
      child.once('message', () => done(child));
      child.once('exit', code => fail(new Error(`a talker ended with ${code}`)));
    });
  }
}

