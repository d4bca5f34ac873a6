// Programs of others that the bench runs in its namespaces: whether they are there, and running them.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { withNamespace } from '../../src/sys/namespace.ts';

/** Debian keeps some out of the way of ordinary users. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };

export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore', env }).error === undefined;
}

/** @throws Error  with what it said */
export function runIn(netns: string, command: string, args: readonly string[], input = ''): void {
  try {
    withNamespace(netns, () => execFileSync(command, args, { input, env, stdio: ['pipe', 'pipe', 'pipe'] }));
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`${command} ${args.join(' ')}: ${said || (error as Error).message}`);
  }
}

/** Its end is the caller's to bring about. */
export function startIn(netns: string, command: string, args: readonly string[]): ChildProcess {
  return withNamespace(netns, () => spawn(command, args, { stdio: 'ignore', env }));
}
