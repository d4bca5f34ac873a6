// The load balancer of examples/modules/maglev in C, for `npm run bench`: with ICMP errors about a flow and with fragments, into tunnels by IPv4 and IPv6.
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c maglev.c

#define OFFSET u64
#define FLAG u64
#include "packet.h"

enum { NO_BACKEND = OWN_REASONS, TOO_BIG, INSERT_REFUSED };
#define RING 4093
/** skb_adjust_room: behind the Ethernet header; which header a tunnel has; segments keep their size. */
#define MAC 1
#define FIXED_GSO 1
#define OUTER_IPV4 2
#define OUTER_IPV6 4
#define IPIP 4
#define IPV6_IN 41
#define DONT_FRAGMENT __builtin_bswap16(0x4000)

struct service { u32 element, address[4]; u16 port; u8 protocol, pad; };
struct address { u32 address[4]; };
struct choice { u64 expires; struct address to; };

struct ring { __uint(type, ARRAY); __uint(max_entries, RING); __type(key, u32); __type(value, u32); };
struct {
  __uint(type, HASH_OF_MAPS); __uint(max_entries, 512); __uint(map_flags, NO_PREALLOC); __type(key, struct service);
  struct ring *values[];
} services SEC(".maps");
MAP(backends, ARRAY, 4096, 0, u32, struct address);
MAP(chosen, HASH, 65536, NO_PREALLOC, struct flow, struct choice);

volatile struct { u32 tcp, other, source, source6[4]; u16 mtu; } settings = { 7440, 300 };

/** MurmurHash3 of the flow, a word for each field and four for an address; an address from its last word to its first. */
INLINE u32 hash(const struct flow *flow) {
  u32 h = 0;
  for (int i = 3; i >= 0; i--) h = mixed(h, be32(flow->src[i]));
  for (int i = 3; i >= 0; i--) h = mixed(h, be32(flow->dst[i]));
  h = mixed(h, be16(flow->src_port));
  h = mixed(h, be16(flow->dst_port));
  return spread(mixed(h, flow->protocol), 44);
}

/** The verifier follows a bound only from the register that was compared, and clang keeps copies: so the bits are cut where clang cannot see it. */
INLINE int bounded(struct ip *ip) {
  u64 transport = ip->transport;
  if (transport > 0x7ff) return VERDICT(DROP, SHORT);
#ifndef NATIVE
  asm volatile("%0 &= 0x7ff" : "+r"(transport));
#endif
  ip->transport = transport;
  return ON;
}

/** What a packet is of, and what an error quotes. */
struct seen { struct ip ip, quoted; int error; struct flow flow; };

INLINE int look(void *data, void *end, struct seen *seen) {
  struct ip *ip = &seen->ip;
  int broken = open_ip(data, end, ip);
  if (broken != ON) return broken;
  if (!ip->header) return VERDICT(NEXT, 0);
  broken = parse_ip(data, end, ip, sizeof(struct eth));
  if (broken != ON) return broken;
  broken = bounded(ip);
  if (broken != ON) return broken;
  struct icmp *icmp = data + ip->transport;
  seen->error = 0;
  seen->quoted = *ip;
  if (is_icmp(ip)) {
    if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
    void *header = icmp + 1;
    if (is_error(ip, icmp) && header + (ip->six ? sizeof(struct ip6) : sizeof(struct ip4)) <= end) {
      seen->error = 1;
      seen->quoted.header = header;
      broken = parse_ip(data, end, &seen->quoted, ip->transport + sizeof *icmp);
      if (broken != ON) return broken;
    }
  }
  broken = bounded(&seen->quoted);                   // clang copies the struct by words of 64 bits, where the verifier loses it
  if (broken != ON) return broken;
  struct ports ports;
  struct flow *flow = &seen->flow;
  broken = ports_of(data, end, &seen->quoted, &ports);
  if (broken != ON) return broken;
  if (seen->quoted.fragment && !assemble(&seen->quoted, &ports)) return VERDICT(NEXT, 0);
  flow->protocol = seen->quoted.protocol;
  flow->pad[0] = flow->pad[1] = flow->pad[2] = 0;
  if (seen->error) copy_addresses(&seen->quoted, flow->dst, flow->src); else copy_addresses(&seen->quoted, flow->src, flow->dst);
  flow->src_port = seen->error ? ports.dst : ports.src;
  flow->dst_port = seen->error ? ports.src : ports.dst;
  return ON;
}

INLINE u16 sum_of_header(const struct ip4 *h) {
  const u16 *words = (const u16 *)h;
  u32 sum = 0;
#pragma unroll
  for (int i = 0; i < 10; i++) sum += words[i];
  return ~folded(sum);
}

/** Makes room for the header of a tunnel. Segments of TCP get smaller by it, those of UDP keep their size. */
INLINE int room(struct __sk_buff *skb, u32 bytes, u64 outer) {
  if (!adjust_room(skb, bytes, MAC, outer)) return 1;
  return !adjust_room(skb, bytes, MAC, skb->gso_size ? outer | FIXED_GSO : 0);
}

/** In an IPv4 header if the backend has an IPv4 address, else in an IPv6 one. */
INLINE int send(struct __sk_buff *skb, const struct ip *ip, const struct address *to) {
  int four = !to->address[0] && !to->address[1] && to->address[2] == 0xffff0000;
  u8 tos, inner = ip->six ? IPV6_IN : IPIP;
  u32 length;
  if (ip->six) {
    struct ip6 *h = ip->header;
    tos = be32(h->flow) >> 20;
    length = (be16(h->payload_length) + sizeof *h) & 0xffff;
  } else {
    struct ip4 *h = ip->header;
    tos = h->tos;
    length = be16(h->length);
  }
  u32 outer = length + (four ? sizeof(struct ip4) : sizeof(struct ip6));
  if (outer > (skb->gso_size ? 0xffff : settings.mtu)) return VERDICT(DROP, TOO_BIG);
  if (!(four ? room(skb, sizeof(struct ip4), OUTER_IPV4) : room(skb, sizeof(struct ip6), OUTER_IPV6))) return VERDICT(DROP, INSERT_REFUSED);

  void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  struct eth *eth = data;
  if (four) {
    struct ip4 *h = (void *)(eth + 1);
    if ((void *)(h + 1) > end) return VERDICT(DROP, SHORT);
    eth->type = IPV4;
    *h = (struct ip4){ .words = 5, .version = 4, .tos = tos, .length = be16(outer), .frag = DONT_FRAGMENT, .ttl = 64, .protocol = inner, .src = settings.source, .dst = to->address[3] };
    h->checksum = sum_of_header(h);
  } else {
    struct ip6 *h = (void *)(eth + 1);
    if ((void *)(h + 1) > end) return VERDICT(DROP, SHORT);
    eth->type = IPV6;
    h->flow = be32(0x60000000 | (u32)tos << 20);
    h->payload_length = be16(length);
    h->next = inner;
    h->hops = 64;
    copy_ip(h->src, (u32 *)settings.source6);
    copy_ip(h->dst, to->address);
  }
  return VERDICT(NEXT, 0);
}

/** A flow stays where it is while it lives, whatever becomes of the ring. */
INLINE int backend_of(void *ring, const struct flow *flow, struct address *out) {
  u32 seconds = flow->protocol == TCP ? settings.tcp : settings.other;
  struct choice *known = lookup(&chosen, flow);
  if (known && known->expires <= jiffies64()) known = 0;
  if (known) {
    *out = known->to;
    keep(&known->expires, seconds);
  } else {
    u32 slot = hash(flow) % RING;
    u32 *index = lookup(ring, &slot);
    if (!index) return 0;
    struct address *backend = lookup(&backends, index);
    if (!backend) return 0;
    *out = *backend;
    struct choice fresh = { .expires = jiffies64() + (u64)seconds * HZ, .to = *out };
    update(&chosen, flow, &fresh, ANY);
  }
  return 1;
}

SEC("tc/egress") int entry_egress(struct __sk_buff *skb) {
  void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  struct seen seen;
  int broken = look(data, end, &seen);
  if (broken != ON) return broken;
  struct service service = { .element = ELEMENT, .port = seen.flow.dst_port, .protocol = seen.flow.protocol };
  copy_ip(service.address, seen.flow.dst);
  void *ring = lookup(&services, &service);
  if (!ring) return VERDICT(NEXT, 0);
  struct address backend;
  if (!backend_of(ring, &seen.flow, &backend)) return VERDICT(DROP, NO_BACKEND);
  return send(skb, &seen.ip, &backend);
}

char _license[] SEC("license") __attribute__((used)) = "Dual MIT/GPL";
