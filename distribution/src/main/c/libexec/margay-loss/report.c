// SPDX-License-Identifier: Apache-2.0
#include "loss.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { EXIT_LOSS = 1, EXIT_INVALID = 75 };

static const int64_t SILENCE_NS = 1000000000;

/* ---- while it runs */

/*
 * Numbers that were skipped; of a direction in which nothing arrives any more, all that was sent.
 * Read in this order, so that a datagram which arrives meanwhile is never taken for lost.
 */
static uint64_t lost_so_far(const struct lane *lane, int64_t now) {
  bool silent = now - lane->last_arrival > SILENCE_NS;
  uint64_t until = silent ? lane->sent : lane->next;
  uint64_t received = lane->received;
  return until > received ? until - received : 0;
}

/* One line "SENT LOST RESETS", whole at any time. */
void write_progress(const struct flows *flows, const char *path) {
  uint64_t sent = 0, lost = 0, resets = 0;
  int64_t now = now_ns(CLOCK_REALTIME);
  for (size_t i = 0; i < flows->count; i++) {
    const struct flow *flow = &flows->all[i];
    for (int way = 0; way < 2; way++) {
      sent += flow->lanes[way].sent;
      if (flow->kind == UDP) lost += lost_so_far(&flow->lanes[way], now);
    }
    resets += flow->streams[0].reset || flow->streams[1].reset;
  }
  char fresh[4096];
  snprintf(fresh, sizeof fresh, "%s.new", path);
  FILE *file = fopen(fresh, "w");
  if (!file || fprintf(file, "%lu %lu %lu\n", sent, lost, resets) < 0 || fclose(file) != 0 ||
      rename(fresh, path) != 0)
    fail("%s: %s", path, strerror(errno));
}

/* Packets of the whole machine that found the queue of their processor full. */
uint64_t dropped_backlog(void) {
  FILE *file = fopen("/proc/net/softnet_stat", "r");
  if (!file) fail("/proc/net/softnet_stat: %s", strerror(errno));
  uint64_t sum = 0;
  unsigned processed, dropped;
  while (fscanf(file, "%x %x %*[^\n]", &processed, &dropped) == 2) sum += dropped;
  fclose(file);
  return sum;
}

/* ---- the end */

/* Datagrams that arrived when the socket was full: the counter that SO_RXQ_OVFL sends along. */
static uint32_t overflows(int socket) {
  enum { SK_MEMINFO_DROPS = 8, VALUES = 9, SO_MEMINFO_OPTION = 55 };  // linux/sock_diag.h
  uint32_t values[VALUES] = {0};
  socklen_t length = sizeof values;
  if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO_OPTION, values, &length) != 0)
    fail("SO_MEMINFO: %s", strerror(errno));
  return values[SK_MEMINFO_DROPS];
}

/* What one line tells: of one direction of a UDP flow, of one connection, or the sum of such. */
struct row {
  char name[192];
  const char *group;
  int kind;  // UDP or TCP
  uint64_t count, sent, lost, reordered, duplicated, overflows;  // datagrams
  uint64_t bytes, lost_segments, retransmits, resets;            // of TCP
  uint64_t stalled;                                              // not all data arrived
  int64_t gap, pause;
};

static int64_t longer(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static struct row lane_row(const struct flow *flow, int way) {
  const struct lane *lane = &flow->lanes[way];
  struct row row = {
      .group = flow->group,
      .kind = UDP,
      .count = 1,
      .sent = lane->sent,
      .lost = lane->sent - lane->received,
      .reordered = lane->reordered,
      .duplicated = lane->duplicated,
      .overflows = overflows(lane->to),
      .gap = longer(lane->longest_gap, lane->last_sent - lane->last_arrival),
      .pause = lane->longest_pause,
  };
  snprintf(row.name, sizeof row.name, "%s %s > %s", flow->group, flow->ends[way], flow->ends[!way]);
  return row;
}

/* Retransmits of what had arrived are probes: TCP sends them when a processor is late. */
static uint64_t lost_segments(const struct stream *stream) {
  return stream->retransmits > stream->needless ? stream->retransmits - stream->needless : 0;
}

static struct row connection_row(const struct flow *flow, int64_t longest_round) {
  const struct stream *a = &flow->streams[0], *b = &flow->streams[1];
  bool reset = a->reset || b->reset;
  struct row row = {
      .group = flow->group,
      .kind = TCP,
      .count = 1,
      .bytes = a->read + b->read,
      .lost_segments = lost_segments(a) + lost_segments(b),
      .retransmits = a->retransmits + b->retransmits,
      .resets = reset,
      .stalled = !reset && (a->read != b->written || b->read != a->written),
      .gap = longer(a->longest_gap, b->longest_gap),
      .pause = longest_round,
  };
  snprintf(row.name, sizeof row.name, "%s %s - %s", flow->group, flow->ends[0], flow->ends[1]);
  return row;
}

static void add(struct row *sum, const struct row *row) {
  sum->count += row->count;
  sum->sent += row->sent;
  sum->lost += row->lost;
  sum->reordered += row->reordered;
  sum->duplicated += row->duplicated;
  sum->overflows += row->overflows;
  sum->bytes += row->bytes;
  sum->retransmits += row->retransmits;
  sum->lost_segments += row->lost_segments;
  sum->resets += row->resets;
  sum->stalled += row->stalled;
  sum->gap = longer(sum->gap, row->gap);
  sum->pause = longer(sum->pause, row->pause);
}

struct table {
  size_t count;
  struct row *rows;
};

static struct table details(const struct flows *flows) {
  struct table table = {0, calloc(2 * flows->count, sizeof(struct row))};
  if (!table.rows) fail("out of memory");
  for (size_t i = 0; i < flows->count; i++) {
    const struct flow *flow = &flows->all[i];
    if (flow->kind == TCP) {
      table.rows[table.count++] = connection_row(flow, flows->longest_round);
    } else {
      table.rows[table.count++] = lane_row(flow, 0);
      table.rows[table.count++] = lane_row(flow, 1);
    }
  }
  return table;
}

/* One row per group, in the order in which they come. */
static struct table grouped(const struct table *details) {
  struct table table = {0, calloc(details->count, sizeof(struct row))};
  if (!table.rows) fail("out of memory");
  for (size_t i = 0; i < details->count; i++) {
    const struct row *row = &details->rows[i];
    size_t group = 0;
    while (group < table.count && (table.rows[group].kind != row->kind ||
                                   strcmp(table.rows[group].group, row->group) != 0))
      group++;
    struct row *sum = &table.rows[group];
    if (group == table.count) {
      table.count++;
      sum->kind = row->kind;
      sum->group = row->group;
      snprintf(sum->name, sizeof sum->name, "%s", row->group);
    }
    add(sum, row);
  }
  return table;
}

static double milliseconds(int64_t ns) {
  return ns / 1e6;
}

static int name_width(const struct table *table) {
  size_t width = 0;
  for (size_t i = 0; i < table->count; i++) {
    size_t length = strlen(table->rows[i].name);
    if (length > width) width = length;
  }
  return width;
}

static void print_udp(const struct table *table) {
  int width = name_width(table);
  printf("%-*s  DIRECTIONS        SENT      LOST  REORDERED  DUPLICATED  GAP ms  PAUSE ms"
         "  OVERFLOWS\n", width, "UDP");
  for (size_t i = 0; i < table->count; i++) {
    const struct row *row = &table->rows[i];
    if (row->kind == UDP)
      printf("%-*s  %10lu  %10lu  %8lu  %9lu  %10lu  %6.1f  %8.1f  %9lu\n", width, row->name,
             row->count, row->sent, row->lost, row->reordered, row->duplicated,
             milliseconds(row->gap), milliseconds(row->pause), row->overflows);
  }
}

static void print_tcp(const struct table *table) {
  int width = name_width(table);
  printf("%-*s  CONNECTIONS         KIB      LOST  RETRANSMITS  RESETS  STALLED  GAP ms  PAUSE ms\n",
         width, "TCP");
  for (size_t i = 0; i < table->count; i++) {
    const struct row *row = &table->rows[i];
    if (row->kind == TCP)
      printf("%-*s  %11lu  %10lu  %8lu  %11lu  %6lu  %7lu  %6.1f  %8.1f\n", width, row->name,
             row->count, row->bytes >> 10, row->lost_segments, row->retransmits, row->resets,
             row->stalled, milliseconds(row->gap), milliseconds(row->pause));
  }
}

/* Without braces, so that the caller can add members. */
static void write_row(FILE *file, const struct row *row) {
  fprintf(file, "\"name\":\"%s\",\"protocol\":\"%s\",\"count\":%lu,\"gapMillis\":%.3f,"
          "\"pauseMillis\":%.3f",
          row->name, row->kind == UDP ? "udp" : "tcp", row->count, milliseconds(row->gap),
          milliseconds(row->pause));
  if (row->kind == UDP)
    fprintf(file,
            ",\"sent\":%lu,\"lost\":%lu,\"reordered\":%lu,\"duplicated\":%lu,\"overflows\":%lu",
            row->sent, row->lost, row->reordered, row->duplicated, row->overflows);
  else
    fprintf(file,
            ",\"bytes\":%lu,\"lostSegments\":%lu,\"retransmits\":%lu,\"resets\":%lu,"
            "\"stalled\":%lu",
            row->bytes, row->lost_segments, row->retransmits, row->resets, row->stalled);
}

static void write_rows(FILE *file, const char *name, const struct table *table) {
  fprintf(file, ",\"%s\":[", name);
  for (size_t i = 0; i < table->count; i++) {
    fputs(i == 0 ? "{" : ",{", file);
    write_row(file, &table->rows[i]);
    fputc('}', file);
  }
  fputc(']', file);
}

/* What all came to, and how to call it. */
struct outcome {
  struct row total;
  uint64_t backlog;
  double seconds;
  const char *verdict;
  int status;
};

static struct outcome judge(const struct table *details, double seconds, uint64_t backlog) {
  struct outcome outcome = {.seconds = seconds, .backlog = backlog, .verdict = "ok"};
  for (size_t i = 0; i < details->count; i++) add(&outcome.total, &details->rows[i]);
  const struct row *total = &outcome.total;
  if (total->overflows > 0 || (backlog > 0 && total->lost + total->lost_segments > 0)) {
    outcome.verdict = "invalid";
    outcome.status = EXIT_INVALID;
  } else if (total->lost + total->lost_segments + total->resets + total->stalled > 0) {
    outcome.verdict = "lossy";
    outcome.status = EXIT_LOSS;
  }
  return outcome;
}

static void write_json(const char *path, const struct outcome *outcome,
                       const struct table *groups, const struct table *details) {
  const struct row *total = &outcome->total;
  FILE *file = fopen(path, "w");
  if (!file) fail("%s: %s", path, strerror(errno));
  fprintf(file,
          "{\"verdict\":\"%s\",\"seconds\":%.3f,\"sent\":%lu,\"lost\":%lu,\"reordered\":%lu,"
          "\"duplicated\":%lu,\"overflows\":%lu,\"backlogDrops\":%lu,\"lostSegments\":%lu,"
          "\"retransmits\":%lu,\"resets\":%lu,\"stalled\":%lu,\"gapMillis\":%.3f",
          outcome->verdict, outcome->seconds, total->sent, total->lost, total->reordered,
          total->duplicated, total->overflows, outcome->backlog, total->lost_segments,
          total->retransmits, total->resets, total->stalled, milliseconds(total->gap));
  write_rows(file, "groups", groups);
  write_rows(file, "flows", details);
  fputs("}\n", file);
  if (fclose(file) != 0) fail("%s: %s", path, strerror(errno));
}

/* Prints all, and returns the exit status: the verdict. */
int report(const struct flows *flows, const struct options *options, double seconds,
           uint64_t backlog) {
  struct table all = details(flows);
  struct table groups = grouped(&all);
  struct outcome outcome = judge(&all, seconds, backlog);
  const struct row *total = &outcome.total;
  const struct table *shown = options->verbose ? &all : &groups;
  print_udp(shown);
  putchar('\n');
  print_tcp(shown);
  printf("\n%lu of %lu packets lost, %lu TCP segments lost, %lu resets,"
         " in %.1f s at %.0f of %.0f packets/s\n",
         total->lost, total->sent, total->lost_segments, total->resets, seconds,
         total->sent / seconds, options->pps);
  if (total->stalled > 0)
    printf("%lu TCP connections did not deliver what was written to them\n", total->stalled);
  if (outcome.status == EXIT_INVALID)
    printf(
        "INVALID: packets found a full queue of this machine (%lu in sockets, %lu before a\n"
        "processor), which says nothing about the network: use fewer packets/s, or a quieter machine\n",
        total->overflows, backlog);
  if (options->json) write_json(options->json, &outcome, &groups, &all);
  free(groups.rows);
  free(all.rows);
  return outcome.status;
}
