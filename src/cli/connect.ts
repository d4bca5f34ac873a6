// Which Director and which visor a command speaks to, and how it says that they refused.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { DirectorClient, Refused } from '../client/director.ts';
import { VisorClient } from '../client/visor.ts';
import { showProblem } from '../model/problem.ts';
import { chosenContext } from './contexts.ts';
import { EXIT, Failure } from './failure.ts';

/** Where the sockets of this user's visors lie. Not in a folder that others may write: they could put a socket of their own there. */
const RUN_DIR = process.getuid?.() === 0 ? '/run/iovisor' : `${process.env['XDG_RUNTIME_DIR'] ?? `${process.env['HOME'] ?? '.'}/.local/state`}/iovisor`;

/** Where `iov director` listens unless it is told otherwise. */
export const DEFAULT_DIRECTOR = `unix:${RUN_DIR}/director.sock`;

export function directorOption(): Option {
  return new Option('--director <address>', `the Director: https://HOST:PORT or unix:/PATH (default: that of the context, or ${DEFAULT_DIRECTOR})`).env('IOV_DIRECTOR');
}

export function visorOption(): Option {
  return new Option('--visor <address>', `the visor's socket, unix:/PATH (default: the only one in ${RUN_DIR})`).env('IOV_VISOR');
}

export function outputOption(...more: readonly string[]): Option {
  return new Option('-o, --output <format>', 'how to print it').choices(['table', 'json', 'yaml', ...more]).default('table');
}

/** What is shown to it: IOV_TOKEN and IOV_CA (a file), or what the context has. */
export function directorOf(options: { readonly director?: string | undefined }): DirectorClient {
  const context = chosenContext();
  const director = options.director ?? context?.director ?? DEFAULT_DIRECTOR;
  const own = context?.director === director ? context : undefined;
  const ca = process.env['IOV_CA'] === undefined ? own?.ca : readFileSync(process.env['IOV_CA'], 'utf8');
  const trust = ca === undefined ? undefined : { ca };
  return new DirectorClient(director, { token: process.env['IOV_TOKEN'] ?? own?.token, ...trust ? { trust: () => trust } : {} });
}

export function visorOf(options: { readonly visor?: string }): VisorClient {
  return new VisorClient(options.visor ?? onlyVisor());
}

export function visorSocket(name: string): string {
  return `unix:${RUN_DIR}/${name}/visor.sock`;
}

/** @throws Failure for a refusal, with its problems as lines; passes on what is not one. */
async function answered<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // The sentence is about the first problem; the lines are for more than one.
    const problems = error.error.problems ?? [];
    const details = [...error.error.diagnostics ?? [], ...problems.length < 2 ? [] : problems.map(p => `error ${showProblem(p)}`)];
    throw new Failure(error.message, { exitCode: error.status >= 500 ? EXIT.world : EXIT.refused, cure: error.cure, details, cause: error });
  }
}

/** An action that reports refusals in our words. */
export function action<A extends unknown[]>(command: Command, run: (...args: A) => Promise<void>): Command {
  return command.action((...args: unknown[]) => answered(run(...(args as A))));
}

function onlyVisor(): string {
  const names = existsSync(RUN_DIR) ? readdirSync(RUN_DIR).filter(n => existsSync(`${RUN_DIR}/${n}/visor.sock`)) : [];
  if (names.length === 1) return visorSocket(names[0]!);
  throw names.length === 0
    ? new Failure(`no visor runs on this machine (nothing in ${RUN_DIR})`, { exitCode: EXIT.world, cure: 'start one with: iov visor (or: iov up), or name its socket with --visor' })
    : new Failure(`${names.length} visors run on this machine: ${names.join(', ')}`, { exitCode: EXIT.usage, cure: `choose one, such as: --visor ${visorSocket(names[0]!)}` });
}
