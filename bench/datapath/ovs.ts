// Open vSwitch with its datapath in user space, as a bridge that learns. This kernel has no other; it is a weak opponent, for it takes every packet
// out of the kernel and puts it back by raw sockets.

import { existsSync, mkdirSync } from 'node:fs';
import { RUN_DIR } from '../leftovers.ts';
import { runIn, startIn } from './command.ts';
import { switchOffload } from './ethtool.ts';
import { DEVICE, type Path, quietNamespace, RECEIVER, SENDER, STATIONS } from './path.ts';
import { attach } from './wiring.ts';

export const OVS = 'OVS in user space';
const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';
const PATIENCE_MS = 10_000;

export async function openVSwitch(core: number): Promise<Path> {
  const [server, sender, receiver] = ['ovs-h', 'ovs-s', 'ovs-r'].map(quietNamespace) as [string, string, string];
  attach(server, 'port1', { netns: sender, ...SENDER });
  attach(server, 'port2', { netns: receiver, ...RECEIVER });
  // Its raw sockets hand on what they read: a checksum that a device was to make would never be made.
  for (const netns of [sender, receiver]) switchOffload({ netns, device: DEVICE }, 'checksums', 'off');

  const dir = `${RUN_DIR}/ovs`;
  mkdirSync(dir, { recursive: true });
  const database = `unix:${dir}/db.sock`;
  runIn(server, 'ovsdb-tool', ['create', `${dir}/conf.db`, SCHEMA]);
  // For one core alone, as an ordinary process, that ends with this one.
  const start = (command: string, ...args: string[]) => startIn(server, 'setpriv', ['--pdeathsig', 'KILL', 'taskset', '-c', `${core}`, 'chrt', '-o', '0', command, ...args, '--log-file=/dev/null', `--unixctl=${dir}/${command}.ctl`]);
  const children = [start('ovsdb-server', `${dir}/conf.db`, `--remote=punix:${dir}/db.sock`)];
  const close = (): void => { for (const child of children) child.kill('SIGKILL'); };
  try {
    await until(() => existsSync(`${dir}/db.sock`));
    runIn(server, 'ovs-vsctl', [`--db=${database}`, '--no-wait', 'init']);
    children.push(start('ovs-vswitchd', database));
    await until(() => existsSync(`${dir}/ovs-vswitchd.ctl`));
    runIn(server, 'ovs-vsctl', [`--db=${database}`, '--timeout=10', 'add-br', 'ovs0', '--', 'set', 'bridge', 'ovs0', 'datapath_type=netdev', '--', 'add-port', 'ovs0', 'port1', '--', 'add-port', 'ovs0', 'port2']);
  } catch (error) {
    close();
    throw error;
  }
  return { name: OVS, sender, receiver, ...STATIONS, firstHop: { netns: server, device: 'port1' }, asynchronous: true, close };
}

async function until(what: () => boolean): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !what();) {
    if (performance.now() > end) throw new Error('Open vSwitch does not start');
    await new Promise(done => setTimeout(done, 20));
  }
}
