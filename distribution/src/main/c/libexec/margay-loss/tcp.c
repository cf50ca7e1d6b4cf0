// SPDX-License-Identifier: Apache-2.0
#include "loss.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

enum {
  RATE = 250 * 1000,  // bytes per second and direction: enough to be in flight at any moment
  CHUNK = 64 << 10,
};

static char chunk[CHUNK];

/* Whether a call that returned -1 only has to be made again later. */
static bool may_go_on(void) {
  return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
}

void start_stream(struct stream *stream, int64_t now) {
  stream->last_read = now;
}

/* Writes what is due after a time since the start, as far as the kernel takes it. */
void feed_stream(struct stream *stream, int64_t elapsed) {
  int64_t due = elapsed / 1000000 * RATE / 1000 - (int64_t)stream->written;
  if (stream->reset || due <= 0) return;
  ssize_t written = send(stream->socket, chunk, due < CHUNK ? due : CHUNK, MSG_NOSIGNAL);
  if (written >= 0) stream->written += written;
  else if (!may_go_on()) stream->reset = true;
}

/* Reads what is there. Nobody closes while this runs, so that an end of the stream is a loss. */
void read_stream(struct stream *stream, int64_t now) {
  static char buffer[CHUNK];
  if (stream->reset) return;
  ssize_t count = recv(stream->socket, buffer, sizeof buffer, 0);
  if (count > 0) {
    int64_t gap = now - stream->last_read;
    if (gap > stream->longest_gap) stream->longest_gap = gap;
    stream->last_read = now;
    stream->read += count;
  } else if (count == 0 || !may_go_on()) {
    stream->reset = true;
  }
}

void count_retransmits(struct stream *stream) {
  struct tcp_info info;
  socklen_t length = sizeof info;
  memset(&info, 0, sizeof info);
  if (getsockopt(stream->socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return;
  stream->retransmits = info.tcpi_total_retrans;
  stream->needless = info.tcpi_dsack_dups;
}
