// The load balancer of examples/modules/maglev in C, for `npm run bench`: both ways, with ICMP errors about a flow and with fragments.
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c maglev.c

#define OFFSET u64
#define FLAG u64
#include "packet.h"

enum { NO_BACKEND = OWN_REASONS };
#define RING 4093
#define PSEUDO_HEADER 0x10
#define MANGLED_0 0x20

struct service { u32 element, address[4]; u16 port; u8 protocol, pad; };
struct address { u32 address[4]; u16 port; } __attribute__((packed));
struct choice { u64 expires; struct address to; u16 pad[3]; };

struct ring { __uint(type, ARRAY); __uint(max_entries, RING); __type(key, u32); __type(value, u32); };
struct {
  __uint(type, HASH_OF_MAPS); __uint(max_entries, 512); __uint(map_flags, NO_PREALLOC); __type(key, struct service);
  struct ring *values[];
} services SEC(".maps");
MAP(backends, ARRAY, 4096, 0, u32, struct address);
MAP(chosen, HASH, 65536, NO_PREALLOC, struct flow, struct choice);
MAP(answers, HASH, 65536, NO_PREALLOC, struct flow, struct choice);

volatile struct { u32 tcp, other; } lifetimes = { 7440, 300 };

/** MurmurHash3 of the flow, a word for each field and four for an address; an address from its last word to its first. */
INLINE u32 hash(const struct flow *flow) {
  u32 h = 0;
  for (int i = 3; i >= 0; i--) h = mixed(h, be32(flow->src[i]));
  for (int i = 3; i >= 0; i--) h = mixed(h, be32(flow->dst[i]));
  h = mixed(h, be16(flow->src_port));
  h = mixed(h, be16(flow->dst_port));
  return spread(mixed(h, flow->protocol), 44);
}

/** Differences as sums of words, new less old (RFC 1624). */
INLINE u64 change(u32 old, u32 new) { return (u64)(u32)~old + new; }
INLINE u64 change_of_ip(const u32 *old, const u32 *new) {
  return change(old[0], new[0]) + change(old[1], new[1]) + change(old[2], new[2]) + change(old[3], new[3]);
}
INLINE u32 folded32(u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  return (sum & 0xffffffff) + (sum >> 32);
}
INLINE u16 folded16(u64 sum) {
  u32 half = folded32(sum);
  half = (half & 0xffff) + (half >> 16);
  return (half & 0xffff) + (half >> 16);
}
INLINE void patch(u16 *checksum, u64 difference) { *checksum = ~folded16((u16)~*checksum + difference); }

/** One address of a header, with IPv4's own checksum; gives what it changes in the transport checksum. */
INLINE u64 put_address(const struct ip *ip, int source, const u32 *address) {
  if (ip->six) {
    struct ip6 *h = ip->header;
    u32 *at = source ? h->src : h->dst;
    u64 difference = change_of_ip(at, address);
    copy_ip(at, address);
    return difference;
  }
  struct ip4 *h = ip->header;
  u32 *at = source ? &h->src : &h->dst;
  u64 difference = change(*at, address[3]);
  *at = address[3];
  patch(&h->checksum, difference);
  return difference;
}

/** A port of the transport header, or the identifier of an echo; gives what it changes. */
INLINE u64 put_port(void *transport, const struct ip *ip, int source, u16 port) {
  u16 *at = has_ports(ip) ? (source ? &((struct ports *)transport)->src : &((struct ports *)transport)->dst) : &((struct icmp *)transport)->id;
  u64 difference = change(*at, port);
  *at = port;
  return difference;
}

INLINE u32 checksum_at(const struct ip *ip) { return ip->protocol == TCP ? 16 : ip->protocol == UDP ? 6 : 2; }
INLINE int is_echo(const struct ip *ip, const struct icmp *icmp) { return ip->six ? (icmp->type | 1) == 129 : icmp->type == 8 || icmp->type == 0; }

/** The end of the packet that an error quotes: it was sent the other way. Gives what it changes in the error's checksum. */
INLINE int put_quoted(void *data, void *end, const struct ip *quoted, int source, const struct address *to, u64 *difference) {
  u64 address = put_address(quoted, source, to->address), sum = quoted->six ? address : 0;
  void *transport = data + quoted->transport;
  if (has_ports(quoted) || is_icmp(quoted)) {
    if (transport + (has_ports(quoted) ? sizeof(struct ports) : sizeof(struct icmp)) > end) return VERDICT(DROP, SHORT);
    u64 port = put_port(transport, quoted, source, to->port), inner = port;
    if (quoted->protocol != ICMP) inner += address;
    sum += port;
    u32 at = checksum_at(quoted);
    if (quoted->protocol != SCTP && transport + at + 2 <= end) {
      u16 *checksum = transport + at, old = *checksum;
      if (quoted->protocol != UDP || old) {
        u16 new = ~folded16((u16)~old + inner);
        if (quoted->protocol == UDP && !new) new = 0xffff;
        *checksum = new;
        sum += (u64)(u16)~old + new;
      }
    }
  }
  *difference = sum;
  return ON;
}

/** Puts an end in place of another in every header that names it. All stores first: the helpers may move the packet. */
INLINE int translate(struct __sk_buff *skb, void *data, void *end, const struct ip *ip, const struct ip *quoted, int error, int source, const struct address *to) {
  void *transport = data + ip->transport;
  u64 inner = 0, port = 0;
  int has_port = 0;
  if (error) {
    int broken = put_quoted(data, end, quoted, !source, to, &inner);
    if (broken != ON) return broken;
  } else if (has_ports(ip)) {
    if (transport + sizeof(struct ports) > end) return VERDICT(DROP, SHORT);
    has_port = 1;
    port = put_port(transport, ip, source, to->port);
  } else if (is_icmp(ip)) {
    if (transport + sizeof(struct icmp) > end) return VERDICT(DROP, SHORT);
    if (is_echo(ip, transport)) { has_port = 1; port = put_port(transport, ip, source, to->port); }
  }
  u64 address = put_address(ip, source, to->address);
  if (ip->later || ip->protocol == SCTP || !(has_ports(ip) || is_icmp(ip))) return VERDICT(NEXT, 0);
  u32 at = ip->transport + checksum_at(ip);
  u64 mangled = ip->protocol == UDP ? MANGLED_0 : 0;
  if (ip->protocol != ICMP) l4_csum_replace(skb, at, 0, folded32(address), PSEUDO_HEADER | mangled);
  if (error) l4_csum_replace(skb, at, 0, folded32(inner), 0);
  else if (has_port) l4_csum_replace(skb, at, 0, folded32(port), mangled);
  return VERDICT(NEXT, 0);
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
  flow->element = ELEMENT;
  flow->protocol = seen->quoted.protocol;
  flow->pad[0] = flow->pad[1] = flow->pad[2] = 0;
  if (seen->error) addresses(&seen->quoted, flow->dst, flow->src); else addresses(&seen->quoted, flow->src, flow->dst);
  flow->src_port = seen->error ? ports.dst : ports.src;
  flow->dst_port = seen->error ? ports.src : ports.dst;
  return ON;
}

/** A flow stays where it is while it lives, whatever becomes of the ring. Both halves live as long. */
INLINE int backend_of(void *ring, const struct flow *flow, struct address *out) {
  u32 seconds = flow->protocol == TCP ? lifetimes.tcp : lifetimes.other;
  struct choice *known = lookup(&chosen, flow);
  if (known && known->expires <= jiffies64()) known = 0;
  if (known) {
    *out = known->to;
    if (!keep(&known->expires, seconds)) return 1;
  } else {
    u32 slot = hash(flow) % RING;
    u32 *index = lookup(ring, &slot);
    if (!index) return 0;
    struct address *backend = lookup(&backends, index);
    if (!backend) return 0;
    *out = *backend;
  }
  u64 expires = jiffies64() + (u64)seconds * HZ;
  if (!known) {
    struct choice fresh = { .expires = expires, .to = *out };
    update(&chosen, flow, &fresh, ANY);
  }
  struct flow answer = { .element = ELEMENT, .src_port = out->port, .dst_port = flow->src_port, .protocol = flow->protocol };
  copy_ip(answer.src, out->address);
  copy_ip(answer.dst, flow->src);
  struct choice back = { .expires = expires, .to.port = flow->dst_port };
  copy_ip(back.to.address, flow->dst);
  update(&answers, &answer, &back, ANY);
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
  return translate(skb, data, end, &seen.ip, &seen.quoted, seen.error, 0, &backend);
}

SEC("tc/ingress") int entry_ingress(struct __sk_buff *skb) {
  void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  struct seen seen;
  int broken = look(data, end, &seen);
  if (broken != ON) return broken;
  struct choice *service = lookup(&answers, &seen.flow);
  if (!service || service->expires <= jiffies64()) return VERDICT(NEXT, 0);
  return translate(skb, data, end, &seen.ip, &seen.quoted, seen.error, 1, &service->to);
}

char _license[] SEC("license") __attribute__((used)) = "Dual MIT/GPL";
