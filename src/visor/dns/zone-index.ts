// A zone, to be asked: which records a name has, and whether a name is the zone's at all, or of an address of the domain. Pure.

import { contains, parseAddress, parsePrefix, type Prefix } from '../../model/address.ts';
import { wireName } from '../../model/dns/names.ts';
import { namesOf, recordsOf, recordsOfItself, RecordType, type Zone } from '../../model/dns/zone.ts';
import { Code, keyOfName, type Answer, type Written } from './message.ts';

const ANY = 255;

export class ZoneIndex {
  readonly #zone: Zone;
  readonly #subnets: readonly Prefix[];
  readonly #origin: string;
  /** By name. */
  readonly #records = new Map<string, Written[]>();
  readonly #names: ReadonlySet<string>;
  readonly #end: Written;

  constructor(zone: Zone, subnets: readonly string[]) {
    this.#zone = zone;
    this.#subnets = subnets.map(s => parsePrefix(s)!);
    const key = (name: string): string => keyOfName(wireName(name));
    this.#origin = key(zone.name);
    for (const { name, type, data } of [...recordsOf(zone), ...recordsOfItself(zone)]) {
      const list = this.#records.get(key(name)), record = { type, ttl: zone.ttlSeconds, data };
      if (list) list.push(record); else this.#records.set(key(name), [record]);
    }
    this.#names = new Set([...namesOf(zone)].map(key));
    this.#end = { owner: wireName(zone.name), ...this.#records.get(this.#origin)!.find(r => r.type === RecordType.Soa)! };
  }

  /** Undefined: others are to be asked. */
  answer(name: string, type: number): Answer | undefined {
    const records = this.#records.get(name);
    const isOurs = this.#names.has(name) || isBelow(name, this.#origin);
    if (!records && !isOurs && !this.#isReverse(name)) return undefined;
    const answers = records?.filter(r => r.type === type || type === ANY) ?? [];
    if (answers.length > 0) return { code: Code.Ok, authoritative: true, answers };
    const isThere = records !== undefined || this.#names.has(name);
    return { code: isThere || !isOurs && !this.#isAddress(name) ? Code.Ok : Code.NoSuchName, authoritative: true, ...isOurs && { authorities: [this.#end] } };
  }

  /** The name of an address of the domain's subnets. */
  #isReverse(name: string): boolean {
    const address = addressOf(name);
    return address !== undefined && this.#subnets.some(s => contains(s, address));
  }

  #isAddress(name: string): boolean {
    return addressOf(name) !== undefined;
  }

  get zone(): Zone {
    return this.#zone;
  }
}

/** Labels are compared whole. */
function isBelow(name: string, origin: string): boolean {
  for (let at = 0; name.length - at >= origin.length; at += 1 + name.charCodeAt(at)) {
    if (name.length - at === origin.length) return name.endsWith(origin);
    if (name.charCodeAt(at) === 0) return false;
  }
  return false;
}

const V4_END = keyOfName(wireName('in-addr.arpa')), V6_END = keyOfName(wireName('ip6.arpa'));

/** Of a whole reverse name. */
function addressOf(name: string): ReturnType<typeof parseAddress> {
  const isFour = name.endsWith(V4_END);
  if (!isFour && !name.endsWith(V6_END)) return undefined;
  const labels: string[] = [];
  for (let at = 0; at < name.length - (isFour ? V4_END : V6_END).length; at += 1 + name.charCodeAt(at)) labels.unshift(name.slice(at + 1, at + 1 + name.charCodeAt(at)));
  if (labels.length !== (isFour ? 4 : 32) || labels.some(l => !(isFour ? /^\d{1,3}$/ : /^[0-9a-f]$/).test(l))) return undefined;
  return parseAddress(isFour ? labels.join('.') : Array.from({ length: 8 }, (_, i) => labels.slice(4 * i, 4 * i + 4).join('')).join(':'));
}
