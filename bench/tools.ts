// What the bench needs of the machine, and the programs that it runs: clang for the C side of comparisons, bpftool for loading it.
// The product itself uses none of them.

import { execFileSync, spawnSync } from 'node:child_process';
import { whyNoKernel } from '../src/cli/engine.ts';
import type { GroupName } from './measurement.ts';

const CLANG = 'clang-19';
const BPFTOOL = 'bpftool';

/** What is missing for the groups, each in a sentence with its cure. */
export function missing(groups: readonly GroupName[]): string[] {
  const out: string[] = [];
  const why = whyNoKernel();
  if (why !== undefined) out.push(`${why}, and the bench measures in the kernel: run it as root on Linux`);
  const tools = groups.includes('compiler') ? [CLANG, BPFTOOL] : [CLANG];
  for (const tool of tools) if (spawnSync(tool, ['--version'], { stdio: 'ignore' }).error) out.push(`${tool} is not installed: apt-get install ${tool}`);
  return out;
}

export function clangVersion(): string {
  return execFileSync(CLANG, ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? CLANG;
}

/** Compiles C to an eBPF object. */
export function clangBpf(source: string, object: string, defines: Readonly<Record<string, number>>): void {
  const given = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`);
  execFileSync(CLANG, ['-O2', '-mcpu=v3', '-g', '-target', 'bpf', ...given, '-c', source, '-o', object]);
}

/** Compiles C to a program of this machine. */
export function clangNative(source: string, program: string): void {
  execFileSync(CLANG, ['-O2', '-Wall', source, '-o', program]);
}

/** Compiles C for this very machine, with everything that its processor has. */
export function clangHere(source: string, program: string, { flags, defines }: { readonly flags: readonly string[]; readonly defines: Readonly<Record<string, number>> }): void {
  const given = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`);
  execFileSync(CLANG, ['-O2', '-march=native', '-rdynamic', '-w', ...given, ...flags, source, '-o', program]);
}

/** Loads the object's programs and pins each in the directory, by its function's name. */
export function bpftoolLoad(object: string, directory: string, type: 'classifier' | 'xdp'): void {
  execFileSync(BPFTOOL, ['prog', 'loadall', object, directory, 'type', type], { stdio: 'pipe' });      // older ones do not know a section tc/egress
}
