// SPDX-License-Identifier: Apache-2.0
#include "loss.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 64, EXIT_NO_TRAFFIC = 69 };

static const char USAGE[] =
    "usage: margay-loss [OPTION]... < FLOWS\n"
    "\n"
    "  --pps N           datagrams per second, of all UDP flows and both directions together\n"
    "  --seconds S       how long; 0: until SIGINT or SIGTERM\n"
    "  --buffer BYTES    of each socket; the default holds what comes while this program waits for a\n"
    "                    processor, a second and longer\n"
    "  --verbose         one line per direction and connection\n"
    "  --json FILE       also write the report as JSON\n"
    "  --progress FILE   keep a line \"SENT LOST RESETS\" there while it runs\n"
    "\n"
    "A flow is a line \"udp|tcp GROUP FROM TO FROM_NETNS TO_NETNS TO_ADDRESS\".\n"
    "Exit status: 0 nothing lost, 1 packets or connections lost, 75 the run is invalid because\n"
    "queues of this machine were full, 69 a flow cannot be set up.\n";

static const int64_t DRAIN_NS = 1000000000;  // without an arrival, until the rest is lost
static const int64_t PROGRESS_NS = 250000000;

atomic_bool sending = true, receiving = true;

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("margay-loss: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(EXIT_NO_TRAFFIC);
}

int64_t now_ns(int clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* ---- the receiver */

static int watch_all(struct flows *flows) {
  int poller = epoll_create1(EPOLL_CLOEXEC);
  for (size_t end = 0; end < 2 * flows->count; end++) {
    struct flow *flow = &flows->all[end / 2];
    int socket = flow->kind == UDP ? flow->lanes[end % 2].to : flow->streams[end % 2].socket;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = end};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event) != 0) fail("epoll: %s", strerror(errno));
  }
  return poller;
}

static void feed_streams(struct flows *flows, int64_t elapsed) {
  for (size_t i = 0; i < flows->count; i++) {
    if (flows->all[i].kind != TCP) continue;
    feed_stream(&flows->all[i].streams[0], elapsed);
    feed_stream(&flows->all[i].streams[1], elapsed);
  }
}

/* Works in rounds, because to wake up for each datagram costs more than the datagram. */
static void *receive(void *argument) {
  struct flows *flows = argument;
  int poller = watch_all(flows);
  struct epoll_event *events = calloc(2 * flows->count, sizeof *events);
  if (!events) fail("out of memory");
  int64_t start = now_ns(CLOCK_MONOTONIC), last = start;
  while (receiving) {
    int64_t now = now_ns(CLOCK_MONOTONIC);
    if (now - last > flows->longest_round) flows->longest_round = now - last;
    last = now;
    int count = epoll_wait(poller, events, 2 * flows->count, 0);
    for (int i = 0; i < count; i++) {
      struct flow *flow = &flows->all[events[i].data.u64 / 2];
      int end = events[i].data.u64 % 2;
      if (flow->kind == UDP) receive_lane(&flow->lanes[end]);
      else read_stream(&flow->streams[end], now);
    }
    if (sending) feed_streams(flows, now - start);
    struct timespec rest = {0, ROUND_NS};
    nanosleep(&rest, NULL);
  }
  free(events);
  close(poller);
  return NULL;
}

/* ---- from start to end */

static void start_counting(struct flows *flows) {
  for (size_t i = 0; i < flows->count; i++) {
    for (int end = 0; end < 2; end++) {
      start_lane(&flows->all[i].lanes[end], now_ns(CLOCK_REALTIME));
      start_stream(&flows->all[i].streams[end], now_ns(CLOCK_MONOTONIC));
    }
  }
}

/* Until the time is over or somebody ends us. */
static void run(const struct flows *flows, const struct options *options, const sigset_t *signals) {
  int64_t start = now_ns(CLOCK_MONOTONIC);
  for (;;) {
    int64_t left = options->seconds * 1e9 - (now_ns(CLOCK_MONOTONIC) - start);
    if (options->seconds == 0 || left > PROGRESS_NS) left = PROGRESS_NS;
    if (left <= 0) return;
    struct timespec wait = {0, left};
    if (sigtimedwait(signals, NULL, &wait) > 0) return;
    if (options->progress) write_progress(flows, options->progress);
  }
}

/* Waits for what is under way. */
static void drain(const struct flows *flows) {
  uint64_t before = 0;
  int64_t last_arrival = now_ns(CLOCK_MONOTONIC);
  while (now_ns(CLOCK_MONOTONIC) - last_arrival < DRAIN_NS) {
    uint64_t sent = 0, received = 0;
    for (size_t i = 0; i < flows->count; i++) {
      for (int end = 0; end < 2; end++) {
        const struct flow *flow = &flows->all[i];
        sent += flow->lanes[end].sent + flow->streams[end].written;
        received += flow->lanes[end].received + flow->streams[end].read;
      }
    }
    if (received == sent) return;
    if (received != before) last_arrival = now_ns(CLOCK_MONOTONIC);
    before = received;
    struct timespec rest = {0, 10 * ROUND_NS};
    nanosleep(&rest, NULL);
  }
}

static pthread_t start(void *(*function)(void *), void *argument) {
  pthread_t thread;
  int error = pthread_create(&thread, NULL, function, argument);
  if (error) fail("thread: %s", strerror(error));
  return thread;
}

static int measure(struct flows *flows, const struct options *options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // Before there are threads, so that none of them takes the signal.
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  connect_flows(flows, options->buffer_bytes);
  // Others that work hard shall not look like gaps of the network.
  setpriority(PRIO_PROCESS, 0, -10);

  uint64_t backlog = dropped_backlog();
  struct sender sender = {flows, options->pps};
  start_counting(flows);
  int64_t begin = now_ns(CLOCK_MONOTONIC);
  pthread_t receiver_thread = start(receive, flows);
  pthread_t sender_thread = start(send_lanes, &sender);
  run(flows, options, &signals);
  sending = false;
  pthread_join(sender_thread, NULL);
  double seconds = (now_ns(CLOCK_MONOTONIC) - begin) / 1e9;
  drain(flows);
  receiving = false;
  pthread_join(receiver_thread, NULL);
  for (size_t i = 0; i < flows->count; i++) {
    if (flows->all[i].kind != TCP) continue;
    count_retransmits(&flows->all[i].streams[0]);
    count_retransmits(&flows->all[i].streams[1]);
  }
  return report(flows, options, seconds, dropped_backlog() - backlog);
}

/* ---- command line */

static void __attribute__((noreturn)) misuse(const char *word) {
  fprintf(stderr, "margay-loss: %s\n%s", word, USAGE);
  exit(EXIT_USAGE);
}

static double number(const char *option, const char *text) {
  char *end;
  double value = strtod(text, &end);
  if (*text == 0 || *end != 0 || !(value >= 0 && value <= 1e9)) misuse(option);
  return value;
}

int main(int argc, char **argv) {
  struct options options = {.pps = 1000, .seconds = 10, .buffer_bytes = 32 << 20};
  for (int i = 1; i < argc; i++) {
    const char *word = argv[i];
    if (strcmp(word, "--verbose") == 0) {
      options.verbose = true;
      continue;
    }
    if (i + 1 == argc) misuse(word);
    const char *value = argv[++i];
    if (strcmp(word, "--pps") == 0) options.pps = number(word, value);
    else if (strcmp(word, "--seconds") == 0) options.seconds = number(word, value);
    else if (strcmp(word, "--buffer") == 0) options.buffer_bytes = number(word, value);
    else if (strcmp(word, "--json") == 0) options.json = value;
    else if (strcmp(word, "--progress") == 0) options.progress = value;
    else misuse(word);
  }
  struct flows flows = read_flows(stdin);
  return measure(&flows, &options);
}
