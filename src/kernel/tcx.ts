// Attach point tcx (Linux 6.6): tc programs in a list at a device's ingress or egress. Older kernels have clsact: src/netlink/filters.ts.

import { ERRNO, SysError } from '../sys/errors.ts';
import type { Fd } from '../sys/fd.ts';
import { lastErrno } from '../sys/libc.ts';
import { type NamespaceRef, withNamespace } from '../sys/namespace.ts';
import { ATTACH_TYPE } from './attach-types.ts';
import { Attr, tryBpf } from './command.ts';
import { withShortGracePeriods } from './grace-period.ts';
import { KernelLink } from './link.ts';
import type { KernelProgram } from './program.ts';

/** What a tc program returns: enum tcx_action_base. `NEXT`: the next in the list decides. */
export const TCX = { NEXT: -1, PASS: 0, DROP: 2, REDIRECT: 7 } as const;

const BPF_F_BEFORE = 8;
const BPF_F_AFTER = 16;

interface TcxAttachment {
  readonly program: KernelProgram;
  readonly ifindex: number;
  /** `ingress`: what comes from the device to the machine. */
  readonly direction: 'ingress' | 'egress';
  /** Among the programs that are there. */
  readonly order?: 'first' | 'last';
  /** Where `ifindex` is counted; absent: the namespace of this thread. */
  readonly netns?: NamespaceRef | undefined;
}

/** Attaches. The link goes, and the program with it, when it is neither held nor pinned. @throws SysError */
export function attachTcx(at: TcxAttachment): KernelLink {
  const attr = new Attr(32)
    .u32(0, at.program.fd).u32(4, at.ifindex)
    .u32(8, at.direction === 'ingress' ? ATTACH_TYPE.TCX_INGRESS : ATTACH_TYPE.TCX_EGRESS)
    .u32(12, at.order === 'first' ? BPF_F_BEFORE : BPF_F_AFTER);
  const create = () => withShortGracePeriods(() => {
    const fd = tryBpf('LINK_CREATE', attr);
    if (fd >= 0) return new KernelLink(fd as Fd);
    const errno = lastErrno();
    const cure = errno === ERRNO.EINVAL ? 'tcx needs Linux 6.6 or newer (iov doctor says whether it is there)' : undefined;
    throw new SysError(`bpf LINK_CREATE ${at.program.name} at tcx ${at.direction} of ifindex ${at.ifindex}`, errno, cure ? { cure } : {});
  });
  // The kernel looks the ifindex up in the namespace of the calling thread.
  return at.netns === undefined ? create() : withNamespace(at.netns, create);
}
