// What the firewall, the NAT and the router in C share: headers, the walk to the transport header, flows, maps that expire.
// It does what src/lang/lib/flow.ts does. Types and the kernel's helpers are in bpf.h.

#pragma once

#include "bpf.h"

typedef long long s64;
/** clang must take the value from here, and may not compute it again from what it was made of. */
#define OPAQUE(x) asm volatile("" : "+r"(x))

#ifndef NATIVE
static long (*delete)(void *map, const void *key) = (void *)3;
static long (*change_tail)(struct __sk_buff *skb, u32 length, u64 flags) = (void *)38;
static long (*adjust_room)(struct __sk_buff *skb, int bytes, u32 mode, u64 flags) = (void *)50;
#endif
#define ANY 0
#define NOEXIST 1

enum { HASH = 1, ARRAY = 2, LPM = 11, HASH_OF_MAPS = 13 };
#define NO_PREALLOC 1
#define MAP(name, kind, entries, flags, k, v) \
  struct { __uint(type, kind); __uint(max_entries, entries); __uint(map_flags, flags); __type(key, k); __type(value, v); } name SEC(".maps")

#define LPM_ELEMENT __builtin_bswap32(ELEMENT)
struct prefix { u32 bits, element, ip[4]; };

/** Reasons of drops that all have; each program's own follow. */
enum { SHORT, EXTENSION_HEADERS, FRAGMENT_WITHOUT_FIRST, OWN_REASONS };
#define STAYS (~0ULL)
/** Of functions that go on if there is no verdict yet. */
#define ON (-1)

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132 };
#define IPV4 __builtin_bswap16(0x0800)
#define IPV6 __builtin_bswap16(0x86dd)

struct eth { u8 dst[6], src[6]; u16 type; };
struct ip4 { u8 words : 4, version : 4, tos; u16 length, id, frag; u8 ttl, protocol; u16 checksum; u32 src, dst; };
struct ip6 { u32 flow; u16 payload_length; u8 next, hops; u32 src[4], dst[4]; };
struct icmp { u8 type, code; u16 checksum, id, seq; };
struct ports { u16 src, dst; };
struct tcp { u16 src, dst; u32 seq, ack; u8 words, flags; u16 window, checksum, urgent; };
struct udp { u16 src, dst, length, checksum; };

INLINE int same_mac(const u8 *a, const u8 *b) { return *(u32 *)a == *(u32 *)b && *(u16 *)(a + 4) == *(u16 *)(b + 4); }
INLINE void copy_mac(u8 *to, const u8 *from) { *(u32 *)to = *(u32 *)from; *(u16 *)(to + 4) = *(u16 *)(from + 4); }
INLINE void copy_ip(u32 *to, const u32 *from) { to[0] = from[0]; to[1] = from[1]; to[2] = from[2]; to[3] = from[3]; }
INLINE void map_ip4(u32 *to, u32 ip) { to[0] = 0; to[1] = 0; to[2] = 0xffff0000; to[3] = ip; }

/** What an IP header says, with what is between it and the transport header. A program may take wider fields: the verifier follows whole words best. */
#ifndef OFFSET
#define OFFSET u32
#define FLAG u8
#endif
struct ip {
  void *header;
  OFFSET transport;    // offset in the packet
  OFFSET id;           // of the datagram
  FLAG six, protocol, fragment, later;
};

INLINE int is_extension(u8 protocol) {
  return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 51 || protocol == 60;
}

/** Past the extension headers (RFC 8200 4). */
INLINE int walk(void *data, void *end, struct ip *ip) {
  for (int i = 0; i < 6 && is_extension(ip->protocol); i++) {
    u8 *header = data + ip->transport;
    if ((void *)(header + 8) > end) return VERDICT(DROP, SHORT);
    u8 kind = ip->protocol;
    ip->protocol = header[0];
    if (kind == 44) {
      u16 flags = *(u16 *)(header + 2);
      ip->fragment = (flags & 0xf9ff) != 0;
      ip->later = (flags & 0xf8ff) != 0;
      ip->id = be32(*(u32 *)(header + 4));
      if (ip->later) return ON;
    }
    ip->transport += kind == 44 ? 8 : kind == 51 ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
    if (ip->transport > 0x7ff) return VERDICT(DROP, EXTENSION_HEADERS);
  }
  return is_extension(ip->protocol) ? VERDICT(DROP, EXTENSION_HEADERS) : ON;
}

/** What the header says, which is there, `at` bytes into the packet. */
INLINE int parse_ip(void *data, void *end, struct ip *ip, u32 at) {
  if (ip->six) {
    struct ip6 *h = ip->header;
    ip->protocol = h->next;
    ip->transport = at + sizeof *h;
    ip->fragment = ip->later = 0;
    ip->id = 0;
    return walk(data, end, ip);
  }
  struct ip4 *h = ip->header;
  u16 frag = be16(h->frag);
  ip->protocol = h->protocol;
  ip->fragment = (frag & 0x3fff) != 0;
  ip->later = (frag & 0x1fff) != 0;
  ip->id = be16(h->id);
  ip->transport = at + h->words * 4;
  return ON;
}

/** The IP header behind Ethernet; none: it is not IP. What is behind it is not looked for. */
INLINE int open_ip(void *data, void *end, struct ip *ip) {
  struct eth *eth = data;
  ip->header = 0;
  if ((void *)(eth + 1) > end) return VERDICT(DROP, SHORT);
  ip->six = eth->type == IPV6;
  if (!ip->six && eth->type != IPV4) return ON;
  if ((void *)(eth + 1) + (ip->six ? sizeof(struct ip6) : sizeof(struct ip4)) > end) return VERDICT(DROP, SHORT);
  ip->header = eth + 1;
  return ON;
}

INLINE int is_icmp(const struct ip *ip) { return !ip->later && ip->protocol == (ip->six ? ICMPV6 : ICMP); }
INLINE int has_ports(const struct ip *ip) { return !ip->later && (ip->protocol == TCP || ip->protocol == UDP || ip->protocol == SCTP); }
INLINE int is_error(const struct ip *ip, const struct icmp *icmp) {
  return ip->six ? icmp->type < 128 : icmp->type == 3 || icmp->type == 11 || icmp->type == 12;
}

INLINE u32 mixed(u32 h, u32 word) {
  word *= 0xcc9e2d51;
  word = word << 15 | word >> 17;
  h ^= word * 0x1b873593;
  return (h << 13 | h >> 19) * 5 + 0xe6546b64;
}
/** The end of MurmurHash3. */
INLINE u32 spread(u32 h, u32 bytes) {
  h ^= bytes;
  h = (h ^ h >> 16) * 0x85ebca6b;
  h = (h ^ h >> 13) * 0xc2b2ae35;
  return h ^ h >> 16;
}
INLINE u16 folded(u32 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

/** A flow as a key, of the packet or (`turned`) of its answers. */
struct flow { u32 src[4], dst[4]; u16 src_port, dst_port; u8 protocol, pad[3]; };
struct datagram { u32 src[4], dst[4], id; u8 protocol, pad[3]; };
struct first_fragment { u64 expires; u16 src, dst, pad[2]; };

MAP(fragments, HASH, 16384, NO_PREALLOC, struct datagram, struct first_fragment);

INLINE void copy_addresses(const struct ip *ip, u32 *src, u32 *dst) {
  if (ip->six) {
    struct ip6 *h = ip->header;
    copy_ip(src, h->src); copy_ip(dst, h->dst);
  } else {
    struct ip4 *h = ip->header;
    map_ip4(src, h->src); map_ip4(dst, h->dst);
  }
}

/** The ports of a datagram in fragments are those of its first one (RFC 4787 REQ-14). 0: it did not come by. */
INLINE int assemble(const struct ip *ip, struct ports *ports) {
  struct datagram key = { .id = ip->id, .protocol = ip->protocol };
  copy_addresses(ip, key.src, key.dst);
  if (ip->later) {
    struct first_fragment *first = lookup(&fragments, &key);
    if (!first || first->expires <= jiffies64()) return 0;
    ports->src = first->src; ports->dst = first->dst;
    return 1;
  }
  struct first_fragment seen = { .expires = jiffies64() + 15 * HZ, .src = ports->src, .dst = ports->dst };
  update(&fragments, &key, &seen, ANY);
  return 1;
}

/** Both ports, or an echo's identifier as both. */
INLINE int ports_of(void *data, void *end, const struct ip *ip, struct ports *ports) {
  ports->src = ports->dst = 0;
  void *at = data + ip->transport;
  if (has_ports(ip)) {
    if (at + sizeof *ports > end) return VERDICT(DROP, SHORT);
    *ports = *(struct ports *)at;
  } else if (is_icmp(ip)) {
    if (at + sizeof(struct icmp) > end) return VERDICT(DROP, SHORT);
    ports->src = ports->dst = ((struct icmp *)at)->id;
  }
  return ON;
}

/** The flow that the packet is of; an error is of the flow that it quotes, turned round. `said`: the header that says it, the quoted one or `ip`. */
INLINE int flow_of(void *data, void *end, const struct ip *ip, const struct icmp *icmp, int error, int turned, struct ip *said, struct flow *flow) {
  struct ip part = *ip;
  if (error) {
    void *header = (void *)(icmp + 1);
    OPAQUE(header);
    if (header + (ip->six ? sizeof(struct ip6) : sizeof(struct ip4)) <= end) {
      part.header = header;
      int broken = parse_ip(data, end, &part, ip->transport + sizeof *icmp);
      if (broken != ON) return broken;
      if (part.transport > 0x7ff) return VERDICT(DROP, SHORT);
      turned = !turned;
    }
  }
  *said = part;
  struct ports ports;
  int broken = ports_of(data, end, &part, &ports);
  if (broken != ON) return broken;
  if (part.fragment && !assemble(&part, &ports)) return VERDICT(DROP, FRAGMENT_WITHOUT_FIRST);
  flow->protocol = part.protocol;
  flow->pad[0] = flow->pad[1] = flow->pad[2] = 0;
  if (turned) copy_addresses(&part, flow->dst, flow->src); else copy_addresses(&part, flow->src, flow->dst);
  flow->src_port = turned ? ports.dst : ports.src;
  flow->dst_port = turned ? ports.src : ports.dst;
  return ON;
}

/** An entry that expires lives on: written only where that moves its end by a second or more. */
INLINE int keep(u64 *expires, u32 seconds) {
  u64 old = *expires, later = jiffies64() + (u64)seconds * HZ;
  if (old == STAYS || later - old + (HZ - 1) <= 2 * HZ - 2) return 0;
  *expires = later;
  return 1;
}
