// A process beside the bench, which waits for its end. If the bench ends without saying so (a crash, SIGKILL), what it made is taken away here.

import { removeAll } from './leftovers.ts';

for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => undefined);
let done = false;
process.on('message', () => {
  done = true;
  process.disconnect();
});
process.on('disconnect', () => {
  if (!done) removeAll();
  process.exit(0);
});
process.send?.('ready');
