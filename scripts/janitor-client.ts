// The side of demo and bench of their janitors, processes that clean up after a crash: start one before anything is made, tell it when all is clean.

import { fork } from 'node:child_process';

export interface Janitor { done(): void }

/** `file`: the janitor's own module. */
export async function startJanitor(file: URL): Promise<Janitor> {
  // Detached, so that Ctrl-C and the end of the terminal do not take it along.
  const child = fork(file.pathname, [], { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await new Promise<void>((ready, fail) => {
    child.once('message', () => ready());
    child.once('error', fail);
    child.once('exit', code => fail(new Error(`the janitor ended with ${code}`)));
  });
  child.unref();
  child.channel?.unref();
  return { done: () => { if (child.connected) child.send('done'); } };
}
