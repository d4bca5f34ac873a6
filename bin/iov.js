#!/usr/bin/env node
// Starts iov on Node 24: this process's own if it is new enough, else the one that a checkout installs as a dependency.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const here = new URL('.', import.meta.url);
if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Compiled code is kept in the package's own folder: whoever may write there could change the package itself. Where this user may not, nothing is kept.
  module.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/iov', here)));
  // A checkout has the TypeScript, the published package what `npm run build` made of it.
  const source = new URL('../src/cli/main.ts', here);
  await import(existsSync(source) ? source.href : new URL('../src/cli/main.js', here).href);
} else {
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', here));
  if (!existsSync(node)) {
    console.error(`error: iov needs Node 24 or newer, this is ${process.version}; install it, or run 'npm ci' in the checkout`);
    process.exit(1);
  }
  const child = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(child.status ?? 1);
}
