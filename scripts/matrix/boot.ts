// One kernel, booted in an emulated machine without disk and network, until its loader has said all. Bounded in time; the machine is
// ended by its process id whatever happens.

import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { NODE_PATH } from './initramfs.ts';
import { MARK } from './job.ts';
import { MatrixUnavailable } from './unavailable.ts';

const BOOT_TIMEOUT_MS = 300_000;
const MEMORY_MIB = 1536;
const LAST_LINES = 12;

export interface Booted<Result> {
  /** As `uname -r` says it. */
  readonly release: string;
  readonly results: readonly Result[];
  readonly seconds: number;
}

/** `main`: path in it of what its first process runs, which says results, one by one. */
export interface Guest { readonly initramfs: string; readonly main: string }

/** @throws MatrixUnavailable */
export function checkEmulator(): void {
  if (spawnSync('qemu-system-x86_64', ['--version']).status !== 0) {
    throw new MatrixUnavailable('qemu-system-x86_64 is not installed', 'apt-get install qemu-system-x86');
  }
}

/** @throws Error  the guest did not come to its end; the message has its last words */
export function boot<Result extends object>(kernel: string, { initramfs, main }: Guest): Promise<Booted<Result>> {
  const started = performance.now();
  const machine = spawn('qemu-system-x86_64', [
    '-accel', 'tcg', '-M', 'q35', '-cpu', 'max', '-smp', '1', '-m', String(MEMORY_MIB), '-nodefaults', '-no-user-config', '-display', 'none', '-nic', 'none',
    '-no-reboot', '-serial', 'stdio', '-kernel', kernel, '-initrd', initramfs,
    '-append', `console=ttyS0 quiet panic=-1 rdinit=${NODE_PATH} -- ${main}`,
  ], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => { machine.kill('SIGKILL'); };
  process.once('exit', stop);

  return new Promise<Booted<Result>>((resolve, reject) => {
    let release = '';
    let finished = false;
    const results: Result[] = [];
    const last: string[] = [];
    const timer = setTimeout(stop, BOOT_TIMEOUT_MS);
    const heard = (line: string): void => {
      const at = line.indexOf(MARK);
      if (at < 0) {
        last.push(line);
        if (last.length > LAST_LINES) last.shift();
        return;
      }
      const value = JSON.parse(line.slice(at + MARK.length)) as Result | { readonly kernel: string } | { readonly done: true };
      if ('kernel' in value) release = value.kernel;
      else if ('done' in value) {
        finished = true;
        stop();
      } else results.push(value);
    };
    createInterface({ input: machine.stdout }).on('line', heard);
    createInterface({ input: machine.stderr }).on('line', heard);
    machine.once('error', reject);
    machine.once('close', () => {
      clearTimeout(timer);
      process.off('exit', stop);
      const seconds = (performance.now() - started) / 1000;
      if (finished) resolve({ release, results, seconds });
      else reject(new Error(`the guest stopped after ${seconds.toFixed(0)} s and ${results.length} results; its last words:\n${last.join('\n')}`));
    });
  });
}
