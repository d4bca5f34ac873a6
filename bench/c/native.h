// The kernel's side of the C files for a program of this machine: maps and helpers as plain C of the same structure (a hash with chains, a
// table for each prefix length), and a loop that gives the same packet to an entry point again and again. Included before a file of bench/c
// with -DNATIVE; how it is driven: bench/vm/native-side.ts.

#pragma once
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define always static inline __attribute__((always_inline))
typedef unsigned char byte; typedef unsigned int word;

struct table {
  word kind, key_bytes, value_bytes, capacity, buckets, stride, used, counts[256];
  int *heads, *next;
  byte *entries;
};
enum { KIND_HASH = 1, KIND_ARRAY = 2, KIND_LPM = 11 };

/** The same mixing as that of the vm's tables: no engine has a better hash than another. */
always word bucket_of(const struct table *t, const byte *key, word bytes) {
  word hash = bytes, i = 0, part;
  for (; i + 4 <= bytes; i += 4) { memcpy(&part, key + i, 4); hash = (hash ^ part) * 0x9e3779b1u; hash ^= hash >> 15; }
  for (; i < bytes; i++) hash = (hash ^ key[i]) * 0x85ebca6bu;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
  return (hash ^ hash >> 16) & (t->buckets - 1);
}

always int found(const struct table *t, const byte *key, word bytes) {
  int at = t->heads[bucket_of(t, key, bytes)];
  while (at >= 0 && memcmp(t->entries + (unsigned long)at * t->stride, key, bytes)) at = t->next[at];
  return at;
}

always byte *value_at(const struct table *t, int entry, word key_bytes) { return t->entries + (unsigned long)entry * t->stride + (key_bytes + 7 & ~7u); }

always void *longest(const struct table *t, const byte *key, word bytes) {
  byte cut[bytes];
  word bits;
  memcpy(&bits, key, 4);
  for (int length = bits > (bytes - 4) * 8 ? -1 : (int)bits; length >= 0; length--) {
    if (!t->counts[length]) continue;
    memset(cut, 0, bytes);
    memcpy(cut, &length, 4);
    memcpy(cut + 4, key + 4, length / 8);
    if (length % 8) cut[4 + length / 8] = key[4 + length / 8] & 0xff << (8 - length % 8);
    int entry = found(t, cut, bytes);
    if (entry >= 0) return value_at(t, entry, bytes);
  }
  return 0;
}

always void *native_lookup(const struct table *t, const void *key, word kind, word key_bytes, word value_bytes) {
  if (kind == KIND_ARRAY) { word index = *(const word *)key; return index < t->capacity ? t->entries + (unsigned long)index * t->stride : 0; }
  if (kind == KIND_LPM) return longest(t, key, key_bytes);
  int entry = found(t, key, key_bytes);
  return entry < 0 ? 0 : value_at(t, entry, key_bytes);
}

static __attribute__((noinline)) long native_update(struct table *t, const void *key, const void *value) {
  if (t->kind == KIND_ARRAY) { memcpy(t->entries + (unsigned long)*(const word *)key * t->stride, value, t->value_bytes); return 0; }
  int entry = found(t, key, t->key_bytes);
  if (entry < 0) {
    if (t->used == t->capacity) return -7;
    entry = t->used++;
    word bucket = bucket_of(t, key, t->key_bytes);
    memcpy(t->entries + (unsigned long)entry * t->stride, key, t->key_bytes);
    t->next[entry] = t->heads[bucket];
    t->heads[bucket] = entry;
    if (t->kind == KIND_LPM) t->counts[*(const word *)key]++;
  }
  memcpy(value_at(t, entry, t->key_bytes), value, t->value_bytes);
  return 0;
}

/** Where a map's definition lies, there is its table: the fields only carry types. */
#define TABLE(map) (*(struct table **)(map))
#define lookup(map, of) native_lookup(TABLE(map), of, sizeof(*(map)->type) / 4, sizeof(*(map)->key), sizeof(*(map)->value))
#define update(map, of, to, flags) native_update(TABLE(map), of, to)

always unsigned long long native_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}
static unsigned long long ticks;
#define now_ns() native_ns(CLOCK_MONOTONIC)
#define jiffies64() (*(volatile unsigned long long *)&ticks)

static byte *packet;
static word packet_bytes;

always word sum_add(word a, word b) { word sum = a + b; return sum + (sum < a); }
always word sum_16(word sum) { sum = (sum & 0xffff) + (sum >> 16); return (sum & 0xffff) + (sum >> 16); }
always word sum_of_bytes(const byte *from, word bytes, word sum) {
  word part;
  for (; bytes >= 4; bytes -= 4, from += 4) { memcpy(&part, from, 4); sum = sum_add(sum, part); }
  for (word i = 0; i < bytes; i++) sum = sum_add(sum, from[i] << 8 * i);
  return sum;
}
always unsigned long long csum_diff(const void *from, word from_bytes, const void *to, word to_bytes, word seed) {
  word sum = sum_of_bytes(to, to_bytes, seed);
  return sum_16(from_bytes ? sum_add(sum, ~sum_of_bytes(from, from_bytes, 0)) : sum);
}
always long sum_replace(word offset, word from, word to, word flags) {
  if (offset + 2 > packet_bytes) return -14;
  unsigned short field;
  memcpy(&field, packet + offset, 2);
  if (flags & 0x20 && !field) return 0;
  word diff = (flags & 15) == 0 ? to : (flags & 15) == 2 ? sum_add(~(from & 0xffff), to & 0xffff) : sum_add(~from, to);
  field = ~sum_16(sum_add((word)~field, diff));
  if (flags & 0x20 && !field) field = 0xffff;
  memcpy(packet + offset, &field, 2);
  return 0;
}
#define l3_csum_replace(skb, offset, from, to, flags) sum_replace(offset, from, to, flags)
#define l4_csum_replace(skb, offset, from, to, flags) sum_replace(offset, from, to, flags)

/** What no packet that is measured does. */
#define refused(name) (fprintf(stderr, "native: %s is not here\n", name), exit(1), 0)
#define store_bytes(...) refused("store_bytes")
#define load_bytes(...) refused("load_bytes")
#define change_tail(...) refused("change_tail")
#define adjust_room(...) refused("adjust_room")
