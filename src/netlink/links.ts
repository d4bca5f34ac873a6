// Network devices of a namespace: list, make, change, delete. Which devices there should be is the datapath's.

import { strict as assert } from 'node:assert';
import { isSysError } from '../sys/errors.ts';
import { closeFd, type Fd } from '../sys/fd.ts';
import { type NamespaceRef, openNamespace } from '../sys/namespace.ts';
import { Netlink } from './client.ts';
import { ipBytes, macBytes } from './codec/address-text.ts';
import { attribute } from './codec/attributes.ts';
import { decodeLink, IFLA, kindAttribute, type Link, linkAttributes, linkBody, type LinkSettings, RTM_LINK, vethKind, vxlanKind } from './codec/link.ts';
import { NLM_F } from './codec/messages.ts';

export type { Link };

/** The kernel takes no longer name. */
export const MOST_NAME_BYTES = 15;

export interface DeviceSpec {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  readonly alias?: string;
  readonly state?: 'up' | 'down';
}

/** @throws SysError */
export function listLinks(netlink: Netlink): Link[] {
  return netlink.dump('list links', { type: RTM_LINK.GET, flags: 0, body: linkBody(0) }).map(decodeLink).filter(link => link !== undefined);
}

/** By name or index; undefined where there is none. @throws SysError */
export function getLink(netlink: Netlink, which: string | number): Link | undefined {
  try {
    const [payload] = netlink.request(`get link ${which}`, {
      type: RTM_LINK.GET, flags: 0, body: linkBody(typeof which === 'number' ? which : 0), attributes: typeof which === 'string' ? [attribute.text(IFLA.IFNAME, which)] : [],
    });
    return payload && decodeLink(payload);
  } catch (error) {
    if (isSysError(error, 'ENODEV')) return undefined;
    throw error;
  }
}

/** A pair of devices, joined. The peer is made in `netns` at once, so it is never seen here. @throws SysError  EEXIST: a name is taken */
export function createVeth(netlink: Netlink, near: DeviceSpec, far: DeviceSpec & { readonly netns?: NamespaceRef }): void {
  // An end cannot be up, nor have an alias, before the pair is joined.
  withFd(far.netns, netnsFd => create(netlink, { ...near, state: 'down' }, [vethKind({ ...settings({ ...far, state: 'down' }), alias: undefined, netnsFd })]));
  finish(netlink, near);
  if (far.state !== 'up' && far.alias === undefined) return;
  if (far.netns === undefined) finish(netlink, far);
  else {
    using there = new Netlink({ netns: far.netns });
    finish(there, far);
  }
}

export type VxlanSpec = DeviceSpec & {
  readonly udpPort: number;
  /** Carry the sender's group (VXLAN-GBP). */
  readonly groupPolicy?: true;
  readonly learning?: true;
} & ({ readonly mode: 'external' } | { readonly mode: 'static'; readonly vni: number; readonly local: string; readonly remote: string });

/** A VXLAN device; `external`: programs say for each packet where it goes. @throws SysError  EEXIST: name, or UDP port with other settings */
export function createVxlan(netlink: Netlink, spec: VxlanSpec): void {
  const mode = spec.mode === 'external' ? { mode: spec.mode } : { mode: spec.mode, vni: spec.vni, local: address(spec.local), remote: address(spec.remote) };
  create(netlink, spec, [vxlanKind({ ...mode, udpPort: spec.udpPort, groupPolicy: spec.groupPolicy ?? false, learning: spec.learning ?? false })]);
  if (spec.alias !== undefined) setLink(netlink, spec.name, { alias: spec.alias });
}

/** The kernel's own bridge, for comparison. @throws SysError */
export function createBridge(netlink: Netlink, spec: DeviceSpec): void {
  create(netlink, spec, [kindAttribute('bridge')]);
}

export interface LinkChange {
  readonly name?: string;
  readonly mac?: string;
  readonly mtu?: number;
  readonly alias?: string;
  readonly state?: 'up' | 'down';
  /** Hears what is for others, too. */
  readonly promiscuous?: boolean;
  /** Name of the bridge to belong to; null: to none. */
  readonly master?: string | null;
  /** Moves it; it goes down and loses its addresses. */
  readonly netns?: NamespaceRef;
}

/** Changes a device; a new name needs it to be down on older kernels. @throws SysError  ENODEV */
export function setLink(netlink: Netlink, which: string | number, change: LinkChange): void {
  const index = indexOf(netlink, which);
  const master = change.master === undefined ? undefined : change.master === null ? 0 : indexOf(netlink, change.master);
  withFd(change.netns, netnsFd => {
    const all: LinkSettings = { ...settings(change), master, netnsFd };
    netlink.request(`set link ${which}`, { type: RTM_LINK.NEW, flags: NLM_F.ACK, body: linkBody(index, all), attributes: linkAttributes(all) });
  });
}

/** False: it was not there. Of a veth pair both ends go. About 20 ms (the kernel waits for packets under way). @throws SysError */
export function deleteLink(netlink: Netlink, which: string | number): boolean {
  try {
    netlink.request(`delete link ${which}`, {
      type: RTM_LINK.DELETE, flags: NLM_F.ACK, body: linkBody(typeof which === 'number' ? which : 0), attributes: typeof which === 'string' ? [attribute.text(IFLA.IFNAME, which)] : [],
    });
    return true;
  } catch (error) {
    if (isSysError(error, 'ENODEV')) return false;
    throw error;
  }
}

/** @throws SysError  ENODEV */
export function indexOf(netlink: Netlink, which: string | number): number {
  if (typeof which === 'number') return which;
  const [payload] = netlink.request(`find link ${which}`, { type: RTM_LINK.GET, flags: 0, body: linkBody(0), attributes: [attribute.text(IFLA.IFNAME, which)] });
  const link = payload && decodeLink(payload);
  assert.ok(link, `the kernel's answer about ${which} cannot be read`);
  return link.index;
}

function create(netlink: Netlink, spec: DeviceSpec, kind: ReturnType<typeof linkAttributes>): void {
  const all = settings(spec);
  netlink.request(`create link ${spec.name}`, {
    type: RTM_LINK.NEW, flags: NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, body: linkBody(0, all), attributes: [...linkAttributes({ ...all, alias: undefined }), ...kind],
  });
}

/** What the kernel takes only after birth. */
function finish(netlink: Netlink, { name, alias, state }: DeviceSpec): void {
  if (state !== 'up' && alias === undefined) return;
  setLink(netlink, name, { ...alias !== undefined && { alias }, ...state !== undefined && { state } });
}

function settings(spec: LinkChange): LinkSettings {
  if (spec.name !== undefined) assert.ok(spec.name.length > 0 && new TextEncoder().encode(spec.name).byteLength <= MOST_NAME_BYTES, `the device name '${spec.name}' must have 1 to ${MOST_NAME_BYTES} bytes`);
  const mac = spec.mac === undefined ? undefined : macBytes(spec.mac);
  assert.ok(spec.mac === undefined || mac, `'${spec.mac}' is not a MAC address`);
  return { name: spec.name, mac, mtu: spec.mtu, alias: spec.alias, state: spec.state, promiscuous: spec.promiscuous };
}

function address(text: string): Uint8Array {
  const bytes = ipBytes(text);
  assert.ok(bytes, `'${text}' is not an IP address`);
  return bytes;
}

function withFd(netns: NamespaceRef | undefined, body: (fd: Fd | undefined) => void): void {
  const fd = typeof netns === 'string' ? openNamespace(netns) : netns;
  try {
    body(fd);
  } finally {
    if (typeof netns === 'string' && fd !== undefined) closeFd(fd);
  }
}
