// The router of modules/router in C, function by function, for `npm run bench`: what clang makes of the same work.
// It returns what it decided: the verdict in bits 24-31, the port or the reason of a drop below (enums here, named in ../compiler/subjects).
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c router.c

#include "packet.h"

enum { NOT_FOR_THE_ROUTER = OWN_REASONS, NO_SERVICE_HERE, TOO_MANY_ERRORS, NO_ERROR_ABOUT_THIS, TRIM_REFUSED, INSERT_REFUSED, BLACKHOLE };

/** As our maps have it: addresses are not aligned. */
struct interface { u8 mac[6]; u16 ip4[2], ip6[8]; u16 pad; u32 mtu; };
struct hop { u8 mac[6]; u16 port; };
struct route { u32 first, count; };
struct bucket { u64 full_at_ns; };
struct neighbor_key { u32 element, ip[4]; };

MAP(interfaces, ARRAY, 64, 0, u32, struct interface);
MAP(neighbors, HASH, 4096, NO_PREALLOC, struct neighbor_key, struct hop);
MAP(routes, LPM, 131072, NO_PREALLOC, struct prefix, struct route);
MAP(hops, ARRAY, 1024, 0, u32, struct hop);
MAP(errors, ARRAY, 1, 0, u32, struct bucket);

volatile struct { u32 ns_per_error, burst_errors; } limits = { 10000000, 100 };

struct error_kind { u8 type4, code4, type6, code6; };
static const struct error_kind time_exceeded = { 11, 0, 3, 0 }, no_route = { 3, 0, 1, 0 }, too_big = { 3, 4, 2, 0 };

/** MurmurHash3 of the flow, addresses from their last word on. */
INLINE u32 hash_of(const struct flow *flow) {
  u32 h = 0;
  for (int i = 3; i >= 0; i--) h = mixed(h, be32(flow->src[i]));
  for (int i = 3; i >= 0; i--) h = mixed(h, be32(flow->dst[i]));
  h = mixed(mixed(mixed(h, be16(flow->src_port)), be16(flow->dst_port)), flow->protocol);
  return spread(h, 44);
}

INLINE void turn_round(struct eth *eth) {
  u8 dst[6];
  copy_mac(dst, eth->dst);
  copy_mac(eth->dst, eth->src);
  copy_mac(eth->src, dst);
}

/** RFC 1624: a halfword of the header, as memory has it, becomes another. */
INLINE void set_ttl(struct ip *ip, u8 ttl) {
  if (ip->six) { ((struct ip6 *)ip->header)->hops = ttl; return; }
  struct ip4 *h = ip->header;
  u32 sum = (u16)~h->checksum + (u16)~(u16)h->ttl + ttl;
  h->ttl = ttl;
  h->checksum = ~folded(sum);
}

INLINE int answer_echo(struct __sk_buff *skb, struct eth *eth, struct ip *ip, struct icmp *icmp) {
  if (ip->six) {
    struct ip6 *h = ip->header;
    u32 src[4];
    copy_ip(src, h->src); copy_ip(h->src, h->dst); copy_ip(h->dst, src);
  } else {
    struct ip4 *h = ip->header;
    u32 src = h->src;
    h->src = h->dst; h->dst = src;
  }
  set_ttl(ip, 64);
  u16 was = *(u16 *)icmp;
  icmp->type = ip->six ? 129 : 0;
  u16 is = *(u16 *)icmp;
  turn_round(eth);
  l4_csum_replace(skb, ip->transport + 2, was, is, 2);
  return VERDICT(REPLY, 0);
}

/** The sum of `length` bytes, up to 1023: each power of two in it is a piece whose end the verifier knows. */
INLINE int sum_of(void *data, void *end, u32 at, u32 length, u32 *sum) {
#pragma unroll
  for (u32 piece = 512; piece >= 4; piece >>= 1) {
    if (!(length & piece)) continue;
    void *from = data + at + (length & 1023 & ~(2 * piece - 1));
    if (from + piece > end) return VERDICT(DROP, SHORT);
    *sum = csum_diff(0, 0, from, piece, *sum);
  }
  void *tail = data + at + (length & 1020);
  u32 last = 0;
  if (length & 2) {
    if (tail + 2 > end) return VERDICT(DROP, SHORT);
    last = *(u16 *)tail;
    tail += 2;
  }
  if (length & 1) {
    if (tail + 1 > end) return VERDICT(DROP, SHORT);
    last += *(u8 *)tail;
  }
  *sum = csum_diff(0, 0, &last, 4, *sum);
  return ON;
}

/** Of two takers at once, one is not charged. */
INLINE int take_error(void) {
  u32 first = 0;
  struct bucket *bucket = lookup(&errors, &first);
  if (!bucket) return 0;
  u64 cost = limits.ns_per_error, burst = cost * limits.burst_errors;
  u64 now = now_ns(), full_at = bucket->full_at_ns;
  u64 charged = (full_at > now ? full_at : now) + cost;
  if (charged - now > burst) return 0;
  __sync_val_compare_and_swap(&bucket->full_at_ns, full_at, charged);
  return 1;
}

/** The packet becomes an ICMP error about itself. */
INLINE int answer_error(struct __sk_buff *skb, void *data, void *end, struct ip *ip, struct error_kind kind, const struct interface *us, u32 rest) {
  struct eth *eth = data;
  int broken = parse_ip(data, end, ip, sizeof *eth);
  if (broken != ON) return broken;
  if (is_icmp(ip)) {
    struct icmp *icmp = data + ip->transport;
    if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
    if (is_error(ip, icmp)) return VERDICT(DROP, NO_ERROR_ABOUT_THIS);
  }
  if (ip->later || eth->dst[0] & 1) return VERDICT(DROP, NO_ERROR_ABOUT_THIS);

  int six = ip->six;
  u32 sender[4];
  u32 length;
  if (six) {
    struct ip6 *h = ip->header;
    copy_ip(sender, h->src);
    length = be16(h->payload_length) + sizeof *h;
  } else {
    struct ip4 *h = ip->header;
    sender[3] = h->src;
    length = be16(h->length);
  }
  u32 quoted = length < 512 ? length : 512;
  if (change_tail(skb, sizeof *eth + quoted, 0)) return VERDICT(DROP, TRIM_REFUSED);
  u32 headers = six ? sizeof(struct ip6) : sizeof(struct ip4);
  if (adjust_room(skb, headers + sizeof(struct icmp), 1, 0)) return VERDICT(DROP, INSERT_REFUSED);

  data = (void *)(long)skb->data; end = (void *)(long)skb->data_end;
  eth = data;
  if (data + sizeof *eth + sizeof(struct ip6) + sizeof(struct icmp) > end) return VERDICT(DROP, SHORT);
  turn_round(eth);
  u32 sum = 0;
  struct icmp *icmp;
  if (six) {
    struct ip6 *h = (void *)(eth + 1);
    icmp = (void *)(h + 1);
    h->flow = 0x60;
    h->payload_length = be16(quoted + sizeof *icmp);
    h->next = ICMPV6; h->hops = 64;
    copy_ip(h->src, (const u32 *)us->ip6);
    copy_ip(h->dst, sender);
    sum = csum_diff(0, 0, h->src, 32, be32(quoted + sizeof *icmp + ICMPV6));
    icmp->type = kind.type6; icmp->code = kind.code6;
  } else {
    struct ip4 *h = (void *)(eth + 1);
    icmp = (void *)(h + 1);
    h->words = 5; h->version = 4; h->tos = 0;
    h->length = be16(quoted + 28);
    h->id = 0; h->frag = 0; h->ttl = 64; h->protocol = ICMP; h->checksum = 0;
    h->src = *(u32 *)us->ip4; h->dst = sender[3];
    h->checksum = ~folded(csum_diff(0, 0, h, sizeof *h, 0));
    icmp->type = kind.type4; icmp->code = kind.code4;
  }
  icmp->checksum = 0;
  *(u32 *)&icmp->id = be32(rest);
  broken = six ? sum_of(data, end, sizeof *eth + sizeof(struct ip6), quoted + sizeof *icmp, &sum)
    : sum_of(data, end, sizeof *eth + sizeof(struct ip4), quoted + sizeof *icmp, &sum);
  if (broken != ON) return broken;
  icmp->checksum = ~folded(sum);
  return VERDICT(REPLY, 0);
}

/** All packets of a flow take the same one of equal routes, its fragments too. */
INLINE int routed(void *data, void *end, struct ip *ip, struct prefix *to, struct hop **hop) {
  struct route *route = lookup(&routes, to);
  if (!route) return ON;
  u32 chosen = route->first, count = route->count;
  if (!count) return VERDICT(DROP, BLACKHOLE);
  if (count > 1) {
    struct flow flow;
    struct ip said;
    int broken = parse_ip(data, end, ip, sizeof(struct eth));
    if (broken != ON) return broken;
    struct icmp *icmp = data + ip->transport;
    int error = 0;
    if (is_icmp(ip)) {
      if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
      error = is_error(ip, icmp);
    }
    broken = flow_of(data, end, ip, icmp, error, 0, &said, &flow);
    if (broken == ON) chosen += hash_of(&flow) % count;
    else if (broken != VERDICT(DROP, FRAGMENT_WITHOUT_FIRST)) return broken;
  }
  *hop = lookup(&hops, &chosen);
  return ON;
}

#define OWN 0xfffe
INLINE int same_ip(const u32 *a, const u32 *b) { return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3]; }

SEC("tc") int entry_main(struct __sk_buff *skb) {
  void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  struct eth *eth = data;
  struct ip ip;
  int broken = open_ip(data, end, &ip);
  if (broken != ON) return broken;
  u32 port = skb->cb[0] & 0xffff;
  struct interface *us = lookup(&interfaces, &port);
  if (!ip.header || !us || !same_mac(eth->dst, us->mac)) return VERDICT(DROP, NOT_FOR_THE_ROUTER);

  struct prefix to = { .bits = 160, .element = LPM_ELEMENT };
  u8 ttl;
  u32 length;
  if (ip.six) {
    struct ip6 *h = ip.header;
    copy_ip(to.ip, h->dst);
    ttl = h->hops;
    length = be16(h->payload_length) + sizeof *h;
  } else {
    struct ip4 *h = ip.header;
    map_ip4(to.ip, h->dst);
    ttl = h->ttl;
    length = be16(h->length);
  }
  struct neighbor_key key = { .element = ELEMENT };
  copy_ip(key.ip, to.ip);
  struct hop *near = lookup(&neighbors, &key);
  const u32 *mine = (const u32 *)us->ip6;
  u32 mine4[4];
  map_ip4(mine4, *(u32 *)us->ip4);
  if ((near && near->port == OWN) || same_ip(to.ip, mine4) || same_ip(to.ip, mine)) {
    broken = parse_ip(data, end, &ip, sizeof *eth);
    if (broken != ON) return broken;
    if (!is_icmp(&ip)) return VERDICT(DROP, NO_SERVICE_HERE);
    struct icmp *icmp = data + ip.transport;
    if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
    return icmp->type == (ip.six ? 128 : 8) ? answer_echo(skb, eth, &ip, icmp) : VERDICT(DROP, NO_SERVICE_HERE);
  }

  int old = ttl <= 1;
  struct hop *hop = 0;
  if (!old) {
    hop = near;
    if (!hop) {
      broken = routed(data, end, &ip, &to, &hop);
      if (broken != ON) return broken;
    }
  }
  struct interface *out = 0;
  u32 out_port = 0;
  if (hop) {
    out_port = hop->port;
    out = lookup(&interfaces, &out_port);
  }
  int big = out && length > out->mtu && skb->gso_size == 0;
  if (!hop || !out || big) {
    if (!take_error()) return VERDICT(DROP, TOO_MANY_ERRORS);
    return answer_error(skb, data, end, &ip, old ? time_exceeded : big ? too_big : no_route, us, big ? out->mtu : 0);
  }

  set_ttl(&ip, ttl - 1);
  copy_mac(eth->dst, hop->mac);
  copy_mac(eth->src, out->mac);
  return VERDICT(TO, hop->port);
}

char _license[] SEC("license") __attribute__((used)) = "Dual MIT/GPL";
