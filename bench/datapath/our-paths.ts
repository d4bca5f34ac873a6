// Our data path with the compiled bridge, driven directly: no Director, no visor. One server, and two with a tunnel between them.

import control from '../../modules/bridge/bridge.control.ts';
import { openKernelDatapath } from '../../src/datapath/kernel/open.ts';
import type { Contents, Datapath, EndpointSpec, Wire } from '../../src/datapath/datapath.ts';
import { imageHash } from '../../src/image/image-hash.ts';
import type { Image } from '../../src/image/image.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { listLinks } from '../../src/netlink/links.ts';
import { PINS, RUN_DIR } from '../leftovers.ts';
import { DEVICE, MTU, type Path, PREFIX_LENGTH, quietNamespace, RECEIVER, SENDER, UDP_PORT, VNI } from './path.ts';
import { underlay, UNDERLAY_IPS } from './wiring.ts';

export const OURS = 'IO Visor';
export const OURS_TWO = 'IO Visor, two servers';
export const OURS_DEVICE = 'the same by the tunnel device';

const ELEMENT = { uid: 'lan', id: 1 } as const;
const DOMAIN = 1;
const PORT = { sender: 1, receiver: 2, tunnel: 60 } as const;
type Role = 'sender' | 'receiver';
const STATION = { sender: SENDER, receiver: RECEIVER } as const;

export function ourPath(image: Image): Path {
  const server = openServer('one', quietNamespace('one-h'));
  const netns = { sender: quietNamespace('one-s'), receiver: quietNamespace('one-r') };
  const roles: readonly Role[] = ['sender', 'receiver'];
  putBridge(server, image, roles.map(role => ({ port: PORT[role], to: 'endpoint', endpoint: role })), PORT);
  for (const role of roles) server.datapath.putEndpoint(endpoint(role, netns[role]));
  return {
    name: OURS, ...netns, firstHop: { netns: server.netns, device: deviceOf(server, 'sender') },
    programs: [server.pins], close: () => { server.datapath.close(); },
  };
}

/** `by`: programs encapsulate where the server's address is the underlay device's own; where it is the loopback's, the tunnel device does. */
export function ourTwoServers(image: Image, by: 'program' | 'device'): Path {
  const prefix = by === 'program' ? 'two' : 'dev';
  const [near, far] = [openServer(`${prefix}-near`, quietNamespace(`${prefix}-h1`)), openServer(`${prefix}-far`, quietNamespace(`${prefix}-h2`))];
  const netns = { sender: quietNamespace(`${prefix}-s`), receiver: quietNamespace(`${prefix}-r`) };
  underlay([near.netns, far.netns], by === 'program' ? 'own' : 'loopback');
  for (const [i, { server, role, other }] of ([{ server: near, role: 'sender', other: 'receiver' }, { server: far, role: 'receiver', other: 'sender' }] as const).entries()) {
    server.datapath.putTunnel({ local: UNDERLAY_IPS[i]!, udpPort: UDP_PORT });
    putBridge(server, image, [
      { port: PORT[role], to: 'endpoint', endpoint: role },
      { port: PORT.tunnel, to: 'tunnel', remote: UNDERLAY_IPS[1 - i]!, vni: VNI, domain: DOMAIN },
    ], { [role]: PORT[role], [other]: PORT.tunnel } as Record<Role, number>);
    server.datapath.putEndpoint(endpoint(role, netns[role]));
  }
  return {
    name: by === 'program' ? OURS_TWO : OURS_DEVICE, ...netns, firstHop: { netns: near.netns, device: deviceOf(near, 'sender') },
    programs: [near.pins, far.pins],
    close() {
      near.datapath.close();
      far.datapath.close();
    },
  };
}

interface Server {
  readonly name: string;
  readonly netns: string;
  readonly pins: string;
  readonly datapath: Datapath;
}

function openServer(name: string, netns: string): Server {
  const root = `${PINS}/${name}`;
  const server = `bench-${name}`;
  return { name: server, netns, pins: `${root}/programs`, datapath: openKernelDatapath({ server, root, netnsPath: netns, stateDir: `${RUN_DIR}/${name}` }) };
}

function putBridge({ datapath }: Server, image: Image, wires: readonly Wire[], portOf: Readonly<Record<Role, number>>): void {
  const hash = imageHash(image);
  const isHere = (port: number): boolean => wires.some(wire => wire.to === 'endpoint' && wire.port === port);
  const stations = [{ ...SENDER, port: portOf.sender }, { ...RECEIVER, port: portOf.receiver }];
  const contents = control({ stations: stations.map(({ mac, ip, port }) => ({ mac, addresses: [ip], port, guarded: isHere(port) })), unmanaged: false }) as Contents;
  datapath.putImage(hash, image);
  datapath.putElement({ ...ELEMENT, imageHash: hash, contents, wires });
}

function endpoint(role: Role, netns: string): EndpointSpec {
  const { mac, ip } = STATION[role];
  return {
    uid: role, id: PORT[role], domain: DOMAIN, group: 0, element: ELEMENT.uid, port: PORT[role], netns, device: DEVICE, mac,
    addresses: [`${ip}/${PREFIX_LENGTH}`], mtu: MTU,
  };
}

/** Name of the server's end of the endpoint's pair, by its alias (src/datapath/kernel/devices.ts). */
function deviceOf({ name, netns }: Server, role: Role): string {
  using netlink = new Netlink({ netns });
  const found = listLinks(netlink).find(link => link.alias === `iov:${name}:${role}`);
  if (!found) throw new Error(`${name} has no device for the endpoint ${role}`);
  return found.name;
}
