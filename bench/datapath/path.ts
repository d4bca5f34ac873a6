// What the datapath group compares: a way for frames from a sender to a receiver, each in a network namespace of its own.

import { createNamespace } from '../../src/netlink/namespaces.ts';
import { writeSysctl } from '../../src/netlink/sysctl.ts';
import { PREFIX } from '../leftovers.ts';

export interface Station { readonly mac: string; readonly ip: string }

export interface Path {
  readonly name: string;
  /** Paths of the namespaces. */
  readonly sender: string;
  readonly receiver: string;
  /** What frames of the sender say: its own station, and whom they are for. Where they are routed, the MAC is the next hop's. */
  readonly from: Station;
  readonly to: Station;
  /** The other end of the sender's device: whose receive path the generator's frames enter. */
  readonly firstHop: { readonly netns: string; readonly device: string };
  /** Programs of ours on the way, for a look at where the time goes; by directory of their pins. */
  readonly programs?: readonly string[];
  /** It forwards by a process of its own, on the other core. */
  readonly asynchronous?: true;
  /** What a visor does every some seconds. */
  tidy?(): void;
  close(): void;
}

/** Of the workloads' devices, in every path alike. */
export const DEVICE = 'eth0';
export const SENDER = { mac: '02:00:00:00:00:01', ip: '10.77.0.1' } as const;
export const RECEIVER = { mac: '02:00:00:00:00:02', ip: '10.77.0.2' } as const;
export const STATIONS = { from: SENDER, to: RECEIVER } as const;
export const PREFIX_LENGTH = 24;
/** What is left of the underlay's MTU inside VXLAN. */
export const MTU = 1450;
export const UNDERLAY_MTU = 1500;
export const VNI = 77;
export const UDP_PORT = 4789;
/** What rules allow: where the frames go to, and where the TCP server listens. */
export const PORTS = { frames: 9, server: 5001 } as const;

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
