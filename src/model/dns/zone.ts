// A zone of names, as plans carry it: what there is, and the records that follow from it. Data plane and resolver are made from the same records;
// neither is here.

import { isV6, parseAddress } from '../address.ts';
import { reverseName, wireName } from './names.ts';

export const RecordType = { A: 1, Ns: 2, Cname: 5, Soa: 6, Ptr: 12, Aaaa: 28, Srv: 33, Opt: 41 } as const;

/** Names are before the zone's: `web-1.web`; the empty one is the zone itself. */
export interface Zone {
  readonly name: string;
  readonly ttlSeconds: number;
  readonly hosts: readonly ZoneHost[];
  readonly services: readonly ZoneService[];
}
interface ZoneHost { readonly name: string; readonly addresses: readonly string[] }
interface ZoneService { readonly name: string; readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }

/** `name`: all of it. */
export interface ZoneRecord { readonly name: string; readonly type: number; readonly data: Uint8Array }

export function nameIn({ name: zone }: Pick<Zone, 'name'>, name: string): string {
  return name === '' ? zone : `${name}.${zone}`;
}

/** The server of the zone, of whom its own records speak. */
export const SERVER_NAME = 'dns';
const MAILBOX_NAME = 'hostmaster';
const SERIAL = 1, REFRESH_SECONDS = 3600, RETRY_SECONDS = 600, EXPIRE_SECONDS = 86_400;

/** All but those of the zone itself. An address has the name of the first host with it. */
export function* recordsOf(zone: Zone): Generator<ZoneRecord> {
  const pointed = new Set<string>();
  for (const { name, addresses } of zone.hosts) {
    for (const address of addresses) {
      yield addressRecord(nameIn(zone, name), address);
      if (pointed.has(address)) continue;
      pointed.add(address);
      yield { name: reverseName(address), type: RecordType.Ptr, data: wireName(nameIn(zone, name)) };
    }
  }
  yield* servicesOf(zone);
}

export function addressRecord(name: string, address: string): ZoneRecord {
  return { name, type: isV6(address) ? RecordType.Aaaa : RecordType.A, data: addressBytes(address) };
}

export function* servicesOf(zone: Zone): Generator<ZoneRecord> {
  for (const { name, priority, weight, port, target } of zone.services) {
    const to = wireName(nameIn(zone, target));
    const data = new Uint8Array(6 + to.length);
    for (const [i, word] of [priority, weight, port].entries()) new DataView(data.buffer).setUint16(2 * i, word);
    data.set(to, 6);
    yield { name: nameIn(zone, name), type: RecordType.Srv, data };
  }
}

/** What the zone says of itself: its beginning, for whoever asked for what is not there (RFC 2308), and its server. */
export function recordsOfItself(zone: Zone): readonly ZoneRecord[] {
  const server = wireName(nameIn(zone, SERVER_NAME)), mailbox = wireName(nameIn(zone, MAILBOX_NAME));
  const soa = new Uint8Array(server.length + mailbox.length + 20);
  soa.set(server);
  soa.set(mailbox, server.length);
  const view = new DataView(soa.buffer, server.length + mailbox.length);
  for (const [i, word] of [SERIAL, REFRESH_SECONDS, RETRY_SECONDS, EXPIRE_SECONDS, zone.ttlSeconds].entries()) view.setUint32(4 * i, word);
  return [{ name: zone.name, type: RecordType.Soa, data: soa }, { name: zone.name, type: RecordType.Ns, data: server }];
}

/** The names that there are: also those between a host's and the zone's (RFC 8020). */
export function namesOf(zone: Zone): Set<string> {
  const names = new Set<string>([zone.name]);
  for (const { name } of [...zone.hosts, ...zone.services]) {
    for (let rest = name; rest !== '' && !names.has(nameIn(zone, rest)); rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') names.add(nameIn(zone, rest));
  }
  return names;
}

function addressBytes(text: string): Uint8Array {
  const { family, value } = parseAddress(text)!;
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  for (let i = 0; i < bytes.length; i++) bytes[bytes.length - 1 - i] = Number(value >> BigInt(8 * i) & 255n);
  return bytes;
}
