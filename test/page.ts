// The commands of a page of documentation, as they stand, in one shell: in namespaces of their own for network, mounts and processes, with /run,
// /var/lib and bpffs empty. So they meet no other iovisor of this machine, and nothing is left of them however they end.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const LIMIT_MS = 240_000;
const EMPTY = 'mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib && mount -t bpf bpf /sys/fs/bpf && ip link set lo up';

/** What its blocks of `sh run` printed; they ended well. */
export function ranPage(path: string, blockCount: number): { readonly out: string; readonly all: string } {
  const blocks = [...readFileSync(`${root}/${path}`, 'utf8').matchAll(/^```sh run\n([\s\S]*?)^```$/gm)].map(m => m[1]!);
  assert.equal(blocks.length, blockCount);
  const script = ['set -e', EMPTY, ...blocks.map((b, i) => `echo "== block ${i + 1}"\n${b}`), 'echo "== end"'].join('\n');
  const { stdout, stderr, status } = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', script], {
    cwd: root, encoding: 'utf8', timeout: LIMIT_MS, killSignal: 'SIGKILL', env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, NO_COLOR: '1' },
  });
  const all = `${stdout}\n${stderr}`;
  assert.equal(status, 0, all);
  assert.match(stdout, /== end\n/, all);
  return { out: stdout, all };
}
