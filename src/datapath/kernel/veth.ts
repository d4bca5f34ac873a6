// The veth pair of one endpoint: the far end is made in the workload's namespace with its name, MAC, MTU and addresses, and switched on
// there; the host's end stays down for the caller to open.

import { withShortGracePeriods } from '../../kernel/grace-period.ts';
import { addAddress } from '../../netlink/addresses.ts';
import { Netlink } from '../../netlink/client.ts';
import { addRoute, deleteRoute } from '../../netlink/routes.ts';
import { createVeth, deleteLink, indexOf, setLink } from '../../netlink/links.ts';
import { writeIpv6Sysctl } from '../../netlink/sysctl.ts';
import { isSysError } from '../../sys/errors.ts';
import { DatapathError, type EndpointSpec } from '../datapath.ts';

/** Of a veth or dummy, in the kernel. */
export const MOST_MTU = 65_535;

/** Gives the index of the host's end. What was there under its name goes. @throws SysError | DatapathError */
export function makePair(netlink: Netlink, spec: EndpointSpec, near: { readonly name: string; readonly alias: string }): number {
  deleteLink(netlink, near.name);
  try {
    // A frame longer than the near end takes is lost before any program sees it: it takes all, and what is too big is refused by name.
    createVeth(netlink, { ...near, mtu: MOST_MTU, state: 'down' }, { name: spec.device, mac: spec.mac, mtu: spec.mtu, netns: spec.netns });
  } catch (error) {
    if (!isSysError(error, 'EEXIST')) throw error;
    throw new DatapathError(`endpoint ${spec.uid}: ${spec.netns} has a device ${spec.device} already`, { cure: 'choose another device name, or remove that one', cause: error });
  }
  const index = indexOf(netlink, near.name);
  using inside = new Netlink({ netns: spec.netns });
  const far = indexOf(inside, spec.device);
  // Its addresses are the Director's to say, not those of whoever sends router advertisements.
  for (const key of ['accept_ra', 'accept_dad']) writeIpv6Sysctl(spec.netns, spec.device, key, 0);
  for (const address of spec.addresses) addAddress(inside, far, address);
  setLink(inside, far, { state: 'up' });
  route(inside, far, [], spec.gateways ?? []);
  return index;
}

/** With the device its list of programs goes, for which the kernel waits. @throws SysError */
export function removePair(netlink: Netlink, nearName: string): void {
  withShortGracePeriods(() => deleteLink(netlink, nearName));
}

/** Where the workload sends what is in none of its subnets. Routes of its own stay. @throws SysError */
export function changeGateways(spec: EndpointSpec, before: readonly string[]): void {
  using inside = new Netlink({ netns: spec.netns });
  route(inside, indexOf(inside, spec.device), before, spec.gateways ?? []);
}

function route(inside: Netlink, index: number, before: readonly string[], now: readonly string[]): void {
  const everything = (via: string): string => via.includes(':') ? '::/0' : '0.0.0.0/0';
  for (const via of before) if (!now.includes(via)) deleteRoute(inside, { destination: everything(via), via, index });
  for (const via of now) addRoute(inside, { destination: everything(via), via, index });
}
