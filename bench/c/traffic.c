// Both ends of the bench's TCP traffic: one thread each (of the server: one for each stream), blocking, on one given core.
//
//     traffic serve PORT CPU SILENT-PORT         until its parent ends; at the silent port of UDP nobody ever reads
//     traffic rr|crr|stream IP PORT CPU MS       prints "COUNT NANOSECONDS": round trips, connections, or bytes
//
// The first byte of a connection says what it is for: 'r' each byte is answered, 'c' one byte is answered and the server closes, 's' all is swallowed.
// The server closes first in crr, so that TIME_WAIT stays with it and no client port runs out.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHECK(call) ({ long result_ = (call); if (result_ < 0) { perror(#call); exit(1); } result_; })
#define SILENCE_SECONDS 3

static char buffer[128 << 10];

static long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void pin(const char *cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(atoi(cpu), &set);
  CHECK(sched_setaffinity(0, sizeof set, &set));
}

static void no_delay(int fd) {
  int one = 1;
  CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
}

static void serve(int port, int silent_port) {
  int listener = CHECK(socket(AF_INET, SOCK_STREAM, 0)), one = 1;
  struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(silent_port) };
  int silent = CHECK(socket(AF_INET, SOCK_DGRAM, 0)), little = 0;
  CHECK(setsockopt(silent, SOL_SOCKET, SO_RCVBUF, &little, sizeof little));
  CHECK(bind(silent, (void *)&any, sizeof any));
  any.sin_port = htons(port);
  CHECK(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
  CHECK(bind(listener, (void *)&any, sizeof any));
  CHECK(listen(listener, 128));
  signal(SIGCHLD, SIG_IGN);
  puts("ready");
  fflush(stdout);
  for (;;) {
    int fd = accept(listener, 0, 0);
    if (fd < 0) continue;
    no_delay(fd);
    char kind = 0;
    if (read(fd, &kind, 1) == 1) {
      if (kind == 'c') { if (write(fd, &kind, 1) < 0) perror("write"); }
      else if (kind == 'r') { while (read(fd, &kind, 1) == 1 && write(fd, &kind, 1) == 1); }
      else if (CHECK(fork()) == 0) {
        while (read(fd, buffer, sizeof buffer) > 0);                       // several streams at once; it ends with its stream
        _exit(0);
      }
    }
    close(fd);
  }
}

static int dial(const struct sockaddr_in *to, char kind) {
  int fd = CHECK(socket(AF_INET, SOCK_STREAM, 0));
  struct timeval silence = { .tv_sec = SILENCE_SECONDS };
  CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence));
  CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence));
  no_delay(fd);
  CHECK(connect(fd, (const void *)to, sizeof *to));
  CHECK(write(fd, &kind, 1));
  return fd;
}

static void expect_byte(int fd) {
  char byte;
  if (CHECK(read(fd, &byte, 1)) != 1) { fputs("the server closed too early\n", stderr); exit(1); }
}

int main(int count, char **given) {
  // The bench ended, however: so does this.
  CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL));
  signal(SIGPIPE, SIG_IGN);
  if (count == 5 && !strcmp(given[1], "serve")) { pin(given[3]); serve(atoi(given[2]), atoi(given[4])); }
  if (count != 6) { fputs("usage: traffic serve PORT CPU SILENT-PORT | traffic rr|crr|stream IP PORT CPU MS\n", stderr); return 2; }

  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(given[3])) };
  if (inet_pton(AF_INET, given[2], &to.sin_addr) != 1) { fputs("not an IPv4 address\n", stderr); return 2; }
  pin(given[4]);
  long lasts_ns = atol(given[5]) * 1000000, done = 0, begin = now_ns();
  if (!strcmp(given[1], "crr")) {
    while (now_ns() - begin < lasts_ns) {
      int fd = dial(&to, 'c');
      char byte;
      expect_byte(fd);
      CHECK(read(fd, &byte, 1));
      close(fd);
      done++;
    }
  } else if (!strcmp(given[1], "rr")) {
    int fd = dial(&to, 'r');
    for (begin = now_ns(); now_ns() - begin < lasts_ns; done++) {
      CHECK(write(fd, buffer, 1));
      expect_byte(fd);
    }
  } else {
    int fd = dial(&to, 's');
    for (begin = now_ns(); now_ns() - begin < lasts_ns;) done += CHECK(write(fd, buffer, sizeof buffer));
  }
  printf("%ld %ld\n", done, now_ns() - begin);
  return 0;
}
