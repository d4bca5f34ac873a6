// A zone of the Director's model becomes the tables of its server: what is one address or one pointer in a compact form, the rest as it is sent.

import type { Contents } from 'iovisor/control';
import { reverseName, wireName } from '../../src/model/dns/names.ts';
import { addressRecord, nameIn, namesOf, recordsOfItself, RecordType, servicesOf, type Zone, type ZoneRecord } from '../../src/model/dns/zone.ts';
import type * as dns from './dns.ts';

export interface Naming {
  /** The server's own addresses: one of each family at most. */
  readonly server: { readonly mac: string; readonly addresses: readonly string[] };
  readonly zone: Zone;
}

const BEFORE_BYTES = 64, ANSWER_BYTES = 256, ZONE_BYTES = 66;
const SEED = 0x811c_9dc5;
const NO_ADDRESS4 = '0.0.0.0', NO_ADDRESS6 = '::';

interface Addresses { readonly four: string[]; readonly six: string[] }

export default function control({ server, zone }: Naming): Contents<typeof dns> {
  const hosts = new Map<string, Addresses>([...namesOf(zone)].map(name => [name, { four: [], six: [] }]));
  /** Names of addresses: that of the first host with it. */
  const named = new Map<string, string>();
  for (const { name, addresses } of zone.hosts) {
    const whole = nameIn(zone, name), { four, six } = hosts.get(whole)!;
    for (const address of addresses) {
      (address.includes(':') ? six : four).push(address);
      if (!named.has(address)) named.set(address, whole);
    }
  }
  const origin = wireName(zone.name);
  const isShort = (name: string): boolean => name.length - zone.name.length <= BEFORE_BYTES;
  const rest: ZoneRecord[] = [...servicesOf(zone), ...recordsOfItself(zone)];
  for (const [name, { four, six }] of hosts) for (const list of [four, six]) if (list.length > 1) rest.push(...list.map(address => addressRecord(name, address)));
  for (const [address, name] of named) if (!isShort(name)) rest.push({ name: reverseName(address), type: RecordType.Ptr, data: wireName(name) });
  return {
    hosts: [...hosts].map(([name, { four, six }]) => [keyOf(name), { ip4: four.length === 1 ? four[0]! : NO_ADDRESS4, ip6: six.length === 1 ? six[0]! : NO_ADDRESS6 }]),
    pointers: [...named].flatMap(([address, name]) => isShort(name) ? [[reverseKeyOf(address), pointerOf(name, zone)]] : []),
    answers: [...Map.groupBy(rest, r => `${r.type} ${r.name}`).values()].map(records => [{ name: keyOf(records[0]!.name), type: records[0]!.type }, answerOf(records, zone.ttlSeconds)]),
    settings: {
      mac: server.mac, ttl: zone.ttlSeconds,
      server4: server.addresses.find(a => !a.includes(':')) ?? NO_ADDRESS6, server6: server.addresses.find(a => a.includes(':')) ?? NO_ADDRESS6,
      zoneBytes: origin.length, zoneLabels: zone.name.split('.').length, zone: padded(origin, ZONE_BYTES),
    },
  };
}

interface Key { readonly first: number; readonly second: number; readonly size: number }
interface Before { readonly size: number; readonly before: Uint8Array }

/** The same names come again with every change of the domain: what was made of them is remembered. */
const MOST_REMEMBERED = 200_000;
function remembered<V>(make: (text: string) => V): (text: string) => V {
  const known = new Map<string, V>();
  return text => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= MOST_REMEMBERED) known.clear();
    const value = make(text);
    known.set(text, value);
    return value;
  };
}

const keyOf = remembered(name => hashed(wireName(name)));
const reverseKeyOf = remembered(address => hashed(wireName(reverseName(address))));
const beforeOf = remembered((labels): Before => {
  const bytes = labels === '' ? new Uint8Array(0) : wireName(labels).subarray(0, -1);
  return { size: bytes.length, before: padded(bytes, BEFORE_BYTES) };
});

function pointerOf(name: string, zone: Zone): Before {
  return beforeOf(name.slice(0, Math.max(0, name.length - zone.name.length - 1)));
}

/** As the data plane does it. */
function hashed(wire: Uint8Array): Key {
  let first = SEED, second = SEED;
  for (const byte of wire) {
    first = Math.imul(first ^ byte, 0x0100_0193);
    second = Math.imul(second + byte, 0x9e37_79b1);
    second ^= second >>> 15;
  }
  return { first: first >>> 0, second: second >>> 0, size: wire.length };
}

/** Records behind a question that has their name. */
function answerOf(records: readonly ZoneRecord[], ttl: number): { readonly records: number; readonly size: number; readonly data: Uint8Array } {
  const size = records.reduce((sum, { data }) => sum + 12 + data.length, 0);
  if (size > ANSWER_BYTES) return { records: 0, size: 0, data: new Uint8Array(ANSWER_BYTES) };
  const data = new Uint8Array(ANSWER_BYTES);
  const view = new DataView(data.buffer);
  let at = 0;
  for (const record of records) {
    for (const [i, word] of [0xc00c, record.type, 1, ttl >>> 16, ttl & 0xffff, record.data.length].entries()) view.setUint16(at + 2 * i, word);
    data.set(record.data, at + 12);
    at += 12 + record.data.length;
  }
  return { records: records.length, size, data };
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}
