// Which program of a module goes to which device, and how. Finds devices; attaches nothing.

import { getLink } from '../../netlink/links.ts';
import { isNamespace, namespacePath } from '../../netlink/namespaces.ts';
import { Netlink } from '../../netlink/client.ts';
import type { Image } from '../../image/image.ts';
import { DatapathError } from '../datapath.ts';
import type { StandalonePoint, StandalonePort } from '../joints/standalone.ts';

/** `device` of a filter or XDP; `ports` of a module: port by name, or by number if the module names none. */
export type Devices =
  | { readonly kind: 'device'; readonly device: string }
  | { readonly kind: 'ports'; readonly ports: readonly { readonly port: string; readonly device: string }[] };

export interface Place {
  /** The same place of two images has the same key. */
  readonly key: string;
  readonly program: string;
  readonly ifindex: number;
  readonly netns: string | undefined;
  readonly point: StandalonePoint;
}

const MOST_PORTS = 64;

/** @throws DatapathError  no such namespace or device; the module is not of a kind for them */
export function openDevices(image: Image, options: { readonly devices: Devices; readonly netns?: string }): Place[] {
  const netns = options.netns === undefined ? undefined : options.netns.includes('/') ? options.netns : namespacePath(options.netns);
  if (netns !== undefined && !isNamespace(netns)) throw new DatapathError(`there is no network namespace ${options.netns}`, { cure: '`ip netns list` shows those that have names' });
  using netlink = new Netlink({ netns });
  const indexOf = (device: string): number => {
    const found = getLink(netlink, device);
    if (!found) throw new DatapathError(`there is no device ${device}${options.netns === undefined ? '' : ` in ${options.netns}`}`, { cure: '`ip link` shows the devices' });
    return found.index;
  };
  const { devices } = options;
  if (image.kind === 'module') {
    if (devices.kind === 'device') throw new DatapathError(`${image.name} is a module with ports`, { cure: `say which device is which port: ${image.ports.length > 0 ? image.ports.map(p => `--port ${p}=DEVICE`).join(' ') : '--port 1=DEVICE --port 2=DEVICE'}` });
    if (devices.ports.length > MOST_PORTS) throw new DatapathError(`${devices.ports.length} ports, at most ${MOST_PORTS}`, { cure: 'give fewer' });
    const ports = devices.ports.map(({ port, device }) => ({ port: portNumber(image, port), ifindex: indexOf(device), device }));
    for (const key of ['port', 'ifindex'] as const) {
      const twice = ports.find((p, i) => ports.findIndex(other => other[key] === p[key]) < i);
      if (twice) throw new DatapathError(`${key === 'port' ? `port ${twice.port}` : `device ${twice.device}`} is given twice`, { cure: 'each port has one device of its own' });
    }
    return placesOf(image, { ifindex: 0, ports, netns });
  }
  if (devices.kind === 'ports') throw new DatapathError(`${image.name} is ${image.kind === 'xdp' ? 'an XDP program' : 'a filter'}: it has no ports`, { cure: 'name the device: --device DEVICE' });
  return placesOf(image, { ifindex: indexOf(devices.device), ports: [], netns });
}

/** `ifindex` of a filter or XDP, `ports` of a module. */
export function placesOf(image: Image, at: { readonly ifindex: number; readonly ports: readonly StandalonePort[]; readonly netns: string | undefined }): Place[] {
  const { ifindex, ports, netns } = at;
  switch (image.kind) {
    case 'xdp': return [{ key: `xdp ${ifindex}`, program: 'main', ifindex, netns, point: { hook: 'xdp' } }];
    case 'module': return ports.map(p => ({ key: `main ${p.ifindex}`, program: 'main', ifindex: p.ifindex, netns, point: { hook: 'tc', way: 'port', ...p, ports } }));
    case 'filter': return image.programs.map(({ name }) => {
      const way = name === 'egress' ? 'egress' : 'ingress';
      return { key: `${way} ${ifindex}`, program: name, ifindex, netns, point: { hook: 'tc', way, ifindex } };
    });
  }
}

function portNumber(image: Image, port: string): number {
  if (image.ports.length > 0) {
    const number = image.ports.indexOf(port);
    if (number < 0) throw new DatapathError(`${image.name} has no port ${port}`, { cure: `its ports are ${image.ports.join(', ')}` });
    return number;
  }
  const number = Number(port);
  if (!/^\d{1,5}$/.test(port) || number > 0xffff) throw new DatapathError(`'${port}' is no number of a port`, { cure: `${image.name} names no ports; they are numbers, such as --port 1=DEVICE` });
  return number;
}
