// What the datapath group compares: a way for frames from a sender to a receiver, each in a network namespace of its own.

import { createNamespace } from '../../src/netlink/namespaces.ts';
import { writeSysctl } from '../../src/netlink/sysctl.ts';
import { PREFIX } from '../leftovers.ts';

export interface Path {
  readonly name: string;
  /** Paths of the namespaces. */
  readonly sender: string;
  readonly receiver: string;
  /** The other end of the sender's device: whose receive path the generator's frames enter. */
  readonly firstHop: { readonly netns: string; readonly device: string };
  /** Programs of ours on the way, for a look at where the time goes; by directory of their pins. */
  readonly programs?: readonly string[];
  close(): void;
}

/** Of the workloads' devices, in every path alike. */
export const DEVICE = 'eth0';
export const SENDER = { mac: '02:00:00:00:00:01', ip: '10.77.0.1' } as const;
export const RECEIVER = { mac: '02:00:00:00:00:02', ip: '10.77.0.2' } as const;
export const PREFIX_LENGTH = 24;
/** What is left of the underlay's MTU inside VXLAN. */
export const MTU = 1450;
export const UNDERLAY_MTU = 1500;
export const VNI = 77;
export const UDP_PORT = 4789;

/** A namespace in which nothing speaks by itself. */
export function quietNamespace(name: string): string {
  const path = createNamespace(PREFIX + name);
  for (const which of ['all', 'default']) {
    try {
      writeSysctl(path, `net/ipv6/conf/${which}/disable_ipv6`, 1);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;      // a kernel without IPv6
    }
  }
  return path;
}
