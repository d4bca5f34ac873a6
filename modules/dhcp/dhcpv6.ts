// DHCPv6 for one endpoint with one address (RFC 8415): its request becomes the answer. Addresses come from dhcp.ts, which asks who it is.
// The client's identifier, of any length, stays in the packet and what is before it goes; the answer's options are written behind it.

import {
  Eth, Header, IpProto, Ipv6, Mac, PerCpuArray, Udp,
  bytes, drop, range, reply, u16,
  type Answer, type Bytes, type Ip6, type Packet, type be16, type be32, type u32, type u8,
} from 'iovisor/module';

const Kind = { Solicit: 1, Advertise: 2, Request: 3, Confirm: 4, Renew: 5, Rebind: 6, Reply: 7, Release: 8, Decline: 9, Inform: 11 } as const;
const Code = { Client: 1, Server: 2, Association: 3, Address: 5, Rapid: 14 } as const;
const Status = { Success: 0, NotOnLink: 4 } as const;
/** Ethernet, IPv6, UDP, then four bytes of message: where options begin. */
const OPTIONS = 66;
const MOST_OPTIONS = 32;
/** Of a DUID (RFC 8415 11.1). */
const MOST_CLIENT_BYTES = 130;
/** Server, two addresses of an association, rapid commit, configuration. */
const MOST_ANSWER_BYTES = 4 + 14 + 72 + 4 + 128;

class Message extends Header { word: be32 = 0 }
class Option extends Header { code: be16 = 0; length: be16 = 0 }
/** DUID-LL of an Ethernet address. */
class ServerId extends Header { code: be16 = Code.Server; length: be16 = 10; kind: be16 = 3; hardware: be16 = 1; mac: Mac = Mac.zero }
class Association extends Header { code: be16 = Code.Association; length: be16 = 40; id: be32 = 0; renewSeconds: be32 = 0; rebindSeconds: be32 = 0 }
class Address extends Header { code: be16 = Code.Address; length: be16 = 24; address: Ip6 = 0n; preferredSeconds: be32 = 0; validSeconds: be32 = 0 }
class StatusCode extends Header { code: be16 = 13; length: be16 = 2; status: be16 = 0 }
class Rapid extends Header { code: be16 = Code.Rapid; length: be16 = 0 }
class Configuration extends Header { options: Bytes<128> = bytes(128) }

/** What the server says of itself and of the network. */
export class Server {
  /** Its link-local address. */
  link: Ip6 = 0n;
  mac: Mac = Mac.zero;
  leaseSeconds: u32 = 86400;
  renewSeconds: u32 = 43200;
  rebindSeconds: u32 = 69120;
  /** Of what `options` holds: whole options, for every answer. */
  length: u16 = 0;
  options: Bytes<128> = bytes(128);
}

/** What a request says. */
class Asked {
  address: Ip6 = 0n;
  clientAt: u16 = 0;
  clientBytes: u16 = 0;
  association: u32 = 0;
  hasServer: boolean = false;
  isForUs: boolean = false;
  hasAssociation: boolean = false;
  hasAddress: boolean = false;
  isRapid: boolean = false;
}

/** In a map, for there a verifier keeps no count of what each option may have left. */
const requests = new PerCpuArray<Asked>(1);

/** `lease`: the address of who asks, or :: of whom there is none. */
export function answerDhcpv6(pkt: Packet, lease: Ip6, us: Server): Answer {
  const eth = pkt.at(Eth);
  const ip = pkt.at(Ipv6, 14);
  const udp = pkt.at(Udp, 54);
  const { word } = pkt.at(Message, 62);
  const kind: u8 = word >> 24;
  const asked = requests.get(0);
  if (!asked) return drop('needs-no-answer');
  read(pkt, u16(udp.length + 54), us.mac, asked);

  const needsServer = kind === Kind.Request || kind === Kind.Renew || kind === Kind.Release || kind === Kind.Decline;
  const needsAddress = kind === Kind.Solicit || kind === Kind.Request || kind === Kind.Renew || kind === Kind.Rebind;
  const isInform = kind === Kind.Inform;
  if (!needsServer && !needsAddress && !isInform && kind !== Kind.Confirm) return drop('needs-no-answer');
  if (asked.clientBytes > MOST_CLIENT_BYTES || (isInform ? asked.hasAssociation : asked.clientAt === 0)) return drop('not-a-request');
  if (needsServer ? !asked.isForUs : asked.hasServer && !(isInform && asked.isForUs)) return drop('for-another-server');
  if (needsAddress ? !asked.hasAssociation : kind === Kind.Confirm && !asked.hasAddress) return drop('needs-no-answer');
  if (needsAddress && lease === 0n) return drop('no-lease');

  const client = ip.src;
  const isRapid = kind === Kind.Solicit && asked.isRapid;
  const answer: u32 = kind === Kind.Solicit && !isRapid ? Kind.Advertise : Kind.Reply;
  if (asked.clientAt > OPTIONS) pkt.remove(eth, asked.clientAt - OPTIONS & 0xffff);
  // Of the last four bytes before the next option, behind which it is written.
  let last = u16(asked.clientAt === 0 ? OPTIONS - 4 : OPTIONS + asked.clientBytes);
  pkt.trim(u16(last + MOST_ANSWER_BYTES));

  pkt.at(Message, 62).word = answer << 24 | word & 0xff_ffff;
  pkt.at(Message, last).fresh(ServerId, { mac: us.mac });
  last = u16(last + 14);
  if (needsAddress) {
    // An address that is no longer the client's is told to be over.
    const isOver = kind !== Kind.Solicit && asked.hasAddress && asked.address !== lease;
    const given = pkt.at(Message, last)
      .fresh(Association, { length: isOver ? 68 : 40, id: asked.association, renewSeconds: us.renewSeconds, rebindSeconds: us.rebindSeconds })
      .fresh(Address, { address: lease, preferredSeconds: us.leaseSeconds, validSeconds: us.leaseSeconds });
    last = u16(last + 44);
    if (isOver) {
      given.fresh(Address, { address: asked.address });
      last = u16(last + 28);
    }
  } else if (!isInform) {
    pkt.at(Message, last).fresh(StatusCode, { status: kind === Kind.Confirm && asked.address !== lease ? Status.NotOnLink : Status.Success });
    last = u16(last + 6);
  }
  if (isRapid) {
    pkt.at(Message, last).fresh(Rapid, {});
    last = u16(last + 4);
  }
  pkt.at(Message, last).fresh(Configuration, { options: us.options });
  const end = u16(last + 4 + us.length);
  pkt.trim(end);

  eth.dst = eth.src;
  eth.src = us.mac;
  const length = u16(end - 54);
  eth.fresh(Ipv6, { src: us.link, dst: client, protocol: IpProto.Udp, payloadLength: length }).fresh(Udp, { srcPort: 547, dstPort: 546, length });
  return reply();
}

function read(pkt: Packet, end: u16, mac: Mac, asked: Asked): void {
  asked.clientAt = 0;
  asked.clientBytes = 0;
  asked.hasServer = false;
  asked.isForUs = false;
  asked.hasAssociation = false;
  asked.hasAddress = false;
  asked.isRapid = false;
  let at: u16 = OPTIONS;
  for (const _ of range(MOST_OPTIONS, MOST_OPTIONS)) {
    const option = at < end ? pkt.tryAt(Option, at) : undefined;
    if (!option || option.end + option.length > end) break;
    switch (option.code) {
      case Code.Client:
        asked.clientAt = at;
        asked.clientBytes = option.length;
        break;
      case Code.Server: {
        const id = pkt.tryAt(ServerId, at);
        asked.hasServer = true;
        asked.isForUs = id !== undefined && id.length === 10 && id.kind === 3 && id.hardware === 1 && id.mac === mac;
        break;
      }
      case Code.Association: {
        const held = asked.hasAssociation ? undefined : pkt.tryAt(Association, at);
        if (!held) break;
        asked.hasAssociation = true;
        asked.association = held.id;
        const address = held.length >= 40 ? held.tryPayload(Address) : undefined;
        if (address?.code !== Code.Address) break;
        asked.hasAddress = true;
        asked.address = address.address;
        break;
      }
      case Code.Rapid:
        asked.isRapid = true;
        break;
      default:
        break;
    }
    at = u16(option.end + option.length);
  }
}
