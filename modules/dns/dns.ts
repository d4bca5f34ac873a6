// A DNS server around the endpoints of a network (RFC 1035, RFC 6891): what is asked by UDP about names that it has the answers to becomes the
// answer. All else for its addresses - TCP, other zones, long answers - is punted to the resolver of the visor.

import {
  Dns, Eth, HashMap, Header, Ip, IpProto, Ipv4, Ipv6, Mac, Tcp, Udp,
  bytes, config, drop, filter, max, min, next, punt, range, reply, stage, u16, u32, u64,
  type Bytes, type FilterVerdict, type Ip4, type Ip6, type be16, type be32, type be64, type u8,
} from 'iovisor/module';

const Port = 53;
const Type = { A: 1, Soa: 6, Ptr: 12, Aaaa: 28, Opt: 41, FirstMeta: 128, LastMeta: 255 } as const;
const Class = { In: 1 } as const;
/** Of the second word of a message (RFC 1035 4.1.1). */
const Flag = { Response: 0x8000, Authoritative: 0x0400, Truncated: 0x0200, Desired: 0x0100, Available: 0x0080, CheckingDisabled: 0x0010, NoSuchName: 3 } as const;
/** What a query may have set besides: authentic data. */
const QueryFlags = 0x0130;
/** Of EDNS. */
const DnssecOk = 0x8000;

const MOST_NAME_BYTES = 255;
const MOST_LABELS = 128;
const MOST_LABEL_BYTES = 63;
const ZONE_BYTES = 66;
const BEFORE_BYTES = 64;
const RECORD_BYTES = 12;
const ANSWER_BYTES = 256;
const HEADER_BYTES = 12;
const QUESTION_BYTES = 4;
const OPT_BYTES = 11;
const SOA_BYTES = 51;
/** Of a message to who says nothing of its size (RFC 1035), and at most to who does. */
const LEAST_ROOM = 512;
const MOST_ROOM = 1232;
const SEED = 0x811c_9dc5;

class Byte extends Header { value: u8 = 0 }
class Question extends Header {
  type: be16 = 0;
  class: be16 = 0;
}
/** The pseudo-record of EDNS. */
class Opt extends Header {
  name: u8 = 0;
  type: be16 = Type.Opt;
  room: be16 = MOST_ROOM;
  code: u8 = 0;
  version: u8 = 0;
  flags: be16 = 0;
  length: be16 = 0;
}
class Before extends Header { name: Bytes<64> = bytes(64) }
class Zone extends Header { name: Bytes<66> = bytes(66) }
class Records extends Header { data: Bytes<256> = bytes(256) }
/** A record about the name that was asked: a pointer to byte 12 stands for it. */
class Record extends Header {
  owner: be16 = 0xc00c;
  type: be16 = 0;
  class: be16 = Class.In;
  ttl: be32 = 0;
  size: be16 = 0;
}
class Record4 extends Header {
  owner: be16 = 0xc00c;
  type: be16 = Type.A;
  class: be16 = Class.In;
  ttl: be32 = 0;
  size: be16 = 4;
  address: Ip4 = 0;
}
class Record6 extends Header {
  owner: be16 = 0xc00c;
  type: be16 = Type.Aaaa;
  class: be16 = Class.In;
  ttl: be32 = 0;
  size: be16 = 16;
  address: Ip6 = 0n;
}
/** "The zone begins here": for what is not there (RFC 2308). Names are "dns" and "hostmaster" before the zone, to which pointers lead. */
class Soa extends Header {
  owner: be16 = 0;
  type: be16 = Type.Soa;
  class: be16 = Class.In;
  ttl: be32 = 0;
  length: be16 = 39;
  dns: be32 = 0x0364_6e73;
  dnsZone: be16 = 0;
  hostmaster: be64 = 0x0a68_6f73_746d_6173n;
  ter: be16 = 0x7465;
  r: u8 = 0x72;
  hostmasterZone: be16 = 0;
  serial: be32 = 1;
  refresh: be32 = 3600;
  retry: be32 = 600;
  expire: be32 = 86400;
  negativeTtl: be32 = 0;
}

/** A name in small letters, as two hashes and its length on the wire. */
class Name {
  first: u32 = 0;
  second: u32 = 0;
  size: u32 = 0;
}
class Asked {
  name: Name = { first: 0, second: 0, size: 0 };
  type: u32 = 0;
}
/** 0: no such address, or several. */
class Host {
  ip4: Ip4 = 0;
  ip6: Ip6 = 0n;
}
/** The part of a name that is before the zone's. */
class Pointer {
  size: u16 = 0;
  before: Bytes<64> = bytes(64);
}
class Answer {
  records: u16 = 0;
  /** 0: it is too long for here. */
  size: u16 = 0;
  data: Bytes<256> = bytes(256);
}

/** Every name of the zone. */
export const hosts = new HashMap<Name, Host>(65536);
/** Names of addresses, under in-addr.arpa and ip6.arpa. */
export const pointers = new HashMap<Name, Pointer>(65536);
/** What is neither one address nor one pointer: records as they are sent. */
export const answers = new HashMap<Asked, Answer>(8192);

export const settings = config(class {
  mac: Mac = Mac.zero;
  /** IPv4 mapped; 0: none. */
  server4: Ip6 = 0n;
  server6: Ip6 = 0n;
  ttl: be32 = 60;
  /** As on the wire, small letters. */
  zoneBytes: u8 = 0;
  zoneLabels: u8 = 0;
  zone: Bytes<66> = bytes(66);
});

/** Where the message begins, and whether a record follows the question. */
class Place {
  at: u16 = 0;
  hasOpt: u16 = 0;
}
/** What is learned of a query. */
class Query {
  /** Where the message begins, and the byte behind the question. */
  at: u16 = 0;
  end: u16 = 0;
  /** Of the answer, at most. */
  room: u16 = 0;
  hasOpt: u16 = 0;
  /** The bit by which proofs are wanted: it comes back (RFC 3225). */
  proof: u16 = 0;
  asked: Asked = { name: { first: 0, second: 0, size: 0 }, type: 0 };
  /** Where the last eight labels of the name begin in it. */
  labels: u64 = 0n;
}
/** What is to be said of an answer whose records are in the packet already. */
class Message {
  at: u16 = 0;
  end: u16 = 0;
  hasOpt: u16 = 0;
  proof: u16 = 0;
  flags: u16 = 0;
  answers: u16 = 0;
  authorities: u16 = 0;
}

export default filter({
  egress(pkt) {
    const eth = pkt.at(Eth);
    const ip = eth.payload(Ip);
    if (!ip || (ip.dst6 !== settings.server4 && ip.dst6 !== settings.server6)) return next();
    if (ip.payload(Tcp)?.dstPort === Port) return punt('tcp');
    const udp = ip.payload(Udp);
    if (udp?.dstPort !== Port) return next();
    if (ip.isFragment) return drop('fragment');
    const dns = udp.payload(Dns);
    if (dns.isResponse) return drop('not-a-query');
    const isPlain = udp.offset === eth.end + (ip instanceof Ipv4 ? 20 : 40) && (dns.flags & ~QueryFlags) === 0;
    if (!isPlain || dns.questions !== 1 || dns.answers !== 0 || dns.authorities !== 0 || dns.additionals > 1) return punt('odd-query');

    return read(pkt, { at: dns.offset, hasOpt: dns.additionals });
  },
});

/** The question. By itself, so that kernels walk the loop once and not for both families. */
const read = stage((pkt, place: Place): FilterVerdict => {
  const { at, hasOpt } = place;
  let size: u32 = 0;
  let isWhole = false;
  let labels: u64 = 0n;
  for (const _ of range(MOST_LABELS, MOST_LABELS)) {
    const length = pkt.at(Byte, u16(at + HEADER_BYTES + size)).value;
    if (length > MOST_LABEL_BYTES) return drop('compressed-question');
    labels = labels << 8n | u64(size & 0xff);
    size += 1 + length;
    if (length === 0) isWhole = true;
    if (isWhole || size >= MOST_NAME_BYTES) break;
  }
  if (!isWhole || size > MOST_NAME_BYTES) return drop('name-too-long');

  let first: u32 = SEED;
  let second: u32 = SEED;
  for (const i of range(size, MOST_NAME_BYTES)) {
    const byte = lower(pkt.at(Byte, u16(at + HEADER_BYTES + i)).value);
    first = (first ^ byte) * 0x0100_0193;
    second = (second + byte) * 0x9e37_79b1;
    second ^= second >> 15;
  }
  const question = pkt.at(Question, u16(at + HEADER_BYTES + size));
  if (question.class !== Class.In || question.type === Type.Opt || (question.type >= Type.FirstMeta && question.type <= Type.LastMeta)) return punt('odd-query');
  let room: u16 = LEAST_ROOM;
  let proof: u16 = 0;
  if (hasOpt) {
    const opt = pkt.at(Opt, question.end);
    if (opt.name !== 0 || opt.type !== Type.Opt || opt.version !== 0) return punt('odd-query');
    proof = opt.flags & DnssecOk;
    room = max<u16>(LEAST_ROOM, min<u16>(opt.room, MOST_ROOM));
  }
  return answered(pkt, { at, end: question.end, room, hasOpt, proof, asked: { name: { first, second, size }, type: question.type }, labels });
});

const answered = stage((pkt, query: Query): FilterVerdict => {
  const { end, asked } = query;
  const question = pkt.at(Question, u16(end - QUESTION_BYTES));
  const host = hosts.get(asked.name);
  if (host && asked.type === Type.A && host.ip4) {
    pkt.trim(u16(end + RECORD_BYTES + 4));
    question.fresh(Record4, { ttl: settings.ttl, address: host.ip4 });
    return sent(pkt, positive(query, 1, RECORD_BYTES + 4));
  }
  if (host && asked.type === Type.Aaaa && host.ip6) {
    pkt.trim(u16(end + RECORD_BYTES + 16));
    question.fresh(Record6, { ttl: settings.ttl, address: host.ip6 });
    return sent(pkt, positive(query, 1, RECORD_BYTES + 16));
  }
  const pointer = asked.type === Type.Ptr ? pointers.get(asked.name) : undefined;
  if (pointer) {
    const before = min(pointer.size, BEFORE_BYTES);
    pkt.trim(u16(end + RECORD_BYTES + BEFORE_BYTES + ZONE_BYTES));
    question.fresh(Record, { type: Type.Ptr, ttl: settings.ttl, size: before + settings.zoneBytes }).fresh(Before, { name: pointer.before });
    pkt.at(Zone, u16(end + RECORD_BYTES + before)).name = settings.zone;
    return sent(pkt, positive(query, 1, RECORD_BYTES + before + settings.zoneBytes));
  }
  const answer = answers.get(asked);
  if (answer) {
    if (answer.size === 0) return punt('long-answer');
    pkt.trim(u16(end + ANSWER_BYTES));
    question.fresh(Records, { data: answer.data });
    return sent(pkt, positive(query, answer.records, answer.size));
  }
  return absent(pkt, query);
});

/** Nothing of that kind, or no such name: so says the zone of its own names. */
const absent = stage((pkt, query: Query): FilterVerdict => {
  const { at, end, hasOpt, proof, asked } = query;
  const { size } = asked.name;
  if (size < settings.zoneBytes) return punt('another-zone');
  const zoneAt = size - settings.zoneBytes;
  if ((query.labels >> u64(8 * (settings.zoneLabels & 7)) & 0xffn) !== u64(zoneAt)) return punt('another-zone');
  for (const i of range(settings.zoneBytes, ZONE_BYTES)) {
    if (lower(pkt.at(Byte, u16(at + HEADER_BYTES + zoneAt + i)).value) !== settings.zone[i]) return punt('another-zone');
  }
  const isKnown = hosts.get(asked.name) !== undefined;
  const zone = u16(0xc000 | HEADER_BYTES + zoneAt);
  pkt.trim(u16(end + SOA_BYTES));
  pkt.at(Question, u16(end - QUESTION_BYTES)).fresh(Soa, { owner: zone, ttl: settings.ttl, dnsZone: zone, hostmasterZone: zone, negativeTtl: settings.ttl });
  return sent(pkt, { at, end: u16(end + SOA_BYTES), hasOpt, proof, flags: isKnown ? 0 : Flag.NoSuchName, answers: 0, authorities: 1 });
});

/** What does not fit is left out, and the client asks again by TCP. */
function positive(query: Query, records: u16, size: u32): Message {
  const { at, end, hasOpt, proof, room } = query;
  const fits = u32(end) - at + size + (hasOpt ? OPT_BYTES : 0) <= room;
  return { at, end: u16(end + (fits ? size : 0)), hasOpt, proof, flags: fits ? 0 : Flag.Truncated, answers: fits ? records : 0, authorities: 0 };
}

/** The headers are made anew, for the length is another. */
const sent = stage((pkt, message: Message): FilterVerdict => {
  const { at, end, hasOpt, proof } = message;
  const length = u16(end + (hasOpt ? OPT_BYTES : 0));
  pkt.trim(length);
  if (hasOpt) pkt.at(Byte, u16(end - 1)).fresh(Opt, { flags: proof });
  const eth = pkt.at(Eth);
  const client = eth.src;
  const dns = pkt.at(Dns, at);
  const flags = u16(Flag.Response | Flag.Authoritative | Flag.Available | message.flags | dns.flags & (Flag.Desired | Flag.CheckingDisabled));
  dns.rewrite({ flags, answers: message.answers, authorities: message.authorities, additionals: hasOpt });
  eth.src = settings.mac;
  eth.dst = client;
  const udpBytes = u16(length - at + 8);
  const ip = eth.payload(Ip);
  if (ip instanceof Ipv4) {
    const { src, dst } = ip;
    const srcPort = pkt.at(Udp, u16(at - 8)).srcPort;
    eth.fresh(Ipv4, { src: dst, dst: src, protocol: IpProto.Udp, length: u16(20 + udpBytes) })
      .fresh(Udp, { srcPort: Port, dstPort: srcPort, length: udpBytes });
  } else if (ip instanceof Ipv6) {
    const { src, dst } = ip;
    const srcPort = pkt.at(Udp, u16(at - 8)).srcPort;
    eth.fresh(Ipv6, { src: dst, dst: src, protocol: IpProto.Udp, payloadLength: udpBytes })
      .fresh(Udp, { srcPort: Port, dstPort: srcPort, length: udpBytes });
  }
  return reply();
});

/** A capital becomes a small letter; a label's length is below the letters. Without a branch, for kernels would walk both ways of every byte. */
function lower(byte: u8): u32 {
  return byte | ((byte - 65 & 0xff) - 26 >> 26 & 32);
}
