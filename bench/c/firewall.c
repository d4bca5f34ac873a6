// The firewall of modules/firewall in C, function by function, for `npm run bench`.
// It returns what it decided: the verdict in bits 24-31, the reason of a drop below (enums here, read by ../compiler).
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c firewall.c

#include "packet.h"

enum { NO_MEMBER = OWN_REASONS, ERROR_OF_NO_CONNECTION, NO_CONNECTION, NO_RULE, CONNECTION_LIMIT };
enum { IN = 1, OUT = 2 };
enum { OPENING, ANSWERED, OPEN, CLOSING, CLOSED };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { NEW = 1, ESTABLISHED, RELATED };
#define WORLD 0
#define ANYONE 0xffffffff

/** `low`, `high`: from the lowest byte on the way, the group (32 bits, big-endian), the protocol, the port (16 bits, big-endian). */
struct rule { u32 bits, element, set, low, high; };
struct port { u32 element; u16 number, pad; };
struct member { u32 set; u8 closed; };
struct connection { u64 expires; u8 opened_by, stage; u32 finished; };

MAP(members, HASH, 4096, NO_PREALLOC, struct port, struct member);
MAP(rules, LPM, 16384, NO_PREALLOC, struct rule, u8);
MAP(groups, LPM, 16384, NO_PREALLOC, struct prefix, u32);
MAP(connections, HASH, 65536, NO_PREALLOC, struct flow, struct connection);

/** Seconds of silence after which a connection is over. */
volatile struct { u32 opening, open, closing, closed, datagrams, dialogue; } lifetimes = { 30, 7440, 240, 10, 30, 300 };

INLINE u32 lifetime(u8 stage, int is_tcp) {
  if (!is_tcp) return stage == OPEN ? lifetimes.dialogue : lifetimes.datagrams;
  switch (stage) {
    case OPEN: return lifetimes.open;
    case CLOSING: return lifetimes.closing;
    case CLOSED: return lifetimes.closed;
    default: return lifetimes.opening;
  }
}

/** A later fragment shows no flags, and changes nothing. */
INLINE void follow_tcp(struct connection *c, u8 flags, u8 way) {
  int answers = c->opened_by != way;
  if (flags & RST) c->stage = CLOSED;
  else if (flags & FIN) {
    c->finished |= way;
    c->stage = c->finished == (IN | OUT) ? CLOSED : CLOSING;
  }
  else if (c->stage == OPENING && answers && (flags & (SYN | ACK)) == (SYN | ACK)) c->stage = ANSWERED;
  else if (c->stage == ANSWERED && !answers && flags & ACK) c->stage = OPEN;
  else if (c->stage == CLOSED && !c->finished && flags) c->stage = OPEN;
}

/** The far end is the destination of the flow out of the endpoint, whichever way the packet goes. */
INLINE int allowed(struct __sk_buff *skb, u32 set, const struct flow *out, u8 way) {
  u32 group = way == IN ? skb->cb[3] : WORLD;
  if (group == WORLD) {
    struct prefix far = { .bits = 160, .element = LPM_ELEMENT };
    copy_ip(far.ip, out->dst);
    u32 *known = lookup(&groups, &far);
    group = known ? *known : WORLD;
  }
  u64 match = way | (u64)out->protocol << 40 | (u64)(way == IN ? out->src_port : out->dst_port) << 48;
  u64 theirs = match | (u64)be32(group) << 8, everyones = match | (u64)ANYONE << 8;
  struct rule rule = { .bits = 128, .element = LPM_ELEMENT, .set = be32(set), .low = theirs, .high = theirs >> 32 };
  if (lookup(&rules, &rule)) return 1;
  rule.low = everyones;
  rule.high = everyones >> 32;
  return lookup(&rules, &rule) != 0;
}

INLINE int pass(struct __sk_buff *skb, u8 conntrack) {
  ((u8 *)skb->cb)[3] = conntrack;
  return VERDICT(NEXT, 0);
}

INLINE int judge(struct __sk_buff *skb, u8 way) {
  struct port port = { .element = ELEMENT, .number = skb->cb[0] };
  struct member *member = lookup(&members, &port);
  if (!member) return VERDICT(DROP, NO_MEMBER);
  if (!member->closed) return VERDICT(NEXT, 0);
  void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  struct ip ip;
  int broken = open_ip(data, end, &ip);
  if (broken != ON) return broken;
  if (!ip.header) return VERDICT(NEXT, 0);
  broken = parse_ip(data, end, &ip, sizeof(struct eth));
  if (broken != ON) return broken;

  void *transport = data + ip.transport;
  int error = 0;
  u8 flags = 0;
  if (is_icmp(&ip)) {
    struct icmp *icmp = transport;
    if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
    if (ip.six && icmp->type >= 133 && icmp->type <= 136 && ((struct ip6 *)ip.header)->hops == 255) return VERDICT(NEXT, 0);
    error = is_error(&ip, icmp);
  } else if (!ip.later && ip.protocol == TCP) {
    struct tcp *tcp = transport;
    if ((void *)(tcp + 1) > end) return VERDICT(DROP, SHORT);
    flags = tcp->flags;
  }

  struct ip said;
  struct flow flow;            // out of the endpoint
  broken = flow_of(data, end, &ip, transport, error, way == IN, &said, &flow);
  if (broken != ON) return broken;

  struct connection *known = lookup(&connections, &flow);
  if (known && known->expires <= jiffies64()) known = 0;
  if (error) return known ? pass(skb, RELATED) : VERDICT(DROP, ERROR_OF_NO_CONNECTION);

  int is_tcp = flow.protocol == TCP;
  int opens = (flags & (SYN | ACK)) == SYN;
  if (known && !(known->stage == CLOSED && opens)) {
    if (is_tcp) follow_tcp(known, flags, way);
    else if (known->opened_by != way) known->stage = OPEN;
    keep(&known->expires, lifetime(known->stage, is_tcp));
    return pass(skb, ESTABLISHED);
  }

  if (is_tcp && !opens) return VERDICT(DROP, NO_CONNECTION);
  if (member->closed & way && !allowed(skb, member->set, &flow, way)) return VERDICT(DROP, NO_RULE);
  struct connection opened = { .expires = jiffies64() + (u64)lifetime(OPENING, is_tcp) * HZ, .opened_by = way, .stage = OPENING };
  if (update(&connections, &flow, &opened, ANY)) return VERDICT(DROP, CONNECTION_LIMIT);
  return pass(skb, NEW);
}

SEC("tc/egress") int entry_egress(struct __sk_buff *skb) { return judge(skb, OUT); }
SEC("tc/ingress") int entry_ingress(struct __sk_buff *skb) { return judge(skb, IN); }

char _license[] SEC("license") __attribute__((used)) = "Dual MIT/GPL";
