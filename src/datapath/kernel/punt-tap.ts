// The TAP by which packets leave for this process. Neither the device nor its link is kept: both end with the process, which alone could read it.

import type { KernelProgram } from '../../kernel/program.ts';
import type { Netlink } from '../../netlink/client.ts';
import { indexOf, setLink } from '../../netlink/links.ts';
import { writeIpv6Sysctl } from '../../netlink/sysctl.ts';
import { watchReadable } from '../../sys/poll.ts';
import { openTap } from '../../sys/tap.ts';
import type { PuntDevice } from '../compose/engine.ts';
import type { Attachments } from './attachments.ts';

/** Of a TAP, in the kernel: 65,535 with the Ethernet header. */
const MOST_TAP_MTU = 65_521;
/** Punts that are heard before the event loop goes on. */
const MOST_AT_ONCE = 64;

interface PuntTapOptions { readonly name: string; readonly alias: string; readonly netnsPath: string | undefined; readonly netlink: Netlink; readonly at: Attachments }

/** What is sent there is heard, a frame at a time; what comes in there is the program's. @throws SysError */
export function makePuntTap({ name, alias, netnsPath, netlink, at }: PuntTapOptions, program: KernelProgram, hear: (frame: Uint8Array) => void): PuntDevice {
  const tap = openTap(name, netnsPath);
  try {
    setLink(netlink, name, { mtu: MOST_TAP_MTU, alias });
    // The host must not speak on the device by itself.
    writeIpv6Sysctl(netnsPath, name, 'disable_ipv6', 1);
    const ifindex = indexOf(netlink, name);
    const attached = at.attachAlong(ifindex, program);
    setLink(netlink, name, { state: 'up' });
    const watch = watchReadable(tap.fd, () => {
      for (let i = 0; i < MOST_AT_ONCE; i++) {
        const frame = tap.read();
        if (frame === undefined) return;
        hear(frame);
      }
    });
    return { ifindex, send: frame => tap.write(frame), close: () => { watch.close(); attached.close(); tap.close(); } };
  } catch (error) {
    tap.close();
    throw error;
  }
}
