// The rate limiter of examples/modules/ratelimit in C, for `npm run bench`. Its source of an IPv6 packet is the /64, as an address shifted down.
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c ratelimit.c

#include "bpf.h"

struct source { u32 ip[4]; };

struct { __uint(type, 9); __uint(max_entries, 65536); __type(key, struct source); __type(value, u64); } sources SEC(".maps");

volatile struct { u32 ns_per_packet, burst_packets; } settings = { 100000, 1000 };

enum { SHORT, TOO_FAST };

struct eth { u8 dst[6], src[6]; u16 type; };
struct ip4 { u8 words_version, tos; u16 length, id, frag; u8 ttl, protocol; u16 checksum; u32 src, dst; };
struct ip6 { u32 flow; u16 payload_length; u8 next, hops; u32 src[4], dst[4]; };

SEC("xdp") int entry_main(struct xdp_md *ctx) {
  void *end = (void *)(long)ctx->data_end;
  struct eth *eth = (void *)(long)ctx->data;
  if ((void *)(eth + 1) > end) return VERDICT(DROP, SHORT);
  struct source source = { 0 };
  if (eth->type == be16(0x0800)) {
    struct ip4 *ip = (void *)(eth + 1);
    if ((void *)(ip + 1) > end) return VERDICT(DROP, SHORT);
    source.ip[2] = 0xffff0000;
    source.ip[3] = ip->src;
  } else if (eth->type == be16(0x86dd)) {
    struct ip6 *ip = (void *)(eth + 1);
    if ((void *)(ip + 1) > end) return VERDICT(DROP, SHORT);
    source.ip[2] = ip->src[0];
    source.ip[3] = ip->src[1];
  } else return VERDICT(NEXT, 0);

  u64 cost = settings.ns_per_packet;
  u64 *full_at = lookup(&sources, &source);
  if (!full_at) {
    u64 fresh = 0;
    update(&sources, &source, &fresh, 0);
    return VERDICT(NEXT, 0);
  }
  u64 burst = cost * settings.burst_packets, now = now_ns(), old = *full_at;
  u64 charged = (old > now ? old : now) + cost;
  if (charged - now > burst) return VERDICT(DROP, TOO_FAST);
  __sync_val_compare_and_swap(full_at, old, charged);
  return VERDICT(NEXT, 0);
}

char _license[] __attribute__((section("license"), used)) = "Dual MIT/GPL";
