// Opens the kernel driver of one server.

import { ComposedDatapath } from '../compose/datapath.ts';
import type { Datapath } from '../datapath.ts';
import type { AttachBy } from './attachments.ts';
import { KernelEngine } from './engine.ts';
import { FileRecords } from './records.ts';
import { orRefused } from './refused.ts';

interface KernelDatapathOptions {
  /** Name of the server: part of device names and aliases, so that several may share a machine. */
  readonly server: string;
  /** Directory in a BPF file system, of this server alone: `/sys/fs/bpf/iov/SERVER`. */
  readonly root: string;
  /** Namespace of the underlay, of the tunnel device and the host's ends; absent: that of this process. */
  readonly netnsPath?: string;
  /** Directory for records, of this server alone: `/run/iov/SERVER/datapath`. It need not survive a reboot. */
  readonly stateDir: string;
  /** How programs are attached to devices; absent: by tcx, or by clsact where the kernel lacks it (before Linux 6.6). */
  readonly attachBy?: AttachBy;
}

/** Adopts what stands under the root. Only one process may have a server open. @throws DatapathError */
export function openKernelDatapath(options: KernelDatapathOptions): Datapath {
  const records = orRefused(`cannot keep records in ${options.stateDir}`, () => new FileRecords(options.stateDir));
  return new ComposedDatapath(new KernelEngine({ ...options, records }));
}
