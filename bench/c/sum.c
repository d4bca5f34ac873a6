// Work that is all computing, in C: an IPv4 UDP packet is parsed, both its checksums are verified, its flow is hashed. No map, no helper.
// For `npm run bench -- vm`.
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c sum.c

#include "packet.h"

enum { NOT_UDP = OWN_REASONS, IP_CHECKSUM, UDP_CHECKSUM };
#define MOST_WORDS 360

INLINE u32 folded32(u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  return (sum & 0xffffffff) + (sum >> 32);
}
INLINE u16 sum16(u64 sum) {
  u32 half = folded32(sum);
  half = (half & 0xffff) + (half >> 16);
  return (half & 0xffff) + (half >> 16);
}

SEC("tc") int entry_main(struct __sk_buff *skb) {
  void *end = (void *)(long)skb->data_end;
  struct eth *eth = (void *)(long)skb->data;
  struct ip4 *ip = (void *)(eth + 1);
  struct udp *udp = (void *)(ip + 1);
  if ((void *)(udp + 1) > end) return VERDICT(DROP, SHORT);
  if (eth->type != IPV4 || ip->words != 5 || ip->version != 4 || ip->protocol != UDP || (ip->frag & be16(0x3fff))) return VERDICT(DROP, NOT_UDP);

  u64 header = 0;
  for (int i = 0; i < 5; i++) header += ((u32 *)ip)[i];
  if (sum16(header) != 0xffff) return VERDICT(DROP, IP_CHECKSUM);

  // The pseudo-header, then the datagram by words, then the bytes that are left.
  u64 sum = (u64)ip->src + ip->dst + be16(UDP) + udp->length;
  u32 *word = (void *)udp;
  for (int i = 0; i < MOST_WORDS && (void *)(word + 1) <= end; i++) sum += *word++;
  u8 *rest = (void *)word;
  for (int i = 0; i < 3 && (void *)(rest + 1) <= end; i++) sum += (u32)*rest++ << 8 * i;
  if (sum16(sum) != 0xffff) return VERDICT(DROP, UDP_CHECKSUM);

  u32 h = mixed(mixed(mixed(0, be32(ip->src)), be32(ip->dst)), be16(udp->src));
  h = spread(mixed(mixed(h, be16(udp->dst)), ip->protocol), 20);
  return VERDICT(TO, h & 7);
}

char _license[] SEC("license") __attribute__((used)) = "Dual MIT/GPL";
