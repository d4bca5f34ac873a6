// What the C counterparts share: types, the kernel's helpers, verdicts. No headers of the machine, so that figures depend on clang only.

#pragma once

typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
#ifndef NATIVE
#define SEC(name) __attribute__((section(name)))
#else
#define SEC(name)
#endif
#define INLINE static inline __attribute__((always_inline))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) __typeof__(val) *name

struct __sk_buff {
  u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto, priority, ingress_ifindex, ifindex, tc_index;
  u32 cb[5];
  u32 hash, tc_classid, data, data_end, napi_id, family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, data_meta;
  u64 flow_keys, tstamp;
  u32 wire_len, gso_segs;
  u64 sk;
  u32 gso_size;
};

#ifndef NATIVE
static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*l4_csum_replace)(struct __sk_buff *skb, u32 offset, u64 from, u64 to, u64 flags) = (void *)11;
static u64 (*csum_diff)(const void *from, u32 from_size, const void *to, u32 to_size, u32 seed) = (void *)28;
static u64 (*jiffies64)(void) = (void *)118;
static long (*l3_csum_replace)(struct __sk_buff *skb, u32 offset, u64 from, u64 to, u64 flags) = (void *)10;
static long (*store_bytes)(struct __sk_buff *skb, u32 offset, const void *from, u32 size, u64 flags) = (void *)9;
static long (*load_bytes)(const struct __sk_buff *skb, u32 offset, void *to, u32 size) = (void *)26;
static u64 (*now_ns)(void) = (void *)5;
#endif

struct xdp_md { u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; };

#ifndef HZ
#define HZ 250
#endif
#define ELEMENT 1

// A program returns what it decided: the verdict in bits 24-31, the port or the reason of a drop below (its own enum, named in ../compiler/subjects).
enum { TO, FLOOD, REPLY, NEXT, DROP };
#define VERDICT(kind, value) ((kind) << 24 | (value))

INLINE u16 be16(u16 x) { return __builtin_bswap16(x); }
INLINE u32 be32(u32 x) { return __builtin_bswap32(x); }
