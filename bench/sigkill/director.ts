// The Director of sigkill.ts: the same store, core and API as `iov director`, without the compiled modules, so that it starts in a third of a second.
// Nobody asks it for an image. `node bench/sigkill/director.ts FOLDER`.

import module from 'node:module';
import { resolve } from 'node:path';

module.enableCompileCache?.(resolve(import.meta.dirname, '../../node_modules/.cache/iov'));
const [{ pino }, { modules }, { runDirector }] = await Promise.all([import('pino'), import('../../src/director/core/zone.fixture.ts'), import('../../src/director/shell/run.ts')]);
const folder = process.argv[2]!;
const loaded = Object.fromEntries(Object.entries(modules).map(([name, planned]) => [name, { planned, imageText: '' }])) as unknown as Parameters<typeof runDirector>[0]['modules'];
await runDirector({ listen: `unix:${folder}/director.sock`, stateDir: `${folder}/state`, modules: loaded, version: 'sigkill', logger: pino({ level: 'warn' }) });
