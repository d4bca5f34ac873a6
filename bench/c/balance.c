// A balancer of TCP and UDP over IPv4, in C, for `npm run bench -- vm`: a service's address and port become a backend's, chosen by a Maglev
// table for new flows and by what was chosen for known ones. examples/modules/maglev does more; this is its way of a packet, and no more.
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c balance.c

#include "packet.h"

enum { NO_BACKEND = OWN_REASONS };
#define RING 251
#define SECONDS 300
#define PSEUDO_HEADER 0x10
#define MANGLED_0 0x20

struct service { u32 element, ip; u16 port; u8 protocol, pad; };
struct backend { u32 ip; u16 port, pad; };
struct choice { u64 expires; struct backend to; };

MAP(services, HASH, 64, NO_PREALLOC, struct service, u32);
MAP(rings, ARRAY, RING * 8, 0, u32, u32);
MAP(backends, ARRAY, 64, 0, u32, struct backend);
MAP(chosen, HASH, 65536, NO_PREALLOC, struct flow, struct choice);

INLINE u32 hash(const struct flow *flow) {
  u32 h = mixed(mixed(0, be32(flow->src[3])), be32(flow->dst[3]));
  return spread(mixed(mixed(mixed(h, be16(flow->src_port)), be16(flow->dst_port)), flow->protocol), 20);
}

INLINE int backend_of(u32 ring, const struct flow *flow, struct backend *out) {
  struct choice *known = lookup(&chosen, flow);
  if (known && known->expires > jiffies64()) {
    *out = known->to;
    keep(&known->expires, SECONDS);
    return 1;
  }
  u32 slot = ring * RING + hash(flow) % RING;
  u32 *index = lookup(&rings, &slot);
  if (!index) return 0;
  struct backend *backend = lookup(&backends, index);
  if (!backend) return 0;
  struct choice fresh = { .expires = jiffies64() + (u64)SECONDS * HZ, .to = *backend };
  update(&chosen, flow, &fresh, ANY);
  *out = *backend;
  return 1;
}

SEC("tc") int entry_main(struct __sk_buff *skb) {
  void *end = (void *)(long)skb->data_end;
  struct eth *eth = (void *)(long)skb->data;
  struct ip4 *ip = (void *)(eth + 1);
  struct ports *ports = (void *)(ip + 1);
  if ((void *)(ports + 1) > end) return VERDICT(DROP, SHORT);
  if (eth->type != IPV4 || ip->words != 5 || (ip->frag & be16(0x3fff)) || (ip->protocol != TCP && ip->protocol != UDP)) return VERDICT(NEXT, 0);

  struct service service = { .element = ELEMENT, .ip = ip->dst, .port = ports->dst, .protocol = ip->protocol };
  u32 *ring = lookup(&services, &service);
  if (!ring) return VERDICT(NEXT, 0);
  struct flow flow = { .src_port = ports->src, .dst_port = ports->dst, .protocol = ip->protocol };
  map_ip4(flow.src, ip->src);
  map_ip4(flow.dst, ip->dst);
  struct backend to;
  if (!backend_of(*ring, &flow, &to)) return VERDICT(DROP, NO_BACKEND);

  u32 old_ip = ip->dst;
  u16 old_port = ports->dst;
  u64 mangled = ip->protocol == UDP ? MANGLED_0 : 0;
  u32 at = 34 + (ip->protocol == TCP ? 16 : 6);
  ip->dst = to.ip;
  ports->dst = to.port;
  l3_csum_replace(skb, 24, old_ip, to.ip, 4);
  l4_csum_replace(skb, at, old_ip, to.ip, PSEUDO_HEADER | mangled | 4);
  l4_csum_replace(skb, at, old_port, to.port, mangled | 2);
  return VERDICT(NEXT, 0);
}

char _license[] SEC("license") __attribute__((used)) = "Dual MIT/GPL";
