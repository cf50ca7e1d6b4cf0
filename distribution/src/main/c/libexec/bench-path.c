// SPDX-License-Identifier: Apache-2.0
/*
 * bench-path: the CPU time that a packet costs on its whole way between two pods.
 *
 * usage: bench-path ROUNDS NAME=NETNS,ADDRESS,NETNS,ADDRESS...
 *
 * One real-time thread on one core has a socket in both pods and sends and receives in turn. Links
 * between namespaces hand a packet on in a software interrupt of the sending thread, so all that both
 * nodes and the switch do with it is done, and counted, before send() returns. Nothing else is: the
 * clock is the thread's own.
 *
 * Paths take turns within a round, in another order each round. Prints a line per batch of packets:
 *   ROUND NAME KIND NANOSECONDS
 *     udp     one datagram with 64 bytes of payload
 *     rr      one byte there and one byte back on a TCP connection
 *     bulk    one MiB of a TCP stream
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
  MAX_PATHS = 32,
  PORT = 7000,
  PRIORITY = 50,
  BATCHES = 40,           // per kind, path and round
  DATAGRAMS = 100,        // per batch
  ROUND_TRIPS = 50,       // per batch
  PAYLOAD = 64,           // bytes of a datagram
  CHUNKS = 32,            // per batch
  CHUNK = 1 << 16,        // bytes of a stream that are sent before they are received
  PAUSE_MICROS = 20000,   // between paths: a real-time thread that never sleeps is throttled
  PATIENCE_MILLIS = 1000  // how long a packet may take
};

struct end {
  char netns[128];
  struct sockaddr_in address;
  int udp, tcp;
};

struct path {
  char name[64];
  struct end near, far;
};

static struct path paths[MAX_PATHS];
static int path_count;
static long late;  // receives that had to wait: that work was done by somebody else
static char buffer[CHUNK];

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...) {
  int error = errno;
  va_list arguments;
  va_start(arguments, format);
  fputs("bench-path: ", stderr);
  vfprintf(stderr, format, arguments);
  fprintf(stderr, ": %s\n", strerror(error));
  va_end(arguments);
  exit(1);
}

// ---- setting up

static void usage(void) {
  fputs("usage: bench-path ROUNDS NAME=NETNS,ADDRESS,NETNS,ADDRESS...\n", stderr);
  exit(64);
}

static void parse_end(struct end *end, const char *netns, const char *address) {
  if (!netns || !address) usage();
  snprintf(end->netns, sizeof end->netns, "/run/netns/%s", netns);
  end->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(PORT)};
  if (inet_pton(AF_INET, address, &end->address.sin_addr) != 1) usage();
}

static void parse_path(char *text) {
  if (path_count == MAX_PATHS) usage();
  struct path *path = &paths[path_count++];
  const char *name = strtok(text, "=");
  if (!name) usage();
  snprintf(path->name, sizeof path->name, "%s", name);
  const char *netns = strtok(NULL, ",");
  parse_end(&path->near, netns, strtok(NULL, ","));
  netns = strtok(NULL, ",");
  parse_end(&path->far, netns, strtok(NULL, ","));
}

static void enter(const struct end *end) {
  int fd = open(end->netns, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) fail("%s", end->netns);
  close(fd);
}

static int open_socket(const struct end *end, int type) {
  enter(end);
  int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
      bind(fd, (const struct sockaddr *)&end->address, sizeof end->address) < 0)
    fail("socket in %s", end->netns);
  return fd;
}

static void connect_to(int fd, const struct path *path, const struct end *end) {
  if (connect(fd, (const struct sockaddr *)&end->address, sizeof end->address) < 0)
    fail("%s: connect to %s", path->name, end->netns);
}

static void open_path(struct path *path) {
  path->far.udp = open_socket(&path->far, SOCK_DGRAM);
  path->near.udp = open_socket(&path->near, SOCK_DGRAM);
  connect_to(path->near.udp, path, &path->far);
  connect_to(path->far.udp, path, &path->near);

  int listener = open_socket(&path->far, SOCK_STREAM);
  if (listen(listener, 1) < 0) fail("listen in %s", path->far.netns);
  path->near.tcp = open_socket(&path->near, SOCK_STREAM);
  connect_to(path->near.tcp, path, &path->far);
  path->far.tcp = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (path->far.tcp < 0) fail("accept in %s", path->far.netns);
  close(listener);
  setsockopt(path->near.tcp, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  setsockopt(path->far.tcp, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

/* The last core that we may use: the first one has most of the machine's interrupts. */
static void take_core(void) {
  cpu_set_t allowed, last;
  if (sched_getaffinity(0, sizeof allowed, &allowed) < 0) fail("sched_getaffinity");
  CPU_ZERO(&last);
  for (int core = CPU_SETSIZE - 1; core >= 0; core--) {
    if (CPU_ISSET(core, &allowed)) {
      CPU_SET(core, &last);
      break;
    }
  }
  if (sched_setaffinity(0, sizeof last, &last) < 0) fail("sched_setaffinity");
  // The system call: musl's sched_setscheduler() always fails.
  if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &(int){PRIORITY}) < 0)
    fail("sched_setscheduler");
  if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0) fail("mlockall");
}

// ---- measuring

static int64_t cpu_nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void await(const struct path *path, int fd) {
  late++;
  int ready = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, PATIENCE_MILLIS);
  if (ready == 0) errno = ETIMEDOUT;
  if (ready <= 0) fail("%s: no packet", path->name);
}

static void pass(const struct path *path, int from, int to, size_t length) {
  if (send(from, buffer, length, MSG_NOSIGNAL) != (ssize_t)length) fail("%s: send", path->name);
  for (size_t received = 0; received < length;) {
    ssize_t got = recv(to, buffer, length - received, MSG_DONTWAIT);
    if (got > 0)
      received += (size_t)got;
    else if (got < 0 && errno == EAGAIN)
      await(path, to);
    else
      fail("%s: receive", path->name);
  }
}

static double udp(const struct path *path) {
  for (int i = 0; i < DATAGRAMS; i++) pass(path, path->near.udp, path->far.udp, PAYLOAD);
  return DATAGRAMS;
}

static double rr(const struct path *path) {
  for (int i = 0; i < ROUND_TRIPS; i++) {
    pass(path, path->near.tcp, path->far.tcp, 1);
    pass(path, path->far.tcp, path->near.tcp, 1);
  }
  return ROUND_TRIPS;
}

static double bulk(const struct path *path) {
  for (int i = 0; i < CHUNKS; i++) pass(path, path->near.tcp, path->far.tcp, CHUNK);
  return CHUNKS * (double)CHUNK / (1 << 20);
}

static const struct kind {
  const char *name;
  double (*batch)(const struct path *);  // returns how many units it has done
} kinds[] = {{"udp", udp}, {"rr", rr}, {"bulk", bulk}};

static void measure(int round, const struct path *path) {
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    kinds[k].batch(path);  // Caches and congestion window.
    double cost[BATCHES];
    for (int i = 0; i < BATCHES; i++) {
      int64_t before = cpu_nanos();
      double units = kinds[k].batch(path);
      cost[i] = (double)(cpu_nanos() - before) / units;
    }
    for (int i = 0; i < BATCHES; i++)
      printf("%d %s %s %.0f\n", round, path->name, kinds[k].name, cost[i]);
  }
}

int main(int argc, char **argv) {
  int rounds = argc > 2 ? atoi(argv[1]) : 0;
  if (rounds < 1) usage();
  for (int i = 2; i < argc; i++) parse_path(argv[i]);
  take_core();
  for (int i = 0; i < path_count; i++) open_path(&paths[i]);

  for (int round = 0; round < rounds; round++) {
    for (int i = 0; i < path_count; i++) {
      measure(round, &paths[(i + round) % path_count]);
      usleep(PAUSE_MICROS);
    }
  }
  if (late > 0) fprintf(stderr, "bench-path: %ld receives had to wait\n", late);
  return 0;
}
