// SPDX-License-Identifier: Apache-2.0
#include "loss.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, MAGIC = 0x6d676c73 };

struct datagram {
  uint32_t magic;
  uint32_t lane;  // its id, from 0
  uint64_t number;
  uint8_t padding[48];
};

void start_lane(struct lane *lane, int64_t now) {
  lane->last_sent = lane->last_arrival = now;
}

/* ---- sending */

/*
 * Sends the next datagrams of a lane. Returns how many numbers are used up: one that the kernel
 * refuses twice is sent and lost; the first refusal may be about an earlier datagram.
 */
static int send_batch(const struct lane *lane, int count) {
  static struct datagram datagrams[BATCH];
  static struct iovec buffers[BATCH];
  static struct mmsghdr messages[BATCH];
  for (int i = 0; i < count; i++) {
    datagrams[i] = (struct datagram){.magic = MAGIC, .lane = lane->id, .number = lane->sent + i};
    buffers[i] = (struct iovec){&datagrams[i], sizeof datagrams[i]};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &buffers[i], .msg_iovlen = 1};
  }
  int done = 0;
  bool refused = false;
  while (done < count) {
    int sent = sendmmsg(lane->from, messages + done, count - done, 0);
    if (sent > 0) {
      done += sent;
      refused = false;
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      break;  // The socket's buffer is full: the next round goes on.
    } else if (errno != EINTR) {
      done += refused;
      refused = !refused;
    }
  }
  return done;
}

static void send_due(struct lane *lane, double due) {
  int64_t count = (int64_t)due - (int64_t)lane->sent;
  if (count <= 0) return;
  // After a long wait for the processor, catch up in steps: a burst would fill queues.
  int done = send_batch(lane, count < BATCH ? count : BATCH);
  int64_t now = now_ns(CLOCK_REALTIME);
  if (now - lane->last_sent > lane->longest_pause) lane->longest_pause = now - lane->last_sent;
  lane->last_sent = now;
  lane->sent += done;
}

/* The thread that sends. Lanes take their turns at different times, so that load is even. */
void *send_lanes(void *argument) {
  struct sender *sender = argument;
  struct flows *flows = sender->flows;
  double rate = sender->pps / flows->lanes / 1e9;  // datagrams per lane and nanosecond
  int64_t start = now_ns(CLOCK_MONOTONIC), wake = start;
  while (sending) {
    int64_t now = now_ns(CLOCK_MONOTONIC);
    for (size_t i = 0, lane = 0; i < flows->count; i++) {
      if (flows->all[i].kind != UDP) continue;
      for (int way = 0; way < 2; way++, lane++)
        send_due(&flows->all[i].lanes[way], (now - start) * rate + (double)lane / flows->lanes);
    }
    wake = now - wake > ROUND_NS ? now + ROUND_NS : wake + ROUND_NS;
    struct timespec until = {wake / 1000000000, wake % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
  }
  return NULL;
}

/* ---- receiving */

static void count_arrival(struct lane *lane, uint64_t number, int64_t arrival) {
  if (arrival - lane->last_arrival > lane->longest_gap)
    lane->longest_gap = arrival - lane->last_arrival;
  lane->last_arrival = arrival;

  // Too old to know whether it came before: it stays lost.
  if (number + WINDOW < lane->next) return;
  for (uint64_t skipped = lane->next; skipped <= number; skipped++)
    lane->seen[skipped % WINDOW / 64] &= ~(1ULL << skipped % 64);
  uint64_t bit = 1ULL << number % 64, *seen = &lane->seen[number % WINDOW / 64];
  if (*seen & bit) {
    lane->duplicated++;
    return;
  }
  *seen |= bit;
  if (number < lane->next) lane->reordered++;
  else lane->next = number + 1;
  lane->received++;
}

static int64_t arrival_of(struct msghdr *message) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec time;
      memcpy(&time, CMSG_DATA(c), sizeof time);
      return time.tv_sec * 1000000000LL + time.tv_nsec;
    }
  }
  return now_ns(CLOCK_REALTIME);
}

static int receive_batch(struct lane *lane) {
  static struct datagram datagrams[BATCH];
  static struct iovec buffers[BATCH];
  static struct mmsghdr messages[BATCH];
  static char control[BATCH][CMSG_SPACE(sizeof(struct timespec))];
  for (int i = 0; i < BATCH; i++) {
    buffers[i] = (struct iovec){&datagrams[i], sizeof datagrams[i]};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &buffers[i],
                                          .msg_iovlen = 1,
                                          .msg_control = control[i],
                                          .msg_controllen = sizeof control[i]};
  }
  int count = recvmmsg(lane->to, messages, BATCH, 0, NULL);
  for (int i = 0; i < count; i++) {
    const struct datagram *d = &datagrams[i];
    if (messages[i].msg_len == sizeof *d && d->magic == MAGIC && d->lane == lane->id)
      count_arrival(lane, d->number, arrival_of(&messages[i].msg_hdr));
  }
  return count;
}

/* Reads all that is there. */
void receive_lane(struct lane *lane) {
  while (receive_batch(lane) == BATCH) continue;
}
