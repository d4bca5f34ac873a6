// The driver of a file of bench/c that is built for this machine: reads lines, makes maps, gives packets. No part of what is measured but
// the call itself and what it takes to put the packet back.
//
//     map NAME KIND KEY_BYTES VALUE_BYTES CAPACITY          put NAME KEY VALUE (hexadecimal)
//     once ENTRY PORT FRAME    prints the result and the frame after it
//     time ENTRY PORT FRAME TIMES    prints nanoseconds of all; ENTRY is a function, or `empty`
//
// Build: clang-19 -O2 -march=native -rdynamic -DNATIVE -include native.h -include NAME.c native.c

#define MOST_LINE (1 << 16)
typedef int entry_function(struct __sk_buff *);

__attribute__((used, noinline)) int entry_empty(struct __sk_buff *skb) { return skb->len; }

static void *symbol(const char *prefix, const char *name) {
  char whole[128];
  snprintf(whole, sizeof whole, "%s%s", prefix, name);
  void *at = dlsym(RTLD_DEFAULT, whole);
  if (!at) { fprintf(stderr, "native: there is no %s\n", whole); exit(1); }
  return at;
}

static word bytes_of(const char *hex, byte *into) {
  word n = 0;
  for (unsigned value; hex[2 * n] && sscanf(hex + 2 * n, "%2x", &value) == 1; n++) into[n] = value;
  return n;
}

static void make_map(const char *name, word kind, word key_bytes, word value_bytes, word capacity) {
  struct table *t = calloc(1, sizeof *t);
  word key_space = kind == KIND_ARRAY ? 0 : key_bytes + 7 & ~7u;
  *t = (struct table){ .kind = kind, .key_bytes = key_bytes, .value_bytes = value_bytes, .capacity = capacity, .buckets = 8 };
  t->stride = key_space + (value_bytes + 7 & ~7u);
  while (t->buckets < capacity) t->buckets *= 2;
  t->entries = calloc(capacity, t->stride);
  t->heads = malloc(t->buckets * sizeof(int));
  memset(t->heads, -1, t->buckets * sizeof(int));
  t->next = calloc(capacity, sizeof(int));
  TABLE(symbol("", name)) = t;
}

static struct __sk_buff context;

/** As the other engines begin each run: the context anew, the packet as it came. */
always void begin(const byte *frame, word bytes, word port) {
  memset(&context, 0, sizeof context);
  memcpy(packet, frame, bytes);
  packet_bytes = bytes;
  context.len = bytes;
  context.cb[0] = port;
  context.data = (word)(unsigned long)packet;
  context.data_end = context.data + bytes;
  ticks++;
}

int main(void) {
  static char line[MOST_LINE], name[64], first[MOST_LINE], second[MOST_LINE];
  static byte a[MOST_LINE], b[MOST_LINE];
  word n[5], bytes;
  packet = mmap(0, MOST_LINE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "map %63s %u %u %u %u", name, n, n + 1, n + 2, n + 3) == 5) make_map(name, n[0], n[1], n[2], n[3]);
    else if (sscanf(line, "put %63s %s %s", name, first, second) == 3) {
      bytes_of(first, a);
      bytes_of(second, b);
      native_update(TABLE(symbol("", name)), a, b);
    } else if (sscanf(line, "once %63s %u %s", name, n, first) == 3) {
      bytes = bytes_of(first, a);
      begin(a, bytes, n[0]);
      printf("%u ", (word)((entry_function *)symbol("entry_", name))(&context));
      for (word i = 0; i < packet_bytes; i++) printf("%02x", packet[i]);
      printf("\n");
    } else if (sscanf(line, "time %63s %u %s %u", name, n, first, n + 1) == 4) {
      entry_function *volatile entry = (entry_function *)symbol("entry_", name);
      bytes = bytes_of(first, a);
      for (word i = 0; i < n[1] / 10; i++) { begin(a, bytes, n[0]); entry(&context); }
      unsigned long long start = now_ns();
      for (word i = 0; i < n[1]; i++) { begin(a, bytes, n[0]); entry(&context); }
      printf("%llu\n", now_ns() - start);
    } else { fprintf(stderr, "native: what is '%s'?\n", line); return 1; }
  }
}
