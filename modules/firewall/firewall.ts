// A stateful firewall around the endpoints of a network, IPv4 and IPv6, each end for itself. Where an endpoint is closed, a packet passes
// if it is of a connection that passes, or opens one that a rule allows.

import {
  AnyIcmp, Conntrack, Eth, ExpiringMap, HashMap, Ip, IpProto, LpmTrie, Tcp,
  config, drop, filter, next, type FilterVerdict, type Ip6, type Packet, type be16, type be32, type u16, type u32, type u8,
} from 'iovisor/module';
import { flowOf, turned, type Flow } from 'iovisor/flow';

const Way = { In: 1, Out: 2 } as const;
const Stage = { Opening: 0, Answered: 1, Open: 2, Closing: 3, Closed: 4 } as const;
/** Of a TCP header. */
const Flag = { Fin: 1, Syn: 2, Rst: 4, Ack: 16 } as const;
const World = 0;
const Anyone = 0xffff_ffff;

/** `set`: the rules that hold for the endpoint. `closed`: the ways that need a rule, as bits; with none, no state is kept. */
class Member {
  set: u32 = 0;
  closed: u8 = 0;
}
/** In the order of matching: a prefix of 72 bits allows all of a group, 80 a protocol, 96 one port, between them a range. */
class Rule {
  set: be32 = 0;
  way: u8 = 0;
  group: be32 = 0;
  protocol: u8 = 0;
  port: be16 = 0;
}
class Connection {
  openedBy: u8 = 0;
  stage: u8 = 0;
  /** The ways that have said that they are done. */
  finished: u32 = 0;
}

/** By port: the endpoints here. */
export const members = new HashMap<u16, Member>(4096);
export const rules = new LpmTrie<Rule, u8>(16384);
/** The group of each address of the domain, and of the networks outside that rules name. */
export const groups = new LpmTrie<Ip6, u32>(16384);
/** By the flow out of the endpoint. Its capacity is what all endpoints of the network on a server may have. */
export const connections = new ExpiringMap<Flow, Connection>(65536);

/** Seconds of silence after which a connection is over (RFC 5382, RFC 4787, RFC 5508). */
export const lifetimes = config(class {
  opening: u32 = 30;
  open: u32 = 7440;
  closing: u32 = 240;
  closed: u32 = 10;
  datagrams: u32 = 30;
  dialogue: u32 = 300;
});

export default filter({
  state: 'endpoint',
  egress: pkt => judge(pkt, Way.Out),
  ingress: pkt => judge(pkt, Way.In),
});

function judge(pkt: Packet, way: u8): FilterVerdict {
  const member = members.get(pkt.port);
  if (!member) return drop('no-member');
  if (member.closed === 0) return next();
  const ip = pkt.at(Eth).payload(Ip);
  if (!ip) return next();
  const icmp = ip.payload(AnyIcmp);
  if (icmp?.isNeighborDiscovery) return next();
  const isError = icmp?.isError ?? false;
  const flags = ip.payload(Tcp)?.flags ?? 0;
  const flow = flowOf(ip);
  return flow ? decide(pkt, member, flow, flags, isError, way) : drop('fragment-without-first');
}

/** `flags`: of TCP, else 0. */
function decide(pkt: Packet, member: Member, flow: Flow, flags: u8, isError: boolean, way: u8): FilterVerdict {
  const key = way === Way.Out ? flow : turned(flow);
  const known = connections.get(key);

  if (isError) {
    if (!known) return drop('error-of-no-connection');
    pkt.meta.conntrack = Conntrack.Related;
    return next();
  }

  const isTcp = flow.protocol === IpProto.Tcp;
  const opens = (flags & (Flag.Syn | Flag.Ack)) === Flag.Syn;
  if (known && !(known.stage === Stage.Closed && opens)) {
    if (isTcp) followTcp(known, flags, way);
    else if (way !== known.openedBy) known.stage = Stage.Open;
    connections.keep(known, lifetime(known.stage, isTcp));
    pkt.meta.conntrack = Conntrack.Established;
    return next();
  }

  if (isTcp && !opens) return drop('no-connection');
  if ((member.closed & way) !== 0 && !allowed(pkt, member.set, flow, way)) return drop('no-rule');

  const opened: Connection = { openedBy: way, stage: Stage.Opening, finished: 0 };
  if (!connections.set(key, opened, lifetime(Stage.Opening, isTcp))) return drop('connection-limit');
  pkt.meta.conntrack = Conntrack.New;
  return next();
}

/** Rules are about the group at the far end, one look-up for it and one for everyone. */
function allowed(pkt: Packet, set: u32, flow: Flow, way: u8): boolean {
  const sender = pkt.meta.sourceGroup;
  const group = way === Way.In && sender !== World ? sender : groups.get(way === Way.In ? flow.src : flow.dst) ?? World;
  const { protocol, dstPort: port } = flow;
  return rules.get({ set, way, group, protocol, port }) !== undefined
    || rules.get({ set, way, group: Anyone, protocol, port }) !== undefined;
}

/** A later fragment shows no flags, and changes nothing. */
function followTcp(c: Connection, flags: u8, way: u8): void {
  const answers = way !== c.openedBy;
  const both = Flag.Syn | Flag.Ack;
  if (flags & Flag.Rst) c.stage = Stage.Closed;
  else if (flags & Flag.Fin) {
    c.finished |= way;
    c.stage = c.finished === (Way.In | Way.Out) ? Stage.Closed : Stage.Closing;
  }
  else if (c.stage === Stage.Opening && answers && (flags & both) === both) c.stage = Stage.Answered;
  else if (c.stage === Stage.Answered && !answers && (flags & Flag.Ack) !== 0) c.stage = Stage.Open;
  else if (c.stage === Stage.Closed && c.finished === 0 && flags !== 0) c.stage = Stage.Open;   // its receiver ignored the reset: it was forged
}

function lifetime(stage: u8, isTcp: boolean): u32 {
  if (!isTcp) return stage === Stage.Open ? lifetimes.dialogue : lifetimes.datagrams;
  switch (stage) {
    case Stage.Open: return lifetimes.open;
    case Stage.Closing: return lifetimes.closing;
    case Stage.Closed: return lifetimes.closed;
    default: return lifetimes.opening;
  }
}
