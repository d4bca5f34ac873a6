// A thread that runs what it is sent, one after the other.

import { parentPort } from 'node:worker_threads';
import { attempt } from './attempt.ts';
import type { SimOptions } from './simulate.ts';

parentPort!.on('message', (options: SimOptions) => parentPort!.postMessage(attempt(options)));
