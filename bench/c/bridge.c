// The bridge of modules/bridge in C, function by function, for `npm run bench`: what clang makes of the same work.
// Maps and the walk past IPv6 extension headers are the module's too; keys are padded as C programmers do it.
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c bridge.c

#include "bpf.h"

struct mac_key { u32 element; u8 mac[6]; u16 pad; };
struct own_mac { u8 mac[6]; u16 pad; };
struct ip_key { u32 element; u32 ip[4]; };
struct port_key { u32 element; u16 port, pad; };
struct place { u64 expires; u16 port; u16 pad[3]; };
struct mac_value { u8 mac[6]; };
struct station { u32 ip6[4], link[4], ip4; u16 port; u8 guarded, pad; };

struct { __uint(type, 1); __uint(max_entries, 65536); __uint(map_flags, 1); __type(key, struct mac_key); __type(value, struct station); } stations SEC(".maps");
struct { __uint(type, 1); __uint(max_entries, 131072); __uint(map_flags, 1); __type(key, struct ip_key); __type(value, struct mac_value); } neighbors SEC(".maps");
struct { __uint(type, 1); __uint(max_entries, 65536); __uint(map_flags, 1); __type(key, struct port_key); __type(value, u8); } unmanaged SEC(".maps");
struct { __uint(type, 1); __uint(max_entries, 65536); __uint(map_flags, 1); __type(key, struct own_mac); __type(value, struct place); } learned SEC(".maps");

// config: .data. What routers say is in it, and said by the module alone.
volatile struct { u32 ageing_seconds, router; u8 router_mac[6], pad[2]; u8 advert[708]; } settings = { .ageing_seconds = 300, .router = ~0u, .router_mac = { 255, 255, 255, 255, 255, 255 } };
#ifndef LEARNING
#define LEARNING 0
#endif
const volatile u8 learning = LEARNING;             // shape: .rodata, which is frozen before the program is loaded

enum { SHORT, MULTICAST_SOURCE, UNKNOWN_SOURCE, SPOOFED_SOURCE, UNKNOWN_STATION, SAME_PORT, EXTENSION_HEADERS, SPOOFED_ADDRESS, SPOOFED_NEIGHBOR, DHCP_SERVER, ROUTER_ADVERTISEMENT };

struct eth { u8 dst[6], src[6]; u16 type; };
struct arp { u16 hardware, protocol; u8 hlen, plen; u16 op; u8 sender_mac[6], sender_ip[4], target_mac[6], target_ip[4]; };
struct ip4 { u8 version, tos; u16 length, id, frag; u8 ttl, protocol; u16 checksum; u32 src, dst; };
struct udp { u16 src, dst, length, checksum; };
struct ip6 { u32 flow; u16 payload_length; u8 next, hops; u32 src[4], dst[4]; };
struct icmp6 { u8 type, code; u16 checksum; u32 rest; };
struct neighbor { u32 target[4]; u8 option, words; u8 mac[6]; };
// Header fields lie on 2-byte boundaries behind Ethernet; packet memory takes any access, so say so to clang by value.

INLINE int same(const u8 *a, const u8 *b) { return *(u32 *)a == *(u32 *)b && *(u16 *)(a + 4) == *(u16 *)(b + 4); }
INLINE void copy(u8 *to, const u8 *from) { *(u32 *)to = *(u32 *)from; *(u16 *)(to + 4) = *(u16 *)(from + 4); }

INLINE void learn(const struct own_mac *who, u16 port) {
  u64 now = jiffies64();
  struct place *place = lookup(&learned, who);
  if (place && place->expires <= now) place = 0;
  u64 expires = now + (u64)settings.ageing_seconds * HZ;
  if (place && place->port == port) {
    if (place->expires != ~0ULL && expires - place->expires >= HZ) place->expires = expires;
    return;
  }
  struct place fresh = { .expires = expires, .port = port };
  update(&learned, who, &fresh, 0);
}

INLINE int answer_arp(struct eth *eth, void *end) {
  struct arp *arp = (void *)(eth + 1);
  if (be16(eth->type) != 0x0806) return -1;
  if ((void *)(arp + 1) > end) return VERDICT(DROP, SHORT);
  if (be16(arp->op) != 1) return -1;
  struct ip_key key = { .element = ELEMENT };
  key.ip[2] = 0xffff0000;
  key.ip[3] = *(u32 *)arp->target_ip;
  struct mac_value *owner = lookup(&neighbors, &key);
  if (!owner || same(owner->mac, eth->src)) return -1;
  u32 asked = *(u32 *)arp->target_ip;
  arp->op = be16(2);
  copy(arp->target_mac, arp->sender_mac);
  *(u32 *)arp->target_ip = *(u32 *)arp->sender_ip;
  copy(arp->sender_mac, owner->mac);
  *(u32 *)arp->sender_ip = asked;
  copy(eth->dst, eth->src);
  copy(eth->src, owner->mac);
  return VERDICT(REPLY, 0);
}

#include "extensions.h"

INLINE int is_of(const u32 *address, const struct eth *eth) {
  struct ip_key key = { .element = ELEMENT };
  __builtin_memcpy(key.ip, address, 16);
  struct mac_value *owner = lookup(&neighbors, &key);
  return owner && same(owner->mac, eth->src);
}

INLINE int is_of4(u32 address, const struct eth *eth) {
  u32 ip[4] = { 0, 0, 0xffff0000, address };
  return is_of(ip, eth);
}

INLINE int same_ip6(const u32 *a, const u32 *b) { return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3]; }

INLINE int has(const struct station *home, const u32 *address, const struct eth *eth) {
  return same_ip6(address, home->ip6) || same_ip6(address, home->link) || is_of(address, eth);
}

INLINE int guard_ip6(struct eth *eth, void *end, const struct station *home) {
  struct ip6 *ip = (void *)(eth + 1);
  if ((void *)(ip + 1) > end) return VERDICT(DROP, SHORT);
  u8 protocol = ip->next;
  u32 offset = sizeof *eth + sizeof *ip;
  int broken = walk_extensions(eth, end, &protocol, &offset);
  if (broken >= 0) return broken;
  struct icmp6 *icmp = (void *)eth + offset;
  int is_nobody = !(ip->src[0] | ip->src[1] | ip->src[2] | ip->src[3]);
  if (is_nobody ? protocol != 58 : !has(home, ip->src, eth)) return VERDICT(DROP, SPOOFED_ADDRESS);
  if (protocol == 17) {
    struct udp *udp = (void *)icmp;
    if ((void *)(udp + 1) > end) return VERDICT(DROP, SHORT);
    return udp->src == be16(547) && udp->dst == be16(546) ? VERDICT(DROP, DHCP_SERVER) : -1;
  }
  if (protocol != 58) return -1;
  if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
  if (icmp->type == 134 || icmp->type == 137) return VERDICT(DROP, ROUTER_ADVERTISEMENT);
  int is_advert = icmp->type == 136;
  if (!is_advert && icmp->type != 135) return -1;
  struct neighbor *said = (void *)(icmp + 1);
  if ((void *)(&said->option) > end) return VERDICT(DROP, SHORT);
  if ((is_advert || is_nobody) && !has(home, said->target, eth)) return VERDICT(DROP, SPOOFED_NEIGHBOR);
  if ((void *)(said + 1) > end) return -1;
  return !same(said->mac, eth->src) && (said->option == 1 || said->option == 2) ? VERDICT(DROP, SPOOFED_NEIGHBOR) : -1;
}

INLINE int guard(struct eth *eth, void *end, const struct station *home) {
  if (be16(eth->type) == 0x0800) {
    struct ip4 *ip = (void *)(eth + 1);
    if ((void *)(ip + 1) > end) return VERDICT(DROP, SHORT);
    if (ip->src != home->ip4 && !is_of4(ip->src, eth)) return VERDICT(DROP, SPOOFED_ADDRESS);
    if (ip->protocol != 17 || ip->frag & be16(0x1fff)) return -1;
    struct udp *udp = (void *)ip + (ip->version & 15) * 4;
    if ((void *)(udp + 1) > end) return VERDICT(DROP, SHORT);
    return udp->src == be16(67) && udp->dst == be16(68) ? VERDICT(DROP, DHCP_SERVER) : -1;
  }
  if (be16(eth->type) == 0x86dd) return guard_ip6(eth, end, home);
  if (be16(eth->type) != 0x0806) return -1;
  struct arp *arp = (void *)(eth + 1);
  if ((void *)(arp + 1) > end) return VERDICT(DROP, SHORT);
  u32 sender = *(u32 *)arp->sender_ip;
  return same(arp->sender_mac, eth->src) && (!sender || is_of4(sender, eth)) ? -1 : VERDICT(DROP, SPOOFED_NEIGHBOR);
}

INLINE int answer_neighbor(struct __sk_buff *skb, struct eth *eth, void *end) {
  struct ip6 *ip = (void *)(eth + 1);
  if (be16(eth->type) != 0x86dd) return -1;
  if ((void *)(ip + 1) > end) return VERDICT(DROP, SHORT);
  u8 protocol = ip->next;
  u32 offset = sizeof *eth + sizeof *ip;
  int broken = walk_extensions(eth, end, &protocol, &offset);
  if (broken >= 0) return broken;
  if (protocol != 58) return -1;
  struct icmp6 *icmp = (void *)eth + offset;
  if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
  if (ip->hops != 255 || icmp->type != 135) return -1;
  struct neighbor *asked = (void *)(icmp + 1);
  if ((void *)(asked + 1) > end) return -1;
  struct ip_key key = { .element = ELEMENT };
  __builtin_memcpy(key.ip, asked->target, 16);
  struct mac_value *owner = lookup(&neighbors, &key);
  if (!owner || same(owner->mac, eth->src)) return -1;

  struct { u32 src[4], dst[4]; u32 type, rest; u32 option[2]; } before, after;
  __builtin_memcpy(before.src, ip->src, 32);
  before.type = *(u16 *)icmp; before.rest = icmp->rest;
  __builtin_memcpy(before.option, &asked->option, 8);
  __builtin_memcpy(after.src, asked->target, 16);
  __builtin_memcpy(after.dst, ip->src, 16);
  after.type = 136; after.rest = __builtin_bswap32(0x60000000);
  asked->option = 2;
  copy(asked->mac, owner->mac);
  __builtin_memcpy(after.option, &asked->option, 8);
  u64 diff = csum_diff((void *)&before, sizeof before, (void *)&after, sizeof after, 0);

  __builtin_memcpy(ip->src, after.src, 32);
  icmp->type = 136; icmp->rest = after.rest;
  copy(eth->dst, eth->src);
  copy(eth->src, owner->mac);
  l4_csum_replace(skb, offset + 2, 0, diff, 0x10);
  return VERDICT(REPLY, 0);
}

INLINE int forward(struct eth *eth, u16 from) {
  if (eth->dst[0] & 1) return VERDICT(FLOOD, 0);
  struct mac_key dst = { .element = ELEMENT };
  copy(dst.mac, eth->dst);
  struct station *known = lookup(&stations, &dst);
  u16 port;
  if (known) port = known->port;
  else {
    struct own_mac strange = { 0 };
    copy(strange.mac, eth->dst);
    struct place *place = lookup(&learned, &strange);
    if (!place || place->expires <= jiffies64()) return learning ? VERDICT(FLOOD, 0) : VERDICT(DROP, UNKNOWN_STATION);
    port = place->port;
  }
  return port == from ? VERDICT(DROP, SAME_PORT) : VERDICT(TO, port);
}

SEC("tc") int entry_main(struct __sk_buff *skb) {
  void *end = (void *)(long)skb->data_end;
  struct eth *eth = (void *)(long)skb->data;
  if ((void *)(eth + 1) > end) return VERDICT(DROP, SHORT);
  if (eth->src[0] & 1) return VERDICT(DROP, MULTICAST_SOURCE);
  u16 from = skb->cb[0];

  // What the router sends it has made: it asks for nobody, and speaks for itself.
  if (from == settings.router) return forward(eth, from);

  struct mac_key src = { .element = ELEMENT };
  copy(src.mac, eth->src);
  struct station *home = lookup(&stations, &src);
  if (!home) {
    struct port_key here = { .element = ELEMENT, .port = from };
    if (!learning) return VERDICT(DROP, UNKNOWN_SOURCE);
    u8 *open = lookup(&unmanaged, &here);
    if (!open || !*open) return VERDICT(DROP, UNKNOWN_SOURCE);
    struct own_mac strange = { 0 };
    copy(strange.mac, eth->src);
    learn(&strange, from);
  } else if (home->port != from) return VERDICT(DROP, SPOOFED_SOURCE);
  else if (home->guarded) {
    int lie = guard(eth, end, home);
    if (lie >= 0) return lie;
  }

  int answered = answer_arp(eth, end);
  if (answered >= 0) return answered;
  answered = answer_neighbor(skb, eth, end);
  if (answered >= 0) return answered;
  if (same(eth->dst, (const u8 *)settings.router_mac) && !(eth->dst[0] & 1)) return VERDICT(TO, settings.router);
  return forward(eth, from);
}

char _license[] __attribute__((section("license"), used)) = "Dual MIT/GPL";
