// Waits for the demo to end. If it ends without saying so (a crash, SIGKILL), everything that it made is taken away here.

import { removeAll } from './leftovers.ts';

process.on('SIGINT', () => undefined);         // Ctrl-C is for the demo; it cleans up itself and then says `done`
process.on('SIGHUP', () => undefined);
let done = false;
process.on('message', () => { done = true; process.disconnect(); });
process.on('disconnect', () => { if (!done) void removeAll().then(() => process.exit(0)); });
process.send?.('ready');
