// The NAT of modules/nat44 in C, function by function, for `npm run bench`: what clang makes of the same work.
// It returns what it decided: the verdict in bits 24-31, the port or the reason of a drop below (enums here, named in ../compiler/subjects).
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c nat44.c

#include "packet.h"

enum { NOT_IPV4 = OWN_REASONS, ERROR_OF_NO_MAPPING, NO_FREE_PORT, NO_MAPPING };
enum { INSIDE, OUTSIDE };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
#define PROBES 32
#define STRIDE 104729
#define PSEUDO_HEADER 0x10
#define MARK_MANGLED_0 0x20

struct inside_key { u32 address; u16 port; u8 protocol, pad; };
struct outside_key { u16 port; u8 protocol, pad; };
struct mapping { u64 expires; u16 port; u8 protocol, closing; };
struct owner { u64 expires; u32 address; u16 port; u8 protocol; };

MAP(masqueraded, LPM, 1024, NO_PREALLOC, struct prefix, u8);
MAP(turns, ARRAY, 1, 0, u32, u32);
MAP(owners, ARRAY, 64, 0, u32, u16);
struct home_key { u32 element, address; };
MAP(homes, HASH, 16384, NO_PREALLOC, struct home_key, u16);
MAP(outbound, HASH, 131072, NO_PREALLOC, struct inside_key, struct mapping);
MAP(inbound, HASH, 131072, NO_PREALLOC, struct outside_key, struct owner);

volatile struct {
  u32 address; u16 first_port, ports;
  u16 fellows, self;
  u32 tcp, tcp_transitory, udp, icmp;              // seconds
} config = { 0, 1024, 64512, 0, 0, 7440, 240, 300, 60 };

INLINE struct mapping *live_mapping(const struct inside_key *from) {
  struct mapping *mapping = lookup(&outbound, from);
  return mapping && mapping->expires > jiffies64() ? mapping : 0;
}

INLINE struct owner *live_owner(const struct outside_key *at) {
  struct owner *owner = lookup(&inbound, at);
  return owner && owner->expires > jiffies64() ? owner : 0;
}

/** Of two that claim a key at once, one gets it: a dead entry goes to whoever swaps its `expires`. */
INLINE int claim_outside(const struct outside_key *free, const struct inside_key *from, u64 expires) {
  struct owner *owner = lookup(&inbound, free);
  if (!owner) {
    struct owner fresh = { .expires = expires, .address = from->address, .port = from->port, .protocol = from->protocol };
    return update(&inbound, free, &fresh, NOEXIST) == 0;
  }
  u64 old = owner->expires;
  if (old > jiffies64() || __sync_val_compare_and_swap(&owner->expires, old, expires) != old) return 0;
  owner->address = from->address; owner->port = from->port; owner->protocol = from->protocol;
  return 1;
}

INLINE int claim_inside(const struct inside_key *from, u16 port, u64 expires) {
  struct mapping *mapping = lookup(&outbound, from);
  if (!mapping) {
    struct mapping fresh = { .expires = expires, .port = port, .protocol = from->protocol };
    return update(&outbound, from, &fresh, NOEXIST) == 0;
  }
  u64 old = mapping->expires;
  if (old > jiffies64() || __sync_val_compare_and_swap(&mapping->expires, old, expires) != old) return 0;
  mapping->port = port; mapping->protocol = from->protocol; mapping->closing = 0;
  return 1;
}

/** The port that it has inside, if that is ours and free, else the next in turn. */
INLINE struct mapping *claim(const struct inside_key *from) {
  u32 zero = 0, *turn = lookup(&turns, &zero);
  if (!turn) return 0;
  struct outside_key free = { .protocol = from->protocol };
  u16 same = be16(from->port) - config.first_port;
#pragma clang loop unroll(disable)
  for (u32 probe = 0; probe < PROBES; probe++) {
    u16 ports = config.ports, nth = same;
    if (probe != 0 || same >= ports) {
      u64 turned = (u64)__sync_fetch_and_add(turn, 1) * STRIDE;
      nth = ports ? turned % ports : turned;
    }
    free.port = be16(config.first_port + nth);
    u64 expires = jiffies64() + (u64)config.icmp * HZ;
    if (!claim_outside(&free, from, expires)) continue;
    if (!claim_inside(from, free.port, expires)) delete(&inbound, &free);
    return live_mapping(from);
  }
  return 0;
}

/** By outbound packets alone (RFC 4787 REQ-6), and both halves, so that neither outlives the other. */
INLINE void refresh(struct mapping *mapping, u8 flags) {
  if ((flags & (SYN | ACK)) == SYN) mapping->closing = 0;
  if (flags & (FIN | RST)) mapping->closing = 1;
  u32 seconds = mapping->protocol == TCP ? (mapping->closing || flags & SYN ? config.tcp_transitory : config.tcp)
    : mapping->protocol == UDP ? config.udp : config.icmp;
  if (!keep(&mapping->expires, seconds)) return;
  struct outside_key at = { .port = mapping->port, .protocol = mapping->protocol };
  struct owner *back = live_owner(&at);
  if (back) keep(&back->expires, seconds);
}

/** What a change of an address is in a sum of halfwords. */
INLINE u32 change_of(u32 was, u32 is) { return (u16)~was + (u16)(~was >> 16) + (u16)is + (is >> 16); }

/** The packet that an ICMP error quotes; `diff` is what the sum over it changes by. */
INLINE int translate_quoted(void *data, void *end, const struct ip *quoted, u32 address, u16 port, int source, u32 *diff) {
  struct ip4 *h = quoted->header;
  u32 *place = source ? &h->dst : &h->src;
  u32 changed = change_of(*place, address);
  *place = address;
  h->checksum = ~folded((u16)~h->checksum + changed);
  if (quoted->later) return ON;
  u8 protocol = quoted->protocol;
  if (!has_ports(quoted) && protocol != ICMP) return ON;
  void *transport = data + quoted->transport;
  if (transport + 8 > end) return VERDICT(DROP, SHORT);
  u16 *named = protocol == ICMP ? transport + 4 : source ? transport + 2 : transport;
  u32 moved = (u16)~*named + port;
  *named = port;
  *diff += moved;
  if (protocol == SCTP) return ON;
  u16 *checksum;
  if (protocol == TCP) {
    checksum = transport + 16;
    if ((void *)(checksum + 1) > end) return ON;
  } else checksum = transport + (protocol == UDP ? 6 : 2);
  u16 old = *checksum;
  if (protocol == UDP && old == 0) return ON;
  u16 sum = ~folded((u16)~old + moved + (protocol == ICMP ? 0 : changed));
  if (protocol == UDP && sum == 0) sum = 0xffff;
  *checksum = sum;
  *diff += (u16)~old + sum;
  return ON;
}

/** One end of the flow in every header that names it: of an error also what it quotes, where source and destination have changed places. */
INLINE int translate(struct __sk_buff *skb, void *data, void *end, const struct ip *ip, const struct ip *said, u32 address, u16 port, int source) {
  u32 diff = 0;
  if (said->header != ip->header) {
    int broken = translate_quoted(data, end, said, address, port, source, &diff);
    if (broken != ON) return broken;
  }
  struct ip4 *h = ip->header;
  u32 at = ip->transport;
  void *transport = data + at;
  u32 was = source ? h->src : h->dst;
  if (source) h->src = address; else h->dst = address;

  u16 port_was = port;
  int ports = has_ports(ip), icmp = is_icmp(ip);
  if (ports || icmp) {
    if (transport + 8 > end) return VERDICT(DROP, SHORT);
    u8 type = *(u8 *)transport;
    if (ports || type == 8 || type == 0) {
      u16 *named = icmp ? transport + 4 : source ? transport : transport + 2;
      port_was = *named;
      *named = port;
      diff += (u16)~port_was + port;
    }
  }
  u8 protocol = ip->protocol;
  l3_csum_replace(skb, sizeof(struct eth) + 10, was, address, 4);
  if (icmp) { if (diff) l4_csum_replace(skb, at + 2, 0, diff, 0); }
  else if (ports && protocol != SCTP) {
    u32 checksum = at + (protocol == TCP ? 16 : 6), mangled = protocol == TCP ? 0 : MARK_MANGLED_0;
    l4_csum_replace(skb, checksum, was, address, PSEUDO_HEADER | mangled | 4);
    l4_csum_replace(skb, checksum, port_was, port, mangled | 2);
  }
  return ON;
}

/** The packet, and the flow that it is of. */
struct seen { void *data, *end; struct ip ip, said; struct flow flow; int error; };

INLINE int see(struct __sk_buff *skb, struct seen *seen) {
  void *data = seen->data = (void *)(long)skb->data, *end = seen->end = (void *)(long)skb->data_end;
  struct eth *eth = data;
  if ((void *)(eth + 1) > end) return VERDICT(DROP, SHORT);
  if (eth->type != IPV4) return VERDICT(DROP, NOT_IPV4);
  struct ip4 *h = (void *)(eth + 1);
  if ((void *)(h + 1) > end) return VERDICT(DROP, SHORT);
  seen->ip.header = h;
  seen->ip.six = 0;
  parse_ip(data, end, &seen->ip, sizeof *eth);
  struct icmp *icmp = data + seen->ip.transport;
  seen->error = 0;
  if (is_icmp(&seen->ip)) {
    if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
    seen->error = is_error(&seen->ip, icmp);
  }
  return flow_of(data, end, &seen->ip, icmp, seen->error, 0, &seen->said, &seen->flow);
}

INLINE int is_fellow(u32 port) { return (u16)(port - 2) < config.fellows; }

/** ON: a packet to our own address, which comes in again (RFC 4787 REQ-9). */
INLINE int go_out(struct __sk_buff *skb) {
  struct seen seen;
  int broken = see(skb, &seen);
  if (broken != ON) return broken;
  struct inside_key from = { .address = seen.flow.src[3], .port = seen.flow.src_port, .protocol = seen.flow.protocol };
  struct mapping *mapping = live_mapping(&from);
  if (!mapping) {
    struct prefix who = { .bits = 160, .element = LPM_ELEMENT };
    copy_ip(who.ip, seen.flow.src);
    u8 *masquerade = lookup(&masqueraded, &who);
    if (!masquerade || *masquerade != 1) return ((struct ip4 *)seen.ip.header)->dst == config.address ? ON : VERDICT(TO, OUTSIDE);
    if (config.fellows && !is_fellow(skb->cb[0])) {
      struct home_key at = { .element = ELEMENT, .address = from.address };
      u16 *home = lookup(&homes, &at);
      if (home && *home != config.self) return VERDICT(TO, *home);
    }
    if (seen.error) return VERDICT(DROP, ERROR_OF_NO_MAPPING);
    mapping = claim(&from);
    if (!mapping) return VERDICT(DROP, NO_FREE_PORT);
  }
  if (!seen.error) {
    u8 flags = 0;
    if (!seen.ip.later && seen.ip.protocol == TCP) {
      struct tcp *tcp = seen.data + seen.ip.transport;
      if ((void *)(tcp + 1) > seen.end) return VERDICT(DROP, SHORT);
      flags = tcp->flags;
    }
    refresh(mapping, flags);
  }
  u32 address = config.address, dst = ((struct ip4 *)seen.ip.header)->dst;
  broken = translate(skb, seen.data, seen.end, &seen.ip, &seen.said, address, mapping->port, 1);
  if (broken != ON) return broken;
  return dst == address ? ON : VERDICT(TO, OUTSIDE);
}

INLINE int come_in(struct __sk_buff *skb) {
  struct seen seen;
  int broken = see(skb, &seen);
  if (broken != ON) return broken;
  if (seen.flow.dst[3] != config.address) return VERDICT(TO, INSIDE);
  struct outside_key at = { .port = seen.flow.dst_port, .protocol = seen.flow.protocol };
  struct owner *owner = live_owner(&at);
  if (!owner) {
    if (is_fellow(skb->cb[0]) && ((struct ip4 *)seen.ip.header)->src != config.address) return VERDICT(DROP, NO_MAPPING);
    u32 block = be16(seen.flow.dst_port) >> 10;
    u16 *other = lookup(&owners, &block);
    return other && *other ? VERDICT(TO, *other) : VERDICT(DROP, NO_MAPPING);
  }
  broken = translate(skb, seen.data, seen.end, &seen.ip, &seen.said, owner->address, owner->port, 0);
  return broken != ON ? broken : VERDICT(TO, INSIDE);
}

SEC("tc") int entry_main(struct __sk_buff *skb) {
  if ((skb->cb[0] & 0xffff) != OUTSIDE) {
    int gone = go_out(skb);
    if (gone != ON) return gone;
  }
  return come_in(skb);
}

char _license[] SEC("license") __attribute__((used)) = "Dual MIT/GPL";
