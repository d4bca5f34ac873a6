// A TAP device as the workload of a laboratory's device: a real network stack, in its namespace, reaches what is simulated. Frames that the
// machine sends come in as the device's own; what the device is sent goes out to the machine. It needs root on Linux; the rest of this folder
// does not, and does not import this file.

import { Netlink } from '../../netlink/client.ts';
import { addAddress } from '../../netlink/addresses.ts';
import { indexOf, setLink } from '../../netlink/links.ts';
import type { NamespaceRef } from '../../sys/namespace.ts';
import { watchReadable } from '../../sys/poll.ts';
import { openTap } from '../../sys/tap.ts';
import type { LabDevice } from './lab-host.ts';

/** Frames that are taken in before the event loop goes on. */
const MOST_AT_ONCE = 64;

interface AttachedTap extends Disposable {
  /** Frames that the machine had no room for. */
  readonly lost: number;
  /** The device is gone from the machine, and the simulated host is itself again. */
  close(): void;
}

/** Makes the device `name` with the endpoint's MAC, MTU and addresses, and sets it up. @throws SysError */
export function attachTap(device: LabDevice, { name, netns }: { readonly name: string; readonly netns?: NamespaceRef }): AttachedTap {
  const { mac, mtu, addresses } = device.spec;
  const tap = openTap(name, netns);
  let lost = 0;
  try {
    using netlink = new Netlink(netns === undefined ? {} : { netns });
    setLink(netlink, name, { mac, mtu });
    for (const address of addresses) addAddress(netlink, indexOf(netlink, name), address);
    setLink(netlink, name, { state: 'up' });
  } catch (error) {
    tap.close();
    throw error;
  }
  const watch = watchReadable(tap.fd, () => {
    for (let i = 0; i < MOST_AT_ONCE; i++) {
      const frame = tap.read();
      if (frame === undefined) return;
      device.send(frame.slice());
    }
  });
  device.workload = frame => { if (!tap.write(frame)) lost++; };
  const close = (): void => {
    device.workload = undefined;
    watch.close();
    tap.close();
  };
  return { get lost() { return lost; }, close, [Symbol.dispose]: close };
}
