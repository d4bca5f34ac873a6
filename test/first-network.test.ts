// docs/first-network.md as a new user follows it: its commands, as they stand, one shell. In namespaces of their own for network, mounts and
// processes, with /run, /var/lib and bpffs empty: so it meets no other iovisor of this machine, and nothing is left of it however it ends.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { kernelTest } from './require.ts';

const root = resolve(import.meta.dirname, '..');
const LIMIT_MS = 240_000;
const EMPTY = 'mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib && mount -t bpf bpf /sys/fs/bpf && ip link set lo up';

kernelTest('every command of docs/first-network.md works as it is written there', t => {
  const missing = ['unshare', 'ip', 'ping', 'bash'].filter(program => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0);
  if (missing.length > 0) { t.skip(`needs ${missing.join(', ')}`); return; }
  const page = readFileSync(`${root}/docs/first-network.md`, 'utf8');
  const blocks = [...page.matchAll(/^```sh run\n([\s\S]*?)^```$/gm)].map(m => m[1]!);
  assert.equal(blocks.length, 10);
  const script = ['set -e', EMPTY, ...blocks.map((b, i) => `echo "== ${i + 2}"\n${b}`), 'echo "== end"'].join('\n');
  const { stdout, stderr, status } = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', script], { cwd: root, encoding: 'utf8', timeout: LIMIT_MS, killSignal: 'SIGKILL', env: { ...process.env, NO_COLOR: '1' } });
  const said = `${stdout}\n${stderr}`;
  assert.equal(status, 0, said);
  for (const part of [/effective on 1 of 1 servers/, /endpoint\/shop\/db\n/, /3 received, 0% packet loss/, /\[\["10\.1\.2\.2"\],\[\{"name":"db\.db\.shop\.internal","port":5432,/, /Policies shop\/db +\d+ +no-rule +firewall/, /Endpoint shop\/db +ready +s1/, /uid 0 +created +Policy shop\/db/, /== end\n/]) assert.match(stdout, part, said);
});
