// SPDX-License-Identifier: Apache-2.0
#include "loss.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * A flow is a line "udp|tcp GROUP FROM TO FROM_NETNS TO_NETNS TO_ADDRESS". Who connects takes
 * the address that its kernel chooses: on a node, that of the tunnel.
 */
struct flows read_flows(FILE *file) {
  struct flows flows = {0};
  char line[1024], kind[8];
  while (fgets(line, sizeof line, file)) {
    struct flow flow = {0};
    if (sscanf(line, "%7s %31s %63s %63s %255s %255s %45s", kind, flow.group, flow.ends[0],
               flow.ends[1], flow.netns[0], flow.netns[1], flow.address) != 7)
      fail("no flow: %s", line);
    flow.kind = strcmp(kind, "udp") == 0 ? UDP : TCP;
    flows.all = realloc(flows.all, (flows.count + 1) * sizeof flow);
    if (!flows.all) fail("out of memory");
    flows.all[flows.count++] = flow;
    if (flow.kind == UDP) flows.lanes += 2;
  }
  if (flows.count == 0) fail("there are no flows");
  return flows;
}

/* The socket belongs to the namespace in which it was opened, whoever uses it. */
static int open_socket(const struct flow *flow, int end, int buffer_bytes) {
  int netns = open(flow->netns[end], O_RDONLY | O_CLOEXEC);
  if (netns < 0 || setns(netns, CLONE_NEWNET) != 0)
    fail("%s: %s", flow->netns[end], strerror(errno));
  close(netns);
  int family = strchr(flow->address, ':') ? AF_INET6 : AF_INET;
  int type = flow->kind == UDP ? SOCK_DGRAM : SOCK_STREAM;
  int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket in %s: %s", flow->netns[end], strerror(errno));
  if (flow->kind == UDP) {
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
      fail("socket options in %s: %s", flow->netns[end], strerror(errno));
  }
  return fd;
}

/* Binds to the address of the flow and any port. Returns what to connect to. */
static socklen_t bind_end(const struct flow *flow, int fd, struct sockaddr_storage *bound) {
  struct sockaddr_in *v4 = (struct sockaddr_in *)bound;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)bound;
  socklen_t length = sizeof *v4;
  memset(bound, 0, sizeof *bound);
  if (inet_pton(AF_INET, flow->address, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
  } else if (inet_pton(AF_INET6, flow->address, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    length = sizeof *v6;
  } else {
    fail("%s: \"%s\" is no address", flow->ends[1], flow->address);
  }
  if (bind(fd, (struct sockaddr *)bound, length) != 0 ||
      getsockname(fd, (struct sockaddr *)bound, &length) != 0)
    fail("%s: bind to %s: %s", flow->ends[1], flow->address, strerror(errno));
  return length;
}

static bool await(int fd, short events, int milliseconds) {
  struct pollfd poll_fd = {.fd = fd, .events = events};
  return poll(&poll_fd, 1, milliseconds) > 0;
}

static void __attribute__((noreturn)) no_way(const struct flow *flow) {
  fail("%s: %s of %s does not answer", flow->ends[0], flow->address, flow->ends[1]);
}

/* Says that this end is there. Shorter than a numbered datagram, and not counted. */
static void greet(int socket) {
  send(socket, "hello", 5, 0);
}

/*
 * Greets until a greeting comes back. The first one tells the second end where to send to, which
 * may be an address that a node on the way has put there; and neighbours are known afterwards,
 * whose resolution would drop packets.
 */
static void connect_udp(struct flow *flow, int first, int second) {
  int64_t end = now_ns(CLOCK_MONOTONIC) + PATIENCE_MS * 1000000LL;
  bool known = false;
  do {
    if (now_ns(CLOCK_MONOTONIC) > end) no_way(flow);
    greet(first);
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    char greeting[64];
    if (!known && await(second, POLLIN, 100) &&
        recvfrom(second, greeting, sizeof greeting, 0, (struct sockaddr *)&from, &length) >= 0)
      known = connect(second, (struct sockaddr *)&from, length) == 0;
    if (known) greet(second);
  } while (!known || !await(first, POLLIN, 100));
  flow->lanes[0].from = flow->lanes[1].to = first;
  flow->lanes[0].to = flow->lanes[1].from = second;
}

static void connect_tcp(struct flow *flow, int first, int listening) {
  int accepted = -1, error = 0;
  socklen_t length = sizeof error;
  if (await(listening, POLLIN, PATIENCE_MS))
    accepted = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
  if (accepted < 0 || !await(first, POLLOUT, PATIENCE_MS) ||
      getsockopt(first, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0)
    no_way(flow);
  close(listening);
  flow->streams[0].socket = first;
  flow->streams[1].socket = accepted;
}

void connect_flows(struct flows *flows, int buffer_bytes) {
  for (size_t i = 0; i < flows->count; i++) {
    struct flow *flow = &flows->all[i];
    int second = open_socket(flow, 1, buffer_bytes);
    struct sockaddr_storage to;
    socklen_t length = bind_end(flow, second, &to);
    if (flow->kind == TCP && listen(second, 1) != 0) fail("listen: %s", strerror(errno));
    int first = open_socket(flow, 0, buffer_bytes);
    if (connect(first, (struct sockaddr *)&to, length) != 0 && errno != EINPROGRESS)
      fail("%s: connect to %s: %s", flow->ends[0], flow->address, strerror(errno));
    flow->lanes[0].id = 2 * i;
    flow->lanes[1].id = 2 * i + 1;
    if (flow->kind == UDP) connect_udp(flow, first, second);
    else connect_tcp(flow, first, second);
  }
}
