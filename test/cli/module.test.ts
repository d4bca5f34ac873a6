// iov module, from an empty folder to a module on a device. What the compiler accepts and how packets fare is tested elsewhere.

import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { build } from '../../src/lang/packets/build.ts';
import { eth, ipv4, tcp } from '../../src/lang/packets.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { createVeth, indexOf } from '../../src/netlink/links.ts';
import { createNamespace, deleteNamespace, listNamespaces } from '../../src/netlink/namespaces.ts';
import { readPcapng } from '../../src/pcapng/read.ts';
import { openPacketSocket } from '../../src/sys/packets.ts';
import { kernelTest } from '../require.ts';
import { IOV } from './iov.ts';

const LIMIT_MS = 30_000;
const dir = mkdtempSync(join(tmpdir(), 'iov-test-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const root = resolve(import.meta.dirname, '../..');
const env = { ...process.env, NO_COLOR: '1' };

function iov(...args: string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [IOV, 'module', ...args], { cwd: dir, env, encoding: 'utf8', timeout: LIMIT_MS });
  return { code: status, out: stdout, err: stderr };
}

/** A command that goes on: what it says is waited for. */
class Going {
  readonly child: ChildProcess;
  said = '';
  #from = 0;
  #wake = (): void => undefined;
  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [IOV, 'module', ...args], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (d: Buffer) => { this.said += d; this.#wake(); });
    this.child.on('exit', () => this.#wake());
  }
  /** Until it says `text`, behind what was waited for before. */
  async until(text: string): Promise<void> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), LIMIT_MS);
    for (;;) {
      const at = this.said.indexOf(text, this.#from);
      if (at >= 0) { this.#from = at + text.length; break; }
      if (this.child.exitCode !== null || this.child.signalCode !== null) assert.fail(`it ended without saying '${text}': ${this.said}`);
      await new Promise<void>(done => { this.#wake = done; });
    }
    clearTimeout(timer);
  }
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise(done => this.child.once('close', done));
      this.child.kill(signal);
      await ended;
    }
    return this.child.exitCode;
  }
}

test('new: what it writes compiles, its packet cases pass, tsc takes it with the preset, and nothing is overwritten', () => {
  for (const kind of ['filter', 'module', 'xdp']) {
    const made = iov('new', `a-${kind}`, '--kind', kind);
    assert.equal(made.code, 0);
    assert.match(made.out, /npm install --save-dev iovisor/, 'the package is not installed there, and iov does without');
    const { code, out, err } = iov('test', `a-${kind}/a-${kind}.ts`);
    assert.deepEqual({ code, err }, { code: 0, err: '' }, out);
    assert.match(out, /packet cases passed on the vm engine/);
  }
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(root, join(dir, 'node_modules/iovisor'));
  writeFileSync(join(dir, 'tsconfig.json'), '{ "extends": "iovisor/tsconfig.module.json", "include": ["a-*/*.ts"] }');
  const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', dir], { encoding: 'utf8', timeout: LIMIT_MS });
  assert.equal(tsc.stdout, '');
  assert.equal(tsc.status, 0);

  writeFileSync(join(dir, 'a-xdp/a-xdp.ts'), 'mine');
  rmSync(join(dir, 'a-xdp/README.md'));
  const again = iov('new', 'a-xdp');
  assert.equal(again.code, 1);
  assert.match(again.err, /a-xdp\.ts, .* are there already/);
  assert.equal(readFileSync(join(dir, 'a-xdp/a-xdp.ts'), 'utf8'), 'mine');
  assert.equal(existsSync(join(dir, 'a-xdp/README.md')), false);
  for (const name of ['Big', '../x', '1st', 'x'.repeat(41)]) assert.equal(iov('new', name).code, 2, name);
});

test('build --emit, -o and stats', () => {
  assert.equal(iov('new', 'built').code, 0);
  const emitted = (form: string): string => iov('build', 'built/built.ts', '--emit', form).out;
  assert.match(emitted('asm'), /^# program ingress \(tc\): \d+ slots(?=[\s\S]*closed-port)[\s\S]*exit\(drop\)/);
  assert.match(emitted('ir'), /^program ingress\n/);
  assert.equal((JSON.parse(emitted('json')) as { name: string }).name, 'built');
  assert.equal(iov('build', 'built/built.ts', '-o', 'built.o').code, 0);
  assert.equal(readFileSync(join(dir, 'built.o')).subarray(1, 4).toString(), 'ELF');
  assert.match(iov('build', 'built/built.ts', '-o', 'built.o').out, /ingress \d+ slots, \d+ bytes of stack, about \d+ verifier steps/);
  assert.match(iov('check', 'built/built.ts', '--verbose').out, /^built\/built\.ts: well; ingress about \d+ verifier steps\n$/);
  assert.equal(iov('check', 'built/built.ts').out, 'built/built.ts: well\n');
  assert.match(iov('stats', 'built/built.ts').out, /PROGRAM +SLOTS[\s\S]*ingress[\s\S]*closed +hash +1024[\s\S]*closed-port +drop +built\/built\.ts:\d+/);
  const { maps } = JSON.parse(iov('stats', 'built/built.ts', '-o', 'json').out) as { maps: unknown[] };
  assert.equal(maps.length, 1);
});

test('test --pcap, and replay: packets go out to a capture and come in from one', () => {
  assert.equal(iov('new', 'caught').code, 0);
  assert.equal(iov('test', 'caught/caught.ts', '--pcap', 'cases.pcapng').code, 0);
  const read = readPcapng(readFileSync(join(dir, 'cases.pcapng')));
  assert.ok(read.ok);
  assert.deepEqual(read.value.interfaces.map(i => i.name).toSorted(), ['ingress', 'passed']);
  const comments = read.value.packets.flatMap(p => p.comments ?? []);
  assert.ok(comments.some(c => /^dropped as 'closed-port' \(caught\/caught\.ts:\d+\)$/.test(c)), comments.join('\n'));

  writeFileSync(join(dir, 'contents.yaml'), 'closed: [[23, 1]]');
  const replayed = iov('replay', 'caught/caught.ts', 'cases.pcapng', '--port', 'ingress=ingress', '--contents', 'contents.yaml', '--pcap', 'again.pcapng');
  assert.deepEqual([replayed.code, /left out/.test(replayed.err)], [0, true], replayed.err);
  assert.match(replayed.out, /\d+ +passed/);
  assert.match(replayed.out, /2 +dropped as 'closed-port'/);
  const again = readPcapng(readFileSync(join(dir, 'again.pcapng')));
  assert.ok(again.ok && again.value.packets.some(p => p.comments?.some(c => c.startsWith('dropped as'))));
  assert.match(iov('replay', 'caught/caught.ts', 'contents.yaml').err, /this is no pcapng file/);
  assert.equal(iov('replay', 'caught/caught.ts', 'cases.pcapng', '--port', 'inside').code, 2);
});

test('check and test --watch: again when a file is saved', async () => {
  assert.equal(iov('new', 'watched').code, 0);
  const file = join(dir, 'watched/watched.ts');
  const text = readFileSync(file, 'utf8');
  const checking = new Going('check', '--watch', 'watched/watched.ts');
  const testing = new Going('test', '--watch', 'watched/watched.ts');
  try {
    await Promise.all([checking.until('well'), testing.until('cases passed')]);
    await Promise.all([checking.until('waiting'), testing.until('waiting')]);
    writeFileSync(file, text.replace('tcp.dstPort)', 'tcp.nothing)'));
    await Promise.all([checking.until('IOV2013'), testing.until('does not compile')]);
    await Promise.all([checking.until('waiting'), testing.until('waiting')]);
    writeFileSync(file, text);
    await Promise.all([checking.until('well'), testing.until('cases passed')]);
    await testing.until('waiting');
    const packets = join(dir, 'watched/watched.packets.ts');
    writeFileSync(packets, readFileSync(packets, 'utf8').replace("dropped('closed-port')", "dropped('other')"));
    await testing.until('1 of 3 packet cases failed');
  } finally {
    await Promise.all([checking.end('SIGKILL'), testing.end('SIGKILL')]);
  }
});

kernelTest('run: packets are counted by site, a saved change is taken over with the maps, and Ctrl-C ends it', async () => {
  const NAMESPACE = 'iov-t-run';
  const clean = (): void => { for (const name of listNamespaces(NAMESPACE)) deleteNamespace(name); };
  clean();
  assert.equal(iov('new', 'running').code, 0);
  const file = join(dir, 'running/running.ts');
  writeFileSync(join(dir, 'spec.yaml'), 'ports: [23]\n');
  let running: Going | undefined;
  try {
    const netns = createNamespace(NAMESPACE);
    using netlink = new Netlink({ netns });
    createVeth(netlink, { name: 'a', state: 'up' }, { name: 'b', state: 'up', netns });
    using socket = openPacketSocket({ ifindex: indexOf(netlink, 'a'), netns });
    const knock = (dstPort: number): boolean => socket.send(build([eth({ dst: '02:00:00:00:00:0b', src: '02:00:00:00:00:0a' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 4000, dstPort, flags: 'S' })]));
    running = new Going('run', 'running/running.ts', '--netns', NAMESPACE, '--device', 'b', '--spec', 'spec.yaml', '--interval', '0.1');
    await running.until('running runs on b of iov-t-run');
    knock(23);
    await running.until('closed-port');
    writeFileSync(file, readFileSync(file, 'utf8').replace('closed-port', 'shut').replace('drop, ', 'drop, log, ').replace(/( *)return closed/, `$1log\`a knock at \${tcp.dstPort}\`;\n$&`));
    await running.until('runs anew; kept: closed');
    knock(23);
    await running.until('running/running.ts:14  a knock at 23\n');
    knock(23);
    await running.until('shut');
    writeFileSync(file, 'mistake');
    await running.until('does not compile');
    knock(23);
    knock(23);
    await running.until('4 ');
    assert.equal(await running.end('SIGINT'), 0);
    assert.match(running.said, /running is detached/);
  } finally {
    await running?.end('SIGKILL');
    clean();
  }
  assert.equal(iov('new', 'nowhere').code, 0);
  assert.match(iov('run', 'nowhere/nowhere.ts').err, /where shall it run\?[\s\S]*--device eth0/);
  assert.match(iov('run', 'nowhere/nowhere.ts', '--device', 'iov-t-none').err, /there is no device iov-t-none/);
});
