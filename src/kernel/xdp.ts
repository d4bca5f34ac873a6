// Attach point XDP: one program at a device's receive path, before the packet is an skb.

import { ERRNO, SysError } from '../sys/errors.ts';
import type { Fd } from '../sys/fd.ts';
import { lastErrno } from '../sys/libc.ts';
import { type NamespaceRef, withNamespace } from '../sys/namespace.ts';
import { ATTACH_TYPE } from './attach-types.ts';
import { Attr, tryBpf } from './command.ts';
import { KernelLink } from './link.ts';
import type { KernelProgram } from './program.ts';

/** What an XDP program returns: enum xdp_action. */
export const XDP_ACTION = { ABORTED: 0, DROP: 1, PASS: 2, TX: 3, REDIRECT: 4 } as const;

/** XDP_FLAGS_*; absent, the driver's mode where it has one, else the generic one. */
const XDP_MODE = { generic: 2, driver: 4 } as const;

interface XdpAttachment {
  readonly program: KernelProgram;
  readonly ifindex: number;
  readonly mode?: keyof typeof XDP_MODE;
  readonly netns?: NamespaceRef | undefined;
}

/** Attaches; EBUSY where another program is there. @throws SysError */
export function attachXdp(at: XdpAttachment): KernelLink {
  const attr = new Attr(32).u32(0, at.program.fd).u32(4, at.ifindex).u32(8, ATTACH_TYPE.XDP).u32(12, at.mode === undefined ? 0 : XDP_MODE[at.mode]);
  const create = () => {
    const fd = tryBpf('LINK_CREATE', attr);
    if (fd >= 0) return new KernelLink(fd as Fd);
    const errno = lastErrno();
    // The kernel says EINVAL for a device that is not there.
    const cure = errno === ERRNO.EINVAL ? 'check that the device exists in this namespace' : errno === ERRNO.EBUSY ? 'another XDP program holds the device' : undefined;
    throw new SysError(`bpf LINK_CREATE ${at.program.name} at XDP of ifindex ${at.ifindex}`, errno, cure ? { cure } : {});
  };
  return at.netns === undefined ? create() : withNamespace(at.netns, create);
}
