// A stateful firewall around the endpoints of a network, IPv4 and IPv6, each end for itself. Packets of connections that stand pass by one
// look-up; all else is decided behind a jump (decide), by rules in tiers, or refused with an answer.

import {
  AnyIcmp, ArrayMap, Conntrack, Eth, ExpiringMap, HashMap, Ip, IpProto, LpmTrie, PerCpuHashMap, Tcp, compareSwap,
  config, drop, filter, next, range, seconds, stage, u64, type FilterVerdict, type Ip6, type Packet, type be16, type be32, type u16, type u32, type u8,
} from 'iovisor/module';
import { answerBriefly, answerReset, prohibited } from 'iovisor/answer';
import { flowOf, turned, type Flow } from 'iovisor/flow';
import { type Bucket, take } from 'iovisor/rate';

const Way = { In: 1, Out: 2 } as const;
const Stage = { Opening: 0, Answered: 1, Open: 2, Closing: 3, Closed: 4 } as const;
/** `Pass`: the next tier decides. `Closed`: what no rule allows, where some rule could. */
const Action = { Allow: 1, Deny: 2, Reject: 3, Pass: 4, Closed: 5 } as const;
/** Of a TCP header. */
const Flag = { Fin: 1, Syn: 2, Rst: 4, Ack: 16 } as const;
const World = 0;
const Anyone = 0;
/** Connections of an endpoint are counted by when they will be over: what is silent leaves no trace but the time. No lifetime is longer than all ticks. */
const SecondsPerTick = 64;
const Ticks = 128;
const AllTicksSeconds = SecondsPerTick * (Ticks + 2);
const RefusalSeconds = 60;

/** Of an endpoint: the set of rules of each tier, in their order, for what comes to it and what it opens. 0: none. */
class Member {
  inAdmin: u32 = 0;
  inApplication: u32 = 0;
  inBaseline: u32 = 0;
  outAdmin: u32 = 0;
  outApplication: u32 = 0;
  outBaseline: u32 = 0;
}
class Known {
  set: u32 = 0;
  identity: u32 = 0;
}
class Outside {
  set: be32 = 0;
  address: Ip6 = 0n;
}
/** In the order of matching: a prefix of 64 bits is all of a group, 72 a protocol, 88 one port, between them a range. */
class Rule {
  set: be32 = 0;
  group: be32 = 0;
  protocol: u8 = 0;
  port: be16 = 0;
}
/** `rank`: its place in the set, the lowest decides. */
class Decision {
  rank: u32 = 0;
  hits: u32 = 0;
  action: u8 = 0;
}
class Hits {
  packets: u64 = 0n;
  bytes: u64 = 0n;
}
class Connection {
  openedBy: u8 = 0;
  stage: u8 = 0;
  /** The ways that have said that they are done. */
  finished: u32 = 0;
  /** Identity of the far end; of an opener, as its packets said. */
  far: u32 = 0;
  /** Under which rules it was decided. */
  epoch: u32 = 0;
  /** It is over by the end of this tick, if nothing more comes. */
  tick: u32 = 0;
}
/** Connections of an endpoint, those that are over but for what `next` has still to take off. */
class Usage {
  live: u32 = 0;
  next: u32 = 0;
  /** By this tick all of them are over; counts of ticks before `since` were taken off together. */
  until: u32 = 0;
  since: u32 = 0;
}
class Slot {
  place: u32 = 0;
  port: u16 = 0;
}
/** Of an endpoint, how many will be over by the end of the tick. */
class Count {
  tick: u32 = 0;
  connections: u32 = 0;
}
/** What is handed to the stages. */
class Seen {
  flow: Flow = { src: 0n, dst: 0n, srcPort: 0, dstPort: 0, protocol: 0 };
  flags: u8 = 0;
  way: u8 = 0;
  isError: boolean = false;
}

export const rules = new LpmTrie<Rule, Decision>(131072);
/** The group, in a set, of an identity that rules name, and of an address outside. */
export const identities = new HashMap<Known, u32>(65536);
export const outside = new LpmTrie<Outside, u32>(65536);
/** Identities of the domain's addresses, where rules for what endpoints open need them. */
export const addresses = new HashMap<Ip6, u32>(65536);
/** What a rule decided. */
export const hits = new PerCpuHashMap<u32, Hits>(16384);
/** A bit for each port, of 32 in a word: endpoints here without any rule. What is theirs passes, and nothing is kept of it. */
export const unruled = new ArrayMap<u32>(2048);
/** By port: the endpoints here. */
export const members = new HashMap<u16, Member>(4096);
/** By the flow out of the endpoint. */
export const connections = new ExpiringMap<Flow, Connection>(131072);
/** By port, and forgotten when nothing counts any more: other endpoints come and go. */
const usages = new ExpiringMap<u16, Usage>(1024);
const ticks = new ExpiringMap<Slot, Count>(65536);
const refusals = new ExpiringMap<u16, Bucket>(1024);

/** Seconds of silence after which a connection is over (RFC 5382, RFC 4787, RFC 5508). */
export const lifetimes = config(class {
  opening: u32 = 30;
  open: u32 = 7440;
  closing: u32 = 240;
  closed: u32 = 10;
  datagrams: u32 = 30;
  dialogue: u32 = 300;
});
/** Connections of one endpoint; answers to what is rejected, of one endpoint. */
export const limits = config(class { connections: u32 = 65536; nsPerRefusal: u32 = 10_000_000; burstRefusals: u32 = 100 });
/** Written last: which rules and members hold. A connection that was decided under others is decided again by its next packet. */
export const epoch = config(class {
  rules: u32 = 0;
  members: u32 = 0;
});

export default filter({
  state: 'endpoint',
  egress: pkt => judge(pkt, Way.Out),
  ingress: pkt => judge(pkt, Way.In),
});

function judge(pkt: Packet, way: u8): FilterVerdict {
  if (((unruled.get(pkt.port >> 5) ?? 0) >> (pkt.port & 31) & 1) !== 0) return next();
  const ip = pkt.at(Eth).payload(Ip);
  if (!ip) return next();
  const icmp = ip.payload(AnyIcmp);
  if (icmp?.isNeighborDiscovery) return next();
  const isError = icmp?.isError ?? false;
  const flags = ip.payload(Tcp)?.flags ?? 0;
  const flow = flowOf(ip);
  if (!flow) return drop('fragment-without-first');

  const known = connections.get(way === Way.Out ? flow : turned(flow));
  if (known && known.epoch === now() && !(known.stage === Stage.Closed && opens(flags)) && (isError || isSame(pkt, known, way))) {
    if (isError) {
      pkt.meta.conntrack = Conntrack.Related;
      return next();
    }
    pkt.meta.conntrack = Conntrack.Established;
    follow(known, flow.protocol === IpProto.Tcp, flags, way);
    const life = lifetime(known.stage, flow.protocol === IpProto.Tcp);
    return connections.keep(known, life) && known.tick !== tickAfter(life) ? recount(pkt, { flow, flags, way, isError }) : next();
  }
  return decide(pkt, { flow, flags, way, isError });
}

const now = (): u32 => epoch.rules ^ epoch.members;
const opens = (flags: u8): boolean => (flags & (Flag.Syn | Flag.Ack)) === Flag.Syn;
const tickAfter = (life: u32): u32 => (seconds() + life) / SecondsPerTick;

/** An opener of another identity than before is not allowed what it was. */
function isSame(pkt: Packet, known: Connection, way: u8): boolean {
  return way === Way.Out || known.openedBy === Way.Out || known.far === pkt.meta.sourceGroup;
}

/** A packet of no connection, or of one that was decided under other rules. */
const decide = stage((pkt, seen: Seen): FilterVerdict => {
  const { flow, flags, way, isError } = seen;
  const member = members.get(pkt.port);
  if (!member) return drop('no-member');
  if (isError) return drop('error-of-no-connection');

  const key = way === Way.Out ? flow : turned(flow);
  const isTcp = flow.protocol === IpProto.Tcp;
  const known = connections.get(key);
  const stands = known && !(known.stage === Stage.Closed && opens(flags)) ? known : undefined;
  if (!stands && isTcp && !opens(flags)) return resume(pkt, seen);

  const openedBy = stands ? stands.openedBy : way;
  const far = openedBy === Way.Out ? addresses.get(key.dst) ?? World : way === Way.In ? pkt.meta.sourceGroup : stands?.far ?? World;
  const port = openedBy === Way.Out ? key.dstPort : key.srcPort;
  const out = openedBy === Way.Out;
  const decision = decided(out ? member.outAdmin : member.inAdmin, out ? member.outApplication : member.inApplication, out ? member.outBaseline : member.inBaseline,
    far, key.dst, flow.protocol, port);
  const isAllowed = decision.action === Action.Allow;
  if (!stands || !isAllowed) {
    const hit = hits.get(decision.hits);
    if (hit) { hit.packets += 1n; hit.bytes += u64(pkt.length); }
  }
  if (!isAllowed) {
    // It stays, for what it is: gone, its next segment would be one of a connection that stood elsewhere.
    if (known) {
      known.far = far;
      known.epoch = now() ^ 1;
      connections.keep(known, lifetime(known.stage, isTcp));
    }
    if (decision.action === Action.Closed) return drop('no-rule');
    return decision.action === Action.Reject ? refuse(pkt) : drop('denied');
  }

  if (stands) {
    stands.epoch = now();
    stands.far = far;
    pkt.meta.conntrack = Conntrack.Established;
    follow(stands, isTcp, flags, way);
    connections.keep(stands, lifetime(stands.stage, isTcp));
    return next();
  }
  return begin(pkt, key, way, far, known);
});

/**
 * A segment of a connection that was opened elsewhere, before its endpoint came to this server, or whose entry is lost. Whose sender may open
 * it is taken for its opener. Else it may be that of who answers: it passes and leaves nothing, and the opener's next one makes the entry.
 */
const resume = stage((pkt, seen: Seen): FilterVerdict => {
  const { flow, flags, way } = seen;
  const member = members.get(pkt.port);
  if (!member || (flags & (Flag.Ack | Flag.Rst)) !== Flag.Ack) return drop('no-connection');
  const key = way === Way.Out ? flow : turned(flow);
  for (const round of range(2, 2)) {
    const out = (way === Way.Out) === (round === 0);
    // An answer to the first segment was not sent by who opened it.
    if (round === 0 && (flags & Flag.Syn) !== 0) continue;
    const far = way === Way.In ? pkt.meta.sourceGroup : addresses.get(key.dst) ?? World;
    const decision = decided(out ? member.outAdmin : member.inAdmin, out ? member.outApplication : member.inApplication, out ? member.outBaseline : member.inBaseline,
      far, key.dst, flow.protocol, out ? key.dstPort : key.srcPort);
    if (decision.action === Action.Allow) return round === 0 ? begin(pkt, key, way, far, connections.get(key)) : next();
  }
  return drop('no-connection');
});

function begin(pkt: Packet, key: Flow, openedBy: u8, far: u32, known: Connection | undefined): FilterVerdict {
  const isTcp = key.protocol === IpProto.Tcp;
  const life = lifetime(Stage.Opening, isTcp);
  const tick = tickAfter(life);
  const usage = usageOf(pkt.port);
  // One that is opened again is one.
  const most = known ? limits.connections + 1 : limits.connections;
  if (!usage || usage.live >= most) return drop('connection-limit');
  const opened: Connection = { openedBy, stage: Stage.Opening, finished: 0, far, epoch: now(), tick };
  if (!connections.set(key, opened, life)) return drop('connections-full');
  if (known) uncount(pkt.port, usage, known.tick);
  count(pkt.port, usage, tick);
  pkt.meta.conntrack = Conntrack.New;
  return next();
}

/** The first tier with a rule that does not pass decides. */
function decided(admin: u32, application: u32, baseline: u32, far: u32, address: Ip6, protocol: u8, port: u16): Decision {
  let decision: Decision = { rank: 0, hits: 0, action: Action.Pass };
  for (const tier of range(3, 3)) {
    const set = tier === 0 ? admin : tier === 1 ? application : baseline;
    if (set === 0 || decision.action !== Action.Pass) continue;
    const group = far === World ? outside.get({ set, address }) : identities.get({ set, identity: far });
    const theirs = group === undefined ? undefined : rules.get({ set, group, protocol, port });
    const everyones = rules.get({ set, group: Anyone, protocol, port });
    if (theirs && !(everyones && everyones.rank < theirs.rank)) decision = { ...theirs };
    else if (everyones) decision = { ...everyones };
  }
  return decision.action === Action.Pass ? { ...decision, action: Action.Allow } : decision;
}

/** It went on, and lives into another tick. */
const recount = stage((pkt, seen: Seen): FilterVerdict => {
  const { flow, way } = seen;
  const known = connections.get(way === Way.Out ? flow : turned(flow));
  const usage = usageOf(pkt.port);
  if (!known || !usage) return next();
  const was = known.tick;
  const tick = tickAfter(lifetime(known.stage, flow.protocol === IpProto.Tcp));
  if (was !== tick && compareSwap(known, 'tick', was, tick)) {
    uncount(pkt.port, usage, was);
    count(pkt.port, usage, tick);
  }
  return next();
});

/** With ticks that are over taken off: a few each time, where it opened none for long and others still stand. */
function usageOf(port: u16): Usage | undefined {
  const tick = seconds() / SecondsPerTick;
  if (!usages.get(port)) usages.set(port, { live: 0, next: tick, until: tick, since: tick }, AllTicksSeconds, 'new');
  const usage = usages.get(port);
  if (!usage) return undefined;
  usages.keep(usage, AllTicksSeconds);
  if (usage.until < tick) {
    usage.live = 0;
    usage.since = tick;
    usage.next = tick;
    usage.until = tick;
  }
  for (const _ of range(8, 8)) {
    const at = usage.next;
    if (at >= tick || !compareSwap(usage, 'next', at, at + Ticks < tick ? tick - Ticks : at + 1)) break;
    const over = ticks.get({ port, place: at % Ticks });
    if (over && over.tick < tick) clear(over, usage);
  }
  return usage;
}

function clear(count: Count, usage: Usage): void {
  const over = count.connections;
  count.connections -= over;
  if (count.tick >= usage.since) usage.live -= over;
}

function count(port: u16, usage: Usage, tick: u32): void {
  const slot: Slot = { place: tick % Ticks, port };
  usage.live += 1;
  if (usage.until < tick) usage.until = tick;
  const there = ticks.get(slot);
  if (!there) {
    // Who is in no tick would never be taken off.
    if (!ticks.set(slot, { tick, connections: 1 }, AllTicksSeconds)) usage.live -= 1;
    return;
  }
  ticks.keep(there, AllTicksSeconds);
  if (there.tick !== tick) {
    clear(there, usage);
    there.tick = tick;
  }
  there.connections += 1;
}

function uncount(port: u16, usage: Usage, tick: u32): void {
  const there = ticks.get({ port, place: tick % Ticks });
  if (!there || there.tick !== tick || there.connections === 0) return;
  there.connections -= 1;
  usage.live -= 1;
}

/** An answer to who sent it, a reset where it is TCP: from the address that it was for. */
const refuse = stage((pkt): FilterVerdict => {
  if (!refusals.get(pkt.port)) refusals.set(pkt.port, { fullAtNs: 0n }, RefusalSeconds, 'new');
  const bucket = refusals.get(pkt.port);
  const cost = u64(limits.nsPerRefusal);
  if (bucket) refusals.keep(bucket, RefusalSeconds);
  if (!bucket || !take(bucket, cost, cost * u64(limits.burstRefusals))) return drop('rejected-in-silence');
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ip);
  if (!ip) return drop('denied');
  const tcp = ip.payload(Tcp);
  return tcp ? answerReset(eth, ip, tcp) : answerBriefly(pkt, eth, ip, prohibited);
});

/** A later fragment shows no flags, and changes nothing. */
function follow(c: Connection, isTcp: boolean, flags: u8, way: u8): void {
  const answers = way !== c.openedBy;
  const both = Flag.Syn | Flag.Ack;
  if (!isTcp) { if (answers) c.stage = Stage.Open; }
  else if (flags & Flag.Rst) c.stage = Stage.Closed;
  else if (flags & Flag.Fin) {
    c.finished |= way;
    c.stage = c.finished === (Way.In | Way.Out) ? Stage.Closed : Stage.Closing;
  }
  // An answer that is not to the first segment is of a connection that stood elsewhere.
  else if (c.stage === Stage.Opening && answers && (flags & Flag.Ack) !== 0) c.stage = (flags & both) === both ? Stage.Answered : Stage.Open;
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
