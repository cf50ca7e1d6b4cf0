// SPDX-License-Identifier: Apache-2.0
/*
 * margay-loss: traffic between network namespaces, and what became of every packet of it.
 *
 *   main.c    command line, the threads, when to stop
 *   flows.c   reads the flows, opens their sockets in both namespaces, checks that they connect
 *   udp.c     numbered datagrams: sent at a steady rate, counted where they arrive
 *   tcp.c     connections that carry a steady stream both ways
 *   report.c  tables, JSON, verdict
 *
 * Three threads. The sender sends all datagrams. The receiver reads everything and writes the TCP
 * streams. Main waits for the end and looks at the counters. Each field below has one writer;
 * fields that another thread reads while they change are atomic. All times are nanoseconds.
 */
#ifndef LOSS_H
#define LOSS_H

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
  WINDOW = 1 << 16,         // datagrams back from the newest of which each is remembered
  ROUND_NS = 1000 * 1000,   // between two rounds of the sender and of the receiver
  PATIENCE_MS = 10 * 1000,  // until a flow must connect
};

/* One direction of a UDP flow. */
struct lane {
  uint32_t id;
  int from, to;  // sockets

  // Written by the sender.
  _Atomic uint64_t sent;
  _Atomic int64_t last_sent;
  int64_t longest_pause;  // between two sends: a gap as long as this is of our own making

  // Written by the receiver. Arrival is when the kernel had the datagram, not when we read it.
  _Atomic uint64_t received;  // each number once
  _Atomic uint64_t next;      // one more than the highest number received
  _Atomic int64_t last_arrival;
  int64_t longest_gap;  // between two arrivals
  uint64_t reordered;   // arrived after a higher number
  uint64_t duplicated;
  uint64_t seen[WINDOW / 64];  // bit number % WINDOW: arrived
};

/* One end of a TCP connection; the receiver thread writes all of it. */
struct stream {
  int socket;
  _Atomic uint64_t written, read;  // bytes
  int64_t last_read;
  int64_t longest_gap;   // between two reads
  _Atomic bool reset;    // ended by anything but us
  uint32_t retransmits;  // segments that this end sent again
  uint32_t needless;     // those of them that the other end had already
};

/* Traffic both ways between two namespaces; lane and stream 0 are of the namespace that connects. */
struct flow {
  enum { UDP, TCP } kind;
  char group[32];                  // row of the table it belongs to
  char ends[2][64];                // names; the first connects to the second
  char netns[2][256];              // paths
  char address[INET6_ADDRSTRLEN];  // of the second
  struct lane lanes[2];
  struct stream streams[2];
};

struct flows {
  size_t count;
  struct flow *all;
  size_t lanes;
  int64_t longest_round;  // of the receiver, which writes it: a gap as long is of our own making
};

struct options {
  double pps;        // of all lanes together
  double seconds;    // 0: until a signal
  int buffer_bytes;  // of each socket that receives datagrams
  bool verbose;
  const char *json;      // file for the report, or NULL
  const char *progress;  // file that always tells how it stands, or NULL
};

// main.c
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
int64_t now_ns(int clock);
extern atomic_bool sending, receiving;

// flows.c
struct flows read_flows(FILE *file);
void connect_flows(struct flows *flows, int buffer_bytes);

// udp.c
void start_lane(struct lane *lane, int64_t now);
void *send_lanes(void *sender);
void receive_lane(struct lane *lane);
struct sender {
  struct flows *flows;
  double pps;
};

// tcp.c
void start_stream(struct stream *stream, int64_t now);
void feed_stream(struct stream *stream, int64_t elapsed);
void read_stream(struct stream *stream, int64_t now);
void count_retransmits(struct stream *stream);

// report.c
void write_progress(const struct flows *flows, const char *path);
uint64_t dropped_backlog(void);
int report(const struct flows *flows, const struct options *options, double seconds,
           uint64_t backlog);

#endif
