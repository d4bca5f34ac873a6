// A zone of the Director's model becomes the tables of its server: what is one address or one pointer in a compact form, the rest as it is sent.

import type { Contents } from 'iovisor/control';
import { wireName } from '../../src/model/dns/names.ts';
import { namesOf, recordsOf, recordsOfItself, RecordType, type Zone, type ZoneRecord } from '../../src/model/dns/zone.ts';
import type * as dns from './dns.ts';

export interface Naming {
  /** The server's own addresses: one of each family at most. */
  readonly server: { readonly mac: string; readonly addresses: readonly string[] };
  readonly zone: Zone;
}

const BEFORE_BYTES = 64, ANSWER_BYTES = 256, ZONE_BYTES = 66;
const SEED = 0x811c_9dc5;
const NO_ADDRESS4 = '0.0.0.0', NO_ADDRESS6 = '::';

export default function control({ server, zone }: Naming): Contents<typeof dns> {
  const all = new Map<string, ZoneRecord[]>();
  for (const record of [...recordsOf(zone), ...recordsOfItself(zone)]) {
    const key = `${record.type} ${record.name}`;
    const list = all.get(key);
    if (list) list.push(record); else all.set(key, [record]);
  }
  const only = (type: number, name: string): Uint8Array | undefined => {
    const list = all.get(`${type} ${name}`);
    if (list?.length !== 1) return undefined;
    all.delete(`${type} ${name}`);
    return list[0]?.data;
  };
  const hosts = [...namesOf(zone)].map(name => {
    const [ip4, ip6] = [only(RecordType.A, name), only(RecordType.Aaaa, name)];
    return [keyOf(name), { ip4: ip4 ? ip4.join('.') : NO_ADDRESS4, ip6: ip6 ? addressText(ip6) : NO_ADDRESS6 }] as const;
  });
  const zoneBytes = wireName(zone.name);
  const pointers = [...all.values()].flatMap(([record]) => {
    if (record?.type !== RecordType.Ptr || record.data.length - zoneBytes.length > BEFORE_BYTES) return [];
    const before = only(RecordType.Ptr, record.name)!.subarray(0, record.data.length - zoneBytes.length);
    return [[keyOf(record.name), { size: before.length, before: padded(before, BEFORE_BYTES) }] as const];
  });
  return {
    hosts, pointers,
    answers: [...all.values()].map(records => [{ name: keyOf(records[0]!.name), type: records[0]!.type }, answerOf(records, zone.ttlSeconds)]),
    settings: {
      mac: server.mac, ttl: zone.ttlSeconds,
      server4: server.addresses.find(a => !a.includes(':')) ?? NO_ADDRESS6, server6: server.addresses.find(a => a.includes(':')) ?? NO_ADDRESS6,
      zoneBytes: zoneBytes.length, zoneLabels: zone.name.split('.').length, zone: padded(zoneBytes, ZONE_BYTES),
    },
  };
}

/** As the data plane does it. */
function keyOf(name: string): { readonly first: number; readonly second: number; readonly size: number } {
  const bytes = wireName(name);
  let first = SEED, second = SEED;
  for (const byte of bytes) {
    first = Math.imul(first ^ byte, 0x0100_0193);
    second = Math.imul(second + byte, 0x9e37_79b1);
    second ^= second >>> 15;
  }
  return { first: first >>> 0, second: second >>> 0, size: bytes.length };
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

function addressText(bytes: Uint8Array): string {
  return Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16)).join(':');
}
