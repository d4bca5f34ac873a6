// Probes of the host: system, native calls, privileges, kernel version, file systems.

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { native, NativeUnavailable } from '../../sys/libc.ts';
import { BPFFS, isBpffs } from '../pins.ts';
import { type Probe, YES } from './probe.ts';

/** Bits of CapEff (capabilities(7)). */
const CAPABILITIES = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21, CAP_BPF: 39 } as const;
const OLDEST = [6, 6] as const;

export const HOST_PROBES: readonly Probe[] = [
  {
    name: 'native', title: 'native calls from Node', need: 'required', cure: 'run `npm ci` without --omit=optional',
    run() {
      try {
        native();
        return YES;
      } catch (error) {
        if (error instanceof NativeUnavailable) return { answer: 'no', reason: error.message, cure: error.cure };
        throw error;
      }
    },
  },
  {
    name: 'privileges', title: 'root or its capabilities', need: 'required', cure: 'run as root',
    run() {
      const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
      if (effective === undefined) return { answer: 'could-not-tell', reason: '/proc/self/status has no CapEff', cure: 'mount /proc' };
      const missing = Object.entries(CAPABILITIES).filter(([, bit]) => (BigInt(`0x${effective}`) >> BigInt(bit) & 1n) === 0n).map(([name]) => name);
      if (missing.length === 0) return YES;
      return { answer: 'no', reason: `this process lacks ${missing.join(', ')}`, cure: 'run as root, in a container with --privileged, or use the vm engine (--engine vm)' };
    },
  },
  {
    name: 'kernel-version', title: `Linux ${OLDEST.join('.')} or newer`, need: 'required', cure: 'use a newer kernel',
    run() {
      const version = release();
      const [major = 0, minor = 0] = version.split('.').map(part => Number.parseInt(part, 10));
      if (major > OLDEST[0] || major === OLDEST[0] && minor >= OLDEST[1]) return { answer: 'yes', detail: version };
      return { answer: 'no', reason: `this is Linux ${version}; tcx came with 6.6`, cure: 'use Linux 6.6 or newer, or the vm engine (--engine vm)' };
    },
  },
  {
    name: 'bpffs', title: `BPF file system at ${BPFFS}`, need: 'required', cure: `mount -t bpf bpf ${BPFFS}`,
    run() {
      if (isBpffs(BPFFS)) return YES;
      if (!existsSync(BPFFS)) return { answer: 'no', reason: `${BPFFS} does not exist`, cure: 'mount sysfs at /sys; the kernel needs CONFIG_BPF_SYSCALL' };
      return { answer: 'yes', detail: 'not mounted; a visor mounts it when it starts' };
    },
  },
  {
    name: 'btf', title: 'BTF of the kernel', need: 'useful', cure: 'use a kernel with CONFIG_DEBUG_INFO_BTF',
    run: () => existsSync('/sys/kernel/btf/vmlinux') ? YES : { answer: 'no', reason: '/sys/kernel/btf/vmlinux is missing', cure: 'use a kernel with CONFIG_DEBUG_INFO_BTF' },
  },
  {
    name: 'jit', title: 'BPF programs as machine code', need: 'useful', cure: 'sysctl net.core.bpf_jit_enable=1',
    run() {
      let value: string;
      try {
        value = readFileSync('/proc/sys/net/core/bpf_jit_enable', 'utf8').trim();
      } catch {
        // Others' network namespaces do not have it.
        return { answer: 'could-not-tell', reason: 'net.core.bpf_jit_enable cannot be read', cure: process.getuid?.() === 0 ? 'ask in the first network namespace: nsenter -t 1 -n sysctl net.core.bpf_jit_enable' : 'run it as root' };
      }
      return value === '0' ? { answer: 'no', reason: 'net.core.bpf_jit_enable is 0: programs are interpreted, many times slower', cure: 'sysctl net.core.bpf_jit_enable=1' } : YES;
    },
  },
  {
    name: 'tap', title: 'TAP devices', need: 'useful', cure: 'load the module tun',
    run() {
      try {
        accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
        return YES;
      } catch {
        return { answer: 'no', reason: '/dev/net/tun cannot be opened: punted packets cannot reach the visor', cure: 'modprobe tun; in a container, pass --device /dev/net/tun' };
      }
    },
  },
];
