// What Linux has: a bare veth pair, its bridge, and its bridges joined by vxlan.

import { Netlink } from '../../src/netlink/client.ts';
import { createBridge, createVeth, createVxlan, setLink } from '../../src/netlink/links.ts';
import { writeSysctl } from '../../src/netlink/sysctl.ts';
import { DEVICE, MTU, type Path, quietNamespace, RECEIVER, SENDER, STATIONS, UDP_PORT, VNI } from './path.ts';
import { address, attach, underlay, UNDERLAY_IPS } from './wiring.ts';

const BRIDGE = 'br0';
const VXLAN = 'vxlan0';
const nothing = (): void => undefined;

export const VETH = 'veth pair';
export const LINUX_BRIDGE = 'Linux bridge';
export const LINUX_VXLAN = 'Linux bridge + vxlan';

/** One pair, an end in each namespace. */
export function vethPair(): Path {
  const sender = quietNamespace('veth-s');
  const receiver = quietNamespace('veth-r');
  {
    using netlink = new Netlink({ netns: sender });
    const end = { name: DEVICE, mtu: MTU, state: 'up' } as const;
    createVeth(netlink, { ...end, mac: SENDER.mac }, { ...end, mac: RECEIVER.mac, netns: receiver });
  }
  address({ netns: sender, ...SENDER });
  address({ netns: receiver, ...RECEIVER });
  return { name: VETH, sender, receiver, ...STATIONS, firstHop: { netns: receiver, device: DEVICE }, close: nothing };
}

export function linuxBridge(): Path {
  const [server, sender, receiver] = ['bridge-h', 'bridge-s', 'bridge-r'].map(quietNamespace) as [string, string, string];
  attach(server, 'port1', { netns: sender, ...SENDER });
  attach(server, 'port2', { netns: receiver, ...RECEIVER });
  bridge(server, ['port1', 'port2']);
  return { name: LINUX_BRIDGE, sender, receiver, ...STATIONS, firstHop: { netns: server, device: 'port1' }, close: nothing };
}

/** A bridge on each of two servers, with a vxlan device that knows its one peer. */
export function linuxVxlan(): Path {
  const [near, far, sender, receiver] = ['vxlan-h1', 'vxlan-h2', 'vxlan-s', 'vxlan-r'].map(quietNamespace) as [string, string, string, string];
  underlay([near, far]);
  attach(near, 'port1', { netns: sender, ...SENDER });
  attach(far, 'port1', { netns: receiver, ...RECEIVER });
  for (const [netns, local, remote] of [[near, ...UNDERLAY_IPS], [far, ...UNDERLAY_IPS.toReversed()]] as [string, string, string][]) {
    using netlink = new Netlink({ netns });
    createVxlan(netlink, { name: VXLAN, mtu: MTU, mode: 'static', vni: VNI, local, remote, udpPort: UDP_PORT, state: 'up' });
    setLink(netlink, VXLAN, { state: 'up' });
    bridge(netns, ['port1', VXLAN]);
  }
  return { name: LINUX_VXLAN, sender, receiver, ...STATIONS, firstHop: { netns: near, device: 'port1' }, close: nothing };
}

/** `filtered`: rules of IPv4 hold for what is bridged, too. */
export function bridge(netns: string, ports: readonly string[], filtered: 'filtered' | 'unfiltered' = 'unfiltered'): void {
  using netlink = new Netlink({ netns });
  createBridge(netlink, { name: BRIDGE, mtu: MTU });
  setLink(netlink, BRIDGE, { state: 'up' });
  for (const port of ports) setLink(netlink, port, { master: BRIDGE });
  try {
    writeSysctl(netns, 'net/bridge/bridge-nf-call-iptables', filtered === 'filtered' ? 1 : 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;          // no netfilter for bridges here: as it shall be
  }
}
