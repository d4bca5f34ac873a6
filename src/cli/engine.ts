// Which engine this process can use, why not the other, and opening it for a server.

import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Datapath } from '../datapath/datapath.ts';
import { openKernelDatapath } from '../datapath/kernel/open.ts';
import { Lab } from '../datapath/vm/lab.ts';
import { openVmDatapath } from '../datapath/vm/open.ts';
import { BPFFS, ensureBpffs, isBpffs } from '../kernel/pins.ts';
import { firstObstacle, probeMachine } from '../kernel/probe/machine.ts';
import { EXIT, Failure } from './failure.ts';

/** Why the kernel engine cannot work here, in a sentence; undefined: nothing speaks against it. `iov doctor` looks closer. */
export function whyNoKernel(): string | undefined {
  if (process.platform !== 'linux') return 'the kernel engine needs Linux';
  if (process.getuid?.() !== 0) return 'the kernel engine needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'the kernel engine needs a kernel with BTF (/sys/kernel/btf/vmlinux is missing)';
  return undefined;
}

/** @throws Failure: what is missing, and what to do about it */
export function openDatapath(engine: 'kernel' | 'vm', server: { readonly server: string; readonly pins: string | undefined; readonly stateDir: string }): Datapath {
  if (engine === 'vm') return openVmDatapath({ lab: new Lab({ hosts: 'on-demand', checks: 'walked' }), server: server.server });
  const obstacle = process.platform === 'linux' ? firstObstacle(probeMachine()) : undefined;
  if (process.platform !== 'linux') throw new Failure('the kernel engine needs Linux', { exitCode: EXIT.world, cure: 'use --engine vm' });
  if (obstacle) throw new Failure(`the kernel engine does not work here: ${obstacle.reason}`, { exitCode: EXIT.world, cure: obstacle.cure });
  ensureBpffs(BPFFS);
  if (server.pins !== undefined && !isBpffs(nearestFolder(resolve(server.pins)))) {
    throw new Failure(`${server.pins} is not in a BPF file system`, { exitCode: EXIT.world, cure: `choose a folder in ${BPFFS}, such as ${BPFFS}/iov/${server.server}` });
  }
  return openKernelDatapath({ server: server.server, root: server.pins ?? `${BPFFS}/iov/${server.server}`, stateDir: `${server.stateDir}/datapath` });
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path));
}
