// The commands of pages of documentation, as they stand, in one shell: in namespaces of their own for network, mounts and processes, with /run,
// /var/lib and bpffs empty. So they meet no other iovisor of this machine, and nothing is left of them however they end.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const LIMIT_MS = 240_000;
const EMPTY = 'mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib && mount -t bpf bpf /sys/fs/bpf && ip link set lo up';

/** Its blocks of `sh run`, and of `yaml file /PATH` what writes it; as many as the page is known to have, so that none is overlooked. */
export function blocksOf(path: string, count: number): readonly string[] {
  const blocks = [...readFileSync(`${root}/${path}`, 'utf8').matchAll(/^```(?:sh run|yaml file (\S+))\n([\s\S]*?)^```$/gm)].map(([, file, text = '']) => file === undefined ? text : `cat > ${file} <<'END'\n${text}END\n`);
  assert.equal(blocks.length, count, path);
  return blocks;
}

/** What they printed; they ended well. */
export function ran(blocks: readonly string[]): { readonly out: string; readonly all: string } {
  const script = ['set -e', EMPTY, ...blocks.map((b, i) => `echo "== block ${i + 1}"\n${b}`), 'echo "== end"'].join('\n');
  const { stdout, stderr, status } = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', script], {
    cwd: root, encoding: 'utf8', timeout: LIMIT_MS, killSignal: 'SIGKILL', env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, NO_COLOR: '1' },
  });
  const all = `${stdout}\n${stderr}`;
  assert.equal(status, 0, all);
  assert.match(stdout, /== end\n/, all);
  return { out: stdout, all };
}
