// The server's tunnel: the device, and the two programs that take packets out of tunnels. Where programs can encapsulate, the one at the underlay's
// device takes most, and the tunnel's device has what is left (joints/decapsulate.ts); else that has all.

import type { TunnelSpec } from '../datapath.ts';
import { decapsulate } from '../joints/decapsulate.ts';
import { decapsulateSix } from '../joints/decapsulate-six.ts';
import { arrival } from '../joints/entry.ts';
import { inner } from '../joints/inner.ts';
import { elementRecords } from './element-record.ts';
import { refreshWires } from './element-wires.ts';
import { systemProgram } from './endpoint.ts';
import type { Underlay } from './engine.ts';
import { JOINTS_HASH, type Server } from './server.ts';
import { addressBytes, isIp6, type Outer } from './wires.ts';

const BPF_F_TUNINFO_IPV6 = 1;
const ARRIVAL = 'arrival', DECAPSULATE = 'decapsulate';
export const TUNNEL_PROGRAMS: readonly string[] = [ARRIVAL, DECAPSULATE];
/** Records. The joints' hash is written last: without it the tunnel does not stand. */
const SPEC = 'tunnel', UNDERLAY = 'tunnel-underlay', JOINTS = 'tunnel-joints';

/** What was asked for, where all of it stands: also the server's address where it was, on a device of the same MTU. */
export function standingTunnel(server: Server): TunnelSpec | undefined {
  const { devices, records } = server.engine;
  const spec = records.get(SPEC) as TunnelSpec | undefined;
  if (!spec || records.get(JOINTS) !== JOINTS_HASH || !devices.tunnel()) return undefined;
  const wanted = underlayOf(server, spec), stands = records.get(UNDERLAY) as Underlay | undefined;
  return wanted?.ifindex === stands?.ifindex && wanted?.mtu === stands?.mtu && devices.joined() === wanted?.ifindex ? spec : undefined;
}

export function putTunnel(server: Server, spec: TunnelSpec): void {
  const { engine } = server;
  const before = standingTunnel(server);
  if (before && before.local === spec.local && before.udpPort === spec.udpPort) return;
  engine.records.delete(JOINTS);
  const maps = { programs: server.programs.handle, peers: server.peers.handle, sites: server.sites.handle };
  const sites = server.systemConstants();
  engine.loadProgram(ARRIVAL, systemProgram(arrival, { maps, constants: { 'tunnel-flags': isIp6(spec.local) ? BPF_F_TUNINFO_IPV6 : 0, ...sites } }));
  engine.devices.makeTunnel(spec, ARRIVAL);
  server.changes += 2;
  const underlay = underlayOf(server, spec);
  if (underlay) {
    const constants = { ...localConstants(spec.local), 'udp-port': networkOrder16(spec.udpPort), ...sites };
    engine.loadProgram(DECAPSULATE, systemProgram(isIp6(spec.local) ? decapsulateSix : decapsulate, { maps, constants }, [inner]));
    server.changes++;
  }
  if (underlay || engine.devices.joined() !== undefined) {
    engine.devices.switchUnderlay(underlay, DECAPSULATE);
    server.changes++;
  }
  if (!underlay) engine.removeProgram(DECAPSULATE);
  engine.records.put(SPEC, spec);
  if (underlay) engine.records.put(UNDERLAY, underlay);
  else engine.records.delete(UNDERLAY);
  for (const element of elementRecords(engine.records)) refreshWires(server, element);
  engine.records.put(JOINTS, JOINTS_HASH);
}

/** What programs write around packets for that server; undefined: the tunnel's device does. */
export function outerTo(server: Server, remote: string): Outer | undefined {
  const { devices, records } = server.engine;
  const spec = records.get(SPEC) as TunnelSpec | undefined;
  const underlay = records.get(UNDERLAY) as Underlay | undefined;
  if (!spec || !underlay || isIp6(remote) !== isIp6(spec.local) || !devices.leadsTo(underlay, remote)) return undefined;
  return { underlay: underlay.ifindex, mtu: underlay.mtu, local: spec.local, udpPort: spec.udpPort };
}

function underlayOf({ engine }: Server, { local }: TunnelSpec): Underlay | undefined {
  return engine.devices.underlay(local);
}

/** The address, as a little-endian program reads it from a packet. */
function localConstants(local: string): Record<string, number> {
  const view = new DataView(new ArrayBuffer(16));
  new Uint8Array(view.buffer).set(addressBytes(local));
  const word = (index: number): number => view.getUint32(4 * index, true);
  return isIp6(local) ? Object.fromEntries([0, 1, 2, 3].map(index => [`local${index}`, word(index)])) : { local: word(0) };
}

function networkOrder16(value: number): number {
  return (value & 0xff) << 8 | value >> 8;
}
