// Endpoints: a device and an entry program with the endpoint's constants, and the wires that lead to it.

import { u32Bytes } from '../../image/live-map.ts';
import { DatapathError, type EndpointSpec } from '../datapath.ts';
import { drop } from '../joints/drop.ts';
import { enter, entry } from '../joints/entry.ts';
import { instantiate, type Joint } from '../joints/joint.ts';
import { again } from '../joints/pass.ts';
import { link, type Linked } from '../link/link.ts';
import { specHash } from '../spec-hash.ts';
import { elementRecords } from './element-record.ts';
import type { Records } from './engine.ts';
import { refreshEndpoint } from './element-wires.ts';
import { JOINTS_HASH, type Server } from './server.ts';

interface EndpointRecord {
  readonly spec: EndpointSpec;
  /** Empty while a change is under way. */
  readonly specHash: string;
  readonly jointsHash: string;
  readonly slot: number;
  readonly program: string;
}

const PREFIX = 'endpoint_';
const UID = /^[a-z0-9][a-z0-9-]{0,47}$/;

export function endpointRecord(records: Records, uid: string): EndpointRecord | undefined {
  return records.get(PREFIX + uid) as EndpointRecord | undefined;
}

export function endpointRecords(records: Records): EndpointRecord[] {
  return [...records.list(PREFIX)].sort().map(name => records.get(name) as EndpointRecord);
}

export function checkUid(uid: string): void {
  if (!UID.test(uid)) throw new DatapathError(`'${uid}' is not a uid`, { cure: 'use 1 to 48 of a-z, 0-9 and -, beginning with a letter or digit' });
}

export function putEndpoint(server: Server, spec: EndpointSpec): void {
  checkUid(spec.uid);
  checkUid(spec.element);
  const { engine } = server;
  const hash = specHash(spec);
  const before = endpointRecord(engine.records, spec.uid);
  const alive = before !== undefined && engine.devices.endpoint(spec.uid) !== undefined;
  if (alive && before.specHash === hash && before.jointsHash === JOINTS_HASH) {
    refreshOf(server, spec.uid);
    return;
  }

  const slot = server.slots.of(spec.element);
  const program = `entry_${spec.uid}`;
  const record: EndpointRecord = { spec, specHash: '', jointsHash: JOINTS_HASH, slot, program };
  engine.records.put(PREFIX + spec.uid, record);
  engine.loadProgram(program, entryProgram(server, spec, slot));
  server.changes++;
  if (alive && sameDevice(before.spec, spec)) {
    engine.devices.switchEndpoint(spec.uid, program);
    if (!sameGateways(before.spec, spec)) engine.devices.changeGateways(spec, before.spec.gateways ?? []);
  } else if (!(before && sameDevice(before.spec, spec) && engine.devices.reopenEndpoint(spec, program))) {
    engine.devices.removeEndpoint(spec.uid);
    // Should it not be made again, what is sent there ends by name.
    if (before) refreshOf(server, spec.uid);
    engine.devices.makeEndpoint(spec, program);
  }
  server.changes++;
  engine.records.put(PREFIX + spec.uid, { ...record, specHash: hash });
  refreshOf(server, spec.uid);
}

export function removeEndpoint(server: Server, uid: string): void {
  const { engine } = server;
  const record = endpointRecord(engine.records, uid);
  if (record) {
    engine.records.put(PREFIX + uid, { ...record, specHash: '' });
    refreshOf(server, uid, 'gone');
  }
  if (record || engine.devices.endpoints().includes(uid)) {
    engine.devices.removeEndpoint(uid);
    server.changes++;
  }
  if (!record) return;
  engine.removeProgram(record.program);
  engine.records.delete(PREFIX + uid);
}

/** Wires of elements that lead to the endpoint. */
function refreshOf(server: Server, uid: string, gone?: 'gone'): void {
  for (const element of elementRecords(server.engine.records)) refreshEndpoint(server, element, uid, gone);
}

function sameDevice(a: EndpointSpec, b: EndpointSpec): boolean {
  const device = ({ netns, device: name, mac, addresses, mtu }: EndpointSpec): string => JSON.stringify([netns, name, mac, addresses, mtu]);
  return device(a) === device(b);
}

function sameGateways(a: EndpointSpec, b: EndpointSpec): boolean {
  return (a.gateways ?? []).join() === (b.gateways ?? []).join();
}

function entryProgram(server: Server, spec: EndpointSpec, slot: number): Linked {
  const around = {
    maps: { programs: server.programs.handle, sites: server.sites.handle },
    constants: { port: spec.port, domain: spec.domain, endpoint: spec.id, group: spec.group, slot, ...server.systemConstants() },
  };
  return systemProgram(entry, around);
}

export const LOOP_PROGRAM = 'again';

/** The device by which copies of floods come to filters: made with the first filter, and kept. */
export function needLoop(server: Server): void {
  const { engine } = server;
  if (engine.devices.loop() !== undefined && engine.records.get('loop-joints') === JOINTS_HASH) return;
  engine.loadProgram(LOOP_PROGRAM, systemProgram(again, { maps: { programs: server.programs.handle, sites: server.sites.handle }, constants: server.systemConstants() }));
  const ifindex = engine.devices.makeLoop(LOOP_PROGRAM);
  server.changes += 2;
  server.write(server.loop, u32Bytes(0), u32Bytes(ifindex));
  engine.records.put('loop-joints', JOINTS_HASH);
}

/** A system program with its joints, and what else it goes on to: a failure to link is our bug. */
export function systemProgram(program: Joint, around: Parameters<typeof instantiate>[1], others: readonly Joint[] = []): Linked {
  const result = link({ body: instantiate(program, around), joints: new Map([drop, enter, ...others].map(joint => [joint.source.name, instantiate(joint, around)])) });
  if (!result.ok) throw new Error(result.problem);
  return result.linked;
}
