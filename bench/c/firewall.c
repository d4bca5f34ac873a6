// The firewall of modules/firewall in C, function by function, for `npm run bench`; but for what answers to what is rejected, which no packet here is.
// It returns what it decided: the verdict in bits 24-31, the reason of a drop below (enums here, read by ../compiler).
// Build: clang-19 -O2 -mcpu=v3 -g -target bpf -c firewall.c

#include "packet.h"

enum { NO_MEMBER = OWN_REASONS, ERROR_OF_NO_CONNECTION, NO_CONNECTION, NO_RULE, DENIED, CONNECTION_LIMIT, CONNECTIONS_FULL };
enum { IN = 1, OUT = 2 };
enum { OPENING, ANSWERED, OPEN, CLOSING, CLOSED };
enum { ALLOW = 1, DENY, REJECT, PASS, NO_OTHER };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { NEW = 1, ESTABLISHED, RELATED };
enum { PERCPU_HASH = 5 };
#define WORLD 0
#define ANYONE 0
#define SECONDS_PER_TICK 64
#define TICKS 128
#define ALL_TICKS_SECONDS (SECONDS_PER_TICK * (TICKS + 2))
#define NOINLINE static __attribute__((noinline))

struct rule { u32 bits, element, set, group; u8 protocol, port[2], pad; };
struct decision { u32 rank, hits; u8 action; };
struct known { u32 element, set, identity; };
struct outside { u32 bits, element, set, ip[4]; };
struct address { u32 element, ip[4]; };
struct hit { u32 element, number; };
struct hits { u64 packets, bytes; };
struct port { u32 element; u16 number, pad; };
struct member { u32 in[3], out[3]; };
struct connection { u64 expires; u8 opened_by, stage; u32 finished, far, epoch, tick; };
struct usage { u64 expires; u32 live, next, until, since; };
struct number { u16 port, pad; };
struct slot { u32 place; u16 port, pad; };
struct count { u64 expires; u32 tick, connections; };

MAP(rules, LPM, 131072, NO_PREALLOC, struct rule, struct decision);
MAP(identities, HASH, 65536, NO_PREALLOC, struct known, u32);
MAP(outside, LPM, 65536, NO_PREALLOC, struct outside, u32);
MAP(addresses, HASH, 65536, NO_PREALLOC, struct address, u32);
MAP(hits, PERCPU_HASH, 16384, NO_PREALLOC, struct hit, struct hits);
MAP(unruled, ARRAY, 2048, 0, u32, u32);
MAP(members, HASH, 4096, NO_PREALLOC, struct port, struct member);
MAP(connections, HASH, 131072, NO_PREALLOC, struct flow, struct connection);
MAP(usages, HASH, 1024, NO_PREALLOC, struct number, struct usage);
MAP(ticks, HASH, 65536, NO_PREALLOC, struct slot, struct count);

/** In the order of the module: seconds of silence after which a connection is over; limits; the epoch. */
volatile struct {
  u32 opening, open, closing, closed, datagrams, dialogue;
  u32 connections, ns_per_refusal, burst_refusals;
  u32 rules, members;
} settings = { 30, 7440, 240, 10, 30, 300, 16384, 10000000, 100, 0, 0 };

INLINE u32 lifetime(u8 stage, int is_tcp) {
  if (!is_tcp) return stage == OPEN ? settings.dialogue : settings.datagrams;
  switch (stage) {
    case OPEN: return settings.open;
    case CLOSING: return settings.closing;
    case CLOSED: return settings.closed;
    default: return settings.opening;
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
  else if (c->stage == OPENING && answers && flags & ACK) c->stage = flags & SYN ? ANSWERED : OPEN;
  else if (c->stage == ANSWERED && !answers && flags & ACK) c->stage = OPEN;
  else if (c->stage == CLOSED && !c->finished && flags) c->stage = OPEN;
}

INLINE u32 now(void) { return settings.rules ^ settings.members; }
INLINE int opens(u8 flags) { return (flags & (SYN | ACK)) == SYN; }
INLINE u32 seconds(void) { return jiffies64() / HZ; }
INLINE u32 tick_after(u32 life) { return (seconds() + life) / SECONDS_PER_TICK; }

INLINE int pass(struct __sk_buff *skb, u8 conntrack) {
  ((u8 *)skb->cb)[3] = conntrack;
  return VERDICT(NEXT, 0);
}

INLINE struct member *member_of(struct __sk_buff *skb) {
  struct port port = { .element = ELEMENT, .number = skb->cb[0] };
  return lookup(&members, &port);
}

INLINE void clear(struct count *count, struct usage *usage) {
  u32 over = count->connections;
  __sync_fetch_and_sub(&count->connections, over);
  if (count->tick >= usage->since) __sync_fetch_and_sub(&usage->live, over);
}

INLINE struct usage *usage_of(u16 number) {
  u32 tick = seconds() / SECONDS_PER_TICK;
  struct number of = { .port = number };
  struct usage *usage = lookup(&usages, &of);
  if (!usage || usage->expires <= jiffies64()) {
    struct usage none = { .expires = jiffies64() + ALL_TICKS_SECONDS * HZ, .next = tick, .until = tick, .since = tick };
    update(&usages, &of, &none, ANY);
    usage = lookup(&usages, &of);
    if (!usage) return 0;
  }
  keep(&usage->expires, ALL_TICKS_SECONDS);
  if (usage->until < tick) {
    usage->live = 0;
    usage->next = usage->since = usage->until = tick;
  }
  for (int i = 0; i < 8; i++) {
    u32 at = usage->next;
    if (at >= tick || __sync_val_compare_and_swap(&usage->next, at, at + TICKS < tick ? tick - TICKS : at + 1) != at) break;
    struct slot slot = { .place = at % TICKS, .port = number };
    struct count *over = lookup(&ticks, &slot);
    if (over && over->expires > jiffies64() && over->tick < tick) clear(over, usage);
  }
  return usage;
}

INLINE void count(u16 number, struct usage *usage, u32 tick) {
  struct slot slot = { .place = tick % TICKS, .port = number };
  __sync_fetch_and_add(&usage->live, 1);
  if (usage->until < tick) usage->until = tick;
  struct count *there = lookup(&ticks, &slot);
  if (!there || there->expires <= jiffies64()) {
    struct count one = { .expires = jiffies64() + ALL_TICKS_SECONDS * HZ, .tick = tick, .connections = 1 };
    if (update(&ticks, &slot, &one, ANY)) __sync_fetch_and_sub(&usage->live, 1);
    return;
  }
  keep(&there->expires, ALL_TICKS_SECONDS);
  if (there->tick != tick) { clear(there, usage); there->tick = tick; }
  __sync_fetch_and_add(&there->connections, 1);
}

INLINE void uncount(u16 number, struct usage *usage, u32 tick) {
  struct slot slot = { .place = tick % TICKS, .port = number };
  struct count *there = lookup(&ticks, &slot);
  if (!there || there->expires <= jiffies64() || there->tick != tick || !there->connections) return;
  __sync_fetch_and_sub(&there->connections, 1);
  __sync_fetch_and_sub(&usage->live, 1);
}

/** The first tier with a rule that does not pass decides. The far end is the destination of the flow out of the endpoint. */
INLINE void decided(const u32 *sets, u32 far, const struct flow *out, u8 protocol, u16 port, struct decision *to) {
  to->rank = 0; to->hits = 0; to->action = PASS;
  for (int tier = 0; tier < 3; tier++) {
    u32 set = sets[tier];
    if (!set || to->action != PASS) continue;
    u32 *group;
    if (far == WORLD) {
      struct outside outside_of = { .bits = 192, .element = LPM_ELEMENT, .set = be32(set) };
      copy_ip(outside_of.ip, out->dst);
      group = lookup(&outside, &outside_of);
    } else {
      struct known known = { .element = ELEMENT, .set = set, .identity = far };
      group = lookup(&identities, &known);
    }
    struct rule rule = { .bits = 120, .element = LPM_ELEMENT, .set = be32(set), .protocol = protocol };
    __builtin_memcpy(rule.port, &port, 2);
    struct decision *theirs = 0, *everyones;
    if (group) { rule.group = be32(*group); theirs = lookup(&rules, &rule); }
    rule.group = ANYONE;
    everyones = lookup(&rules, &rule);
    if (theirs && !(everyones && everyones->rank < theirs->rank)) *to = *theirs;
    else if (everyones) *to = *everyones;
  }
  if (to->action == PASS) to->action = ALLOW;
}

struct seen { struct flow out; u8 flags, way, error; };

NOINLINE int recount(struct __sk_buff *skb, const struct seen *seen) {
  struct connection *known = lookup(&connections, &seen->out);
  struct usage *usage = usage_of(skb->cb[0]);
  if (!known || !usage) return VERDICT(NEXT, 0);
  u32 was = known->tick, tick = tick_after(lifetime(known->stage, seen->out.protocol == TCP));
  if (was != tick && __sync_val_compare_and_swap(&known->tick, was, tick) == was) {
    uncount(skb->cb[0], usage, was);
    count(skb->cb[0], usage, tick);
  }
  return VERDICT(NEXT, 0);
}

INLINE void follow(struct connection *c, int is_tcp, u8 flags, u8 way) {
  if (is_tcp) follow_tcp(c, flags, way);
  else if (c->opened_by != way) c->stage = OPEN;
}

/** A packet of no connection, or of one that was decided under other rules. A segment of one that stood elsewhere is dropped here: the module has a stage for it. */
NOINLINE int decide(struct __sk_buff *skb, const struct seen *seen) {
  struct member *member = member_of(skb);
  if (!member) return VERDICT(DROP, NO_MEMBER);
  if (seen->error) return VERDICT(DROP, ERROR_OF_NO_CONNECTION);
  const struct flow *key = &seen->out;
  int is_tcp = key->protocol == TCP;
  struct connection *known = lookup(&connections, key);
  if (known && known->expires <= jiffies64()) known = 0;
  struct connection *stands = known && !(known->stage == CLOSED && opens(seen->flags)) ? known : 0;
  if (!stands && is_tcp && !opens(seen->flags)) return VERDICT(DROP, NO_CONNECTION);

  u8 opened_by = stands ? stands->opened_by : seen->way;
  u32 far = WORLD;
  if (opened_by == OUT) {
    struct address address = { .element = ELEMENT };
    copy_ip(address.ip, key->dst);
    u32 *identity = lookup(&addresses, &address);
    if (identity) far = *identity;
  } else if (seen->way == IN) far = skb->cb[3];
  else if (stands) far = stands->far;
  struct decision decision;
  u32 sets[3];
  for (int i = 0; i < 3; i++) sets[i] = opened_by == OUT ? member->out[i] : member->in[i];
  decided(sets, far, key, key->protocol, opened_by == OUT ? key->dst_port : key->src_port, &decision);
  if (!stands || decision.action != ALLOW) {
    struct hit number = { .element = ELEMENT, .number = decision.hits };
    struct hits *hit = lookup(&hits, &number);
    if (hit) { hit->packets++; hit->bytes += skb->len; }
  }
  if (decision.action != ALLOW) {
    if (known) {
      known->far = far;
      known->epoch = now() ^ 1;
      keep(&known->expires, lifetime(known->stage, is_tcp));
    }
    return VERDICT(DROP, decision.action == NO_OTHER ? NO_RULE : DENIED);
  }
  if (stands) {
    stands->epoch = now();
    stands->far = far;
    follow(stands, is_tcp, seen->flags, seen->way);
    keep(&stands->expires, lifetime(stands->stage, is_tcp));
    pass(skb, ESTABLISHED);
    return recount(skb, seen);
  }
  u32 life = lifetime(OPENING, is_tcp), tick = tick_after(life);
  struct usage *usage = usage_of(skb->cb[0]);
  if (!usage || usage->live >= settings.connections + (known != 0)) return VERDICT(DROP, CONNECTION_LIMIT);
  u32 was = known ? known->tick : 0;
  struct connection opened = { .expires = jiffies64() + (u64)life * HZ, .opened_by = seen->way, .stage = OPENING, .far = far, .epoch = now(), .tick = tick };
  if (update(&connections, key, &opened, ANY)) return VERDICT(DROP, CONNECTIONS_FULL);
  if (known) uncount(skb->cb[0], usage, was);
  count(skb->cb[0], usage, tick);
  return pass(skb, NEW);
}

INLINE int judge(struct __sk_buff *skb, u8 way) {
  u32 port = skb->cb[0] & 0xffff, word = port >> 5, *bits = lookup(&unruled, &word);
  if (bits && *bits >> (port & 31) & 1) return VERDICT(NEXT, 0);
  void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  struct ip ip;
  int broken = open_ip(data, end, &ip);
  if (broken != ON) return broken;
  if (!ip.header) return VERDICT(NEXT, 0);
  broken = parse_ip(data, end, &ip, sizeof(struct eth));
  if (broken != ON) return broken;

  void *transport = data + ip.transport;
  struct seen seen = { .way = way };
  if (is_icmp(&ip)) {
    struct icmp *icmp = transport;
    if ((void *)(icmp + 1) > end) return VERDICT(DROP, SHORT);
    if (ip.six && icmp->type >= 133 && icmp->type <= 136 && ((struct ip6 *)ip.header)->hops == 255) return VERDICT(NEXT, 0);
    seen.error = is_error(&ip, icmp);
  } else if (!ip.later && ip.protocol == TCP) {
    struct tcp *tcp = transport;
    if ((void *)(tcp + 1) > end) return VERDICT(DROP, SHORT);
    seen.flags = tcp->flags;
  }

  struct ip said;
  broken = flow_of(data, end, &ip, transport, seen.error, way == IN, &said, &seen.out);
  if (broken != ON) return broken;

  struct connection *known = lookup(&connections, &seen.out);
  if (known && known->expires > jiffies64() && known->epoch == now() && !(known->stage == CLOSED && opens(seen.flags))
      && (way == OUT || known->opened_by == OUT || known->far == skb->cb[3])) {
    if (seen.error) return pass(skb, RELATED);
    int is_tcp = seen.out.protocol == TCP;
    follow(known, is_tcp, seen.flags, way);
    u32 life = lifetime(known->stage, is_tcp);
    pass(skb, ESTABLISHED);
    return keep(&known->expires, life) && known->tick != tick_after(life) ? recount(skb, &seen) : VERDICT(NEXT, 0);
  }
  return decide(skb, &seen);
}

SEC("tc/egress") int entry_egress(struct __sk_buff *skb) { return judge(skb, OUT); }
SEC("tc/ingress") int entry_ingress(struct __sk_buff *skb) { return judge(skb, IN); }

char _license[] SEC("license") __attribute__((used)) = "Dual MIT/GPL";
