// The echo responder of examples/modules/icmp-echo in C, for `npm run bench`: IPv4 with options, IPv6 with extension headers.
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c echo.c

#include "bpf.h"

struct ip_key { u32 element, ip[4]; };

struct { __uint(type, 1); __uint(max_entries, 256); __uint(map_flags, 1); __type(key, struct ip_key); __type(value, u8); } addresses SEC(".maps");

enum { SHORT, EXTENSION_HEADERS };

struct eth { u8 dst[6], src[6]; u16 type; };
struct ip4 { u8 words : 4, version : 4, tos; u16 length, id, frag; u8 ttl, protocol; u16 checksum; u32 src, dst; };
struct ip6 { u32 flow; u16 payload_length; u8 next, hops; u32 src[4], dst[4]; };
struct icmp { u8 type, code; u16 checksum; u32 rest; };

#include "extensions.h"

INLINE void turn_round(struct eth *eth) {
  u32 first = *(u32 *)eth->dst;
  u16 last = *(u16 *)(eth->dst + 4);
  *(u32 *)eth->dst = *(u32 *)eth->src;
  *(u16 *)(eth->dst + 4) = *(u16 *)(eth->src + 4);
  *(u32 *)eth->src = first;
  *(u16 *)(eth->src + 4) = last;
}

INLINE u16 folded(u32 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

INLINE int answer4(struct __sk_buff *skb, struct eth *eth, void *end) {
  struct ip4 *ip = (void *)(eth + 1);
  if ((void *)(ip + 1) > end) return VERDICT(DROP, SHORT);
  if (ip->protocol != 1 || be16(ip->frag) & 0x1fff) return VERDICT(NEXT, 0);
  u32 offset = sizeof *eth + ip->words * 4;
  struct icmp *icmp = (void *)eth + offset;
  if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
  if (icmp->type != 8) return VERDICT(NEXT, 0);
  struct ip_key key = { .element = ELEMENT, .ip = { 0, 0, 0xffff0000, ip->dst } };
  if (!lookup(&addresses, &key)) return VERDICT(NEXT, 0);
  u32 us = ip->dst;
  ip->dst = ip->src;
  ip->src = us;
  ip->checksum = ~folded((u16)~ip->checksum + (u16)~ip->ttl + 64);
  ip->ttl = 64;
  icmp->type = 0;
  turn_round(eth);
  l4_csum_replace(skb, offset + 2, 8, 0, 2);
  return VERDICT(REPLY, 0);
}

INLINE int answer6(struct __sk_buff *skb, struct eth *eth, void *end) {
  struct ip6 *ip = (void *)(eth + 1);
  if ((void *)(ip + 1) > end) return VERDICT(DROP, SHORT);
  u8 protocol = ip->next;
  u32 offset = sizeof *eth + sizeof *ip;
  int broken = walk_extensions(eth, end, &protocol, &offset);
  if (broken >= 0) return broken;
  if (protocol != 58) return VERDICT(NEXT, 0);
  struct icmp *icmp = (void *)eth + offset;
  if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
  if (icmp->type != 128) return VERDICT(NEXT, 0);
  struct ip_key key = { .element = ELEMENT };
  __builtin_memcpy(key.ip, ip->dst, 16);
  if (!lookup(&addresses, &key)) return VERDICT(NEXT, 0);
  __builtin_memcpy(ip->dst, ip->src, 16);
  __builtin_memcpy(ip->src, key.ip, 16);
  ip->hops = 64;
  icmp->type = 129;
  turn_round(eth);
  l4_csum_replace(skb, offset + 2, 128, 129, 2);
  return VERDICT(REPLY, 0);
}

SEC("tc/egress") int entry_egress(struct __sk_buff *skb) {
  void *end = (void *)(long)skb->data_end;
  struct eth *eth = (void *)(long)skb->data;
  if ((void *)(eth + 1) > end) return VERDICT(DROP, SHORT);
  if (eth->type == be16(0x0800)) return answer4(skb, eth, end);
  if (eth->type == be16(0x86dd)) return answer6(skb, eth, end);
  return VERDICT(NEXT, 0);
}

char _license[] __attribute__((section("license"), used)) = "Dual MIT/GPL";
