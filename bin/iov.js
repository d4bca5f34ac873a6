#!/usr/bin/env node
// Starts iov on Node 24: this process's own if it is new enough, else the one that a checkout installs as a dependency.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const here = new URL('.', import.meta.url);
if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Compiled code is kept in the package's own folder: whoever may write there could change the package itself. Where this user may not, nothing is kept.
  module.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/iov', here)));
  // A checkout has the TypeScript, whatever lies in its dist/; the published package has what `npm run build` made of it.
  const main = ['../src/cli/main.ts', '../src/cli/main.js'].map(path => new URL(path, here)).find(url => existsSync(url));
  await import(main.href);
} else {
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', here));
  if (!existsSync(node)) {
    console.error(`error: iov needs Node 24 or newer, this is ${process.version}; install it, or run 'npm ci' in the checkout`);
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // What is asked of this process is asked of iov. Ctrl-C reaches both from the terminal: a second one from here would end it at once.
  process.on('SIGINT', () => { if (!process.stdin.isTTY) child.kill('SIGINT'); });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
