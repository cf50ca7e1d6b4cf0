/* SPDX-License-Identifier: Apache-2.0
 *
 * margay-cni: the executable that a container runtime starts for each CNI call. It relays the call
 * to the agent of the node and prints the agent's answer. It decides nothing while an agent
 * answers; while none does, it says so as the CNI specification wants it, and keeps a DEL for later.
 *
 * Wire, one call per connection, numbers big-endian:
 *   call    u32 length, then `NAME=value\0` for each CNI variable that is set, for TRACEPARENT and
 *           for PLUGIN, the name of this executable; `\0`, standard input
 *   answer  u32 length, then u8 exit status, standard output
 * The connection stays open both ways until the answer has been read: the agent takes an earlier
 * end for a runtime that gave up, and undoes an ADD.
 *
 * Spool: a DEL that cannot be delivered becomes the file `network,container,ifname` in the spool
 * directory: `BOOT_ID=...\0` followed by the call as above without its length. It is synced before
 * it gets its name, and the directory after, so a DEL that succeeded is never forgotten.
 *
 * Where the agent is: MARGAY_CNI_SOCKET and MARGAY_CNI_SPOOL, else `socket=` and `spool=` in
 * margay-cni.conf beside this executable, else the defaults below. A socket S/run/cni.sock implies
 * the spool S/spool. `wait=` is how many seconds an ADD waits for an agent, `answer=` how many any
 * call waits for its answer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_CALL (4 << 20)
#define VERSIONS "\"0.1.0\",\"0.2.0\",\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\""

enum { BAD_ENVIRONMENT = 4, IO_FAILURE = 5, BAD_CONFIG = 7, TRY_LATER = 11, NOT_AVAILABLE = 50 };

static char socket_path[PATH_MAX], spool_path[PATH_MAX];
static int wait_seconds = 15, answer_seconds = 120;

static char call[MAX_CALL]; /* the call without its length */
static size_t call_size, input_at;
static char answer[MAX_CALL];
static char version[16] = "1.1.0"; /* of the network configuration */

static void print_escaped(const char *text) {
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') putchar('\\');
    putchar(*text < ' ' || *text > '~' ? '?' : *text); /* may be no UTF-8 */
  }
}

static int fail(int code, const char *message, const char *details) {
  printf("{\"cniVersion\":\"%s\",\"code\":%d,\"msg\":\"%s\",\"details\":\"", version, code, message);
  print_escaped(details);
  printf("\"}\n");
  return 1;
}

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

/* ---- Where the agent is ---- */

static void set(char *to, const char *value) { snprintf(to, PATH_MAX, "%s", value); }

static void read_conf(void) {
  char path[PATH_MAX], line[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
  if (n < 0) return;
  path[n] = 0;
  strcpy(strrchr(path, '/') + 1, "margay-cni.conf");
  FILE *file = fopen(path, "re");
  if (!file) return;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\r\n")] = 0;
    char *value = strchr(line, '=');
    if (line[0] == '#' || !value) continue;
    *value++ = 0;
    if (!strcmp(line, "socket")) set(socket_path, value);
    if (!strcmp(line, "spool")) set(spool_path, value);
    if (!strcmp(line, "wait")) wait_seconds = atoi(value);
    if (!strcmp(line, "answer")) answer_seconds = atoi(value);
  }
  fclose(file);
}

static void find_agent(void) {
  static const char in_state[] = "/run/cni.sock";
  read_conf();
  if (*variable("MARGAY_CNI_SOCKET")) {
    set(socket_path, variable("MARGAY_CNI_SOCKET"));
    spool_path[0] = 0; /* the conf's spool belongs to the conf's socket */
  }
  if (*variable("MARGAY_CNI_SPOOL")) set(spool_path, variable("MARGAY_CNI_SPOOL"));
  if (!socket_path[0]) set(socket_path, "/run/margay/cni.sock");
  size_t length = strlen(socket_path), tail = sizeof in_state - 1;
  if (!spool_path[0] && length > tail && !strcmp(socket_path + length - tail, in_state))
    snprintf(spool_path, PATH_MAX, "%.*s/spool", (int)(length - tail), socket_path);
  if (!spool_path[0]) set(spool_path, "/var/lib/margay/spool");
}

/* ---- The call ---- */

static int add_variable(const char *name, const char *value) {
  size_t room = MAX_CALL - call_size - 1;
  size_t n = (size_t)snprintf(call + call_size, room, "%s=%s", name, value);
  if (n >= room) return errno = E2BIG, -1;
  call_size += n + 1;
  return 0;
}

/* Reads environment and standard input; 0, or -1 with errno. */
static int read_call(const char *plugin) {
  static const char *names[] = {"CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_NETNS_OVERRIDE",
                                "CNI_IFNAME",  "CNI_ARGS",        "CNI_PATH",  "TRACEPARENT"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *value = getenv(names[i]);
    if (value && add_variable(names[i], value)) return -1;
  }
  if (add_variable("PLUGIN", plugin)) return -1;
  call[call_size++] = 0;
  input_at = call_size;
  for (;;) {
    if (call_size == MAX_CALL) return errno = EFBIG, -1;
    ssize_t n = read(0, call + call_size, MAX_CALL - call_size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return (int)n;
    call_size += (size_t)n;
  }
}

/* Copies the value of a plain string member of the top-level object; -1 when there is none. */
static int json_member(const char *key, char *value, size_t size) {
  const char *p = call + input_at, *end = call + call_size, *name = 0;
  size_t name_size = 0;
  int depth = 0, found = -1, is_value = 0;
  while (p < end) {
    char c = *p++;
    if (c == '{' || c == '[') depth++;
    if (c == '}' || c == ']') depth--;
    if (c == ':') is_value = 1;
    if (c == ',' || c == '{') is_value = 0;
    if (c != '"') continue;
    const char *start = p;
    while (p < end && *p != '"') p += *p == '\\' ? 2 : 1;
    if (p >= end) return -1;
    size_t n = (size_t)(p++ - start);
    if (depth != 1) continue;
    if (!is_value) {
      name = start, name_size = n;
    } else if (name && name_size == strlen(key) && !memcmp(name, key, name_size)) {
      if (n >= size || memchr(start, '\\', n)) return -1;
      memcpy(value, start, n), value[n] = 0;
      found = 0;
    }
  }
  return found;
}

/* Keeps the latest when the configuration's version is not fit to be printed. */
static void read_version(void) {
  static const char fit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-";
  char text[sizeof version];
  if (!json_member("cniVersion", text, sizeof text) && !text[strspn(text, fit)])
    strcpy(version, text);
}

/* ---- The agent ---- */

static int connect_agent(int seconds) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct timeval limit = {.tv_sec = answer_seconds};
  struct timespec now, pause = {.tv_nsec = 50000000};
  if (strlen(socket_path) >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
  strcpy(address.sun_path, socket_path);
  clock_gettime(CLOCK_MONOTONIC, &now);
  for (time_t end = now.tv_sec + seconds;;) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (!connect(fd, (struct sockaddr *)&address, sizeof address)) return fd;
    int why = errno;
    close(fd);
    errno = why;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec >= end) return -1;
    nanosleep(&pause, 0);
  }
}

static int write_all(int fd, const char *data, size_t size, int is_socket) {
  while (size) {
    ssize_t n = is_socket ? send(fd, data, size, MSG_NOSIGNAL) : write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    data += n, size -= (size_t)n;
  }
  return 0;
}

static int receive_all(int fd, char *data, size_t size) {
  while (size) {
    ssize_t n = recv(fd, data, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ECONNRESET;
    if (n <= 0) return -1;
    data += n, size -= (size_t)n;
  }
  return 0;
}

/* Sends the call and prints the answer; the exit status, or -1 when the agent died meanwhile. */
static int ask(int fd) {
  uint32_t size = htonl((uint32_t)call_size);
  if (write_all(fd, (char *)&size, sizeof size, 1) || write_all(fd, call, call_size, 1)) return -1;
  if (receive_all(fd, (char *)&size, sizeof size)) return -1;
  size = ntohl(size);
  if (size == 0 || size > MAX_CALL) return errno = EPROTO, -1;
  if (receive_all(fd, answer, size)) return -1;
  return write_all(1, answer + 1, size - 1, 0) ? 1 : (unsigned char)answer[0];
}

/* ---- The spool ---- */

static int is_name(const char *text) {
  static const char allowed[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return *text && !strchr("_.-", *text) && !text[strspn(text, allowed)];
}

static int make_directories(void) {
  for (char *p = spool_path + 1;; p++) {
    char c = *p;
    if (c && c != '/') continue;
    *p = 0;
    int failed = mkdir(spool_path, 0700) && errno != EEXIST;
    *p = c;
    if (failed) return -1;
    if (!c) return 0;
  }
}

/* Gives a file without a name its name. What has that name already is a DEL of the same attachment. */
static int link_file(int fd, const char *name) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) && errno != EEXIST ? -1 : 0;
}

/* The file has no name until all is written, so that a relay that is killed leaves nothing; where
 * the file system cannot do that, it has another one. */
static int write_spool(const char *name) {
  char boot[64] = "", temporary[] = ".tmp-XXXXXX";
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, boot, 36) != 36 || close(fd)) return -1;
  if (make_directories() || chdir(spool_path)) return -1;
  fd = open(".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  int has_name = fd < 0;
  if (has_name && (fd = mkstemp(temporary)) < 0) return -1;
  if (write_all(fd, "BOOT_ID=", 8, 0) || write_all(fd, boot, 37, 0) ||
      write_all(fd, call, call_size, 0) || fsync(fd) ||
      (has_name ? rename(temporary, name) : link_file(fd, name)) || close(fd)) {
    int why = errno;
    if (has_name) unlink(temporary);
    errno = why;
    return -1;
  }
  fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 || fsync(fd) || close(fd) ? -1 : 0;
}

static int spool(void) {
  char network[NAME_MAX], name[NAME_MAX + 1];
  const char *container = variable("CNI_CONTAINERID"), *ifname = variable("CNI_IFNAME");
  if (!is_name(container))
    return fail(BAD_ENVIRONMENT, "CNI_CONTAINERID: missing or invalid", container);
  if (!*ifname || strchr(ifname, '/'))
    return fail(BAD_ENVIRONMENT, "CNI_IFNAME: missing or invalid", ifname);
  if (json_member("name", network, sizeof network) || !is_name(network))
    return fail(BAD_CONFIG, "name: missing or invalid in the network configuration", "");
  /* No ADD takes names that are longer together: there is nothing to delete. */
  if (snprintf(name, sizeof name, "%s,%s,%s", network, container, ifname) > NAME_MAX) return 0;
  if (!write_spool(name)) return 0;
  char details[PATH_MAX + 128];
  snprintf(details, sizeof details, "%s: %s", spool_path, strerror(errno));
  return fail(TRY_LATER, "the agent does not answer and the DEL cannot be spooled", details);
}

/* What is said when no agent answers; errno says why. */
static int answer_alone(const char *verb) {
  char details[PATH_MAX + 128];
  snprintf(details, sizeof details, "%s: %s", socket_path, strerror(errno));
  if (!strcmp(verb, "DEL")) return spool();
  if (!strcmp(verb, "VERSION"))
    return printf("{\"cniVersion\":\"%s\",\"supportedVersions\":[" VERSIONS "]}\n", version) < 0;
  if (!strcmp(verb, "STATUS")) return fail(NOT_AVAILABLE, "the agent does not answer", details);
  if (!strcmp(verb, "ADD") || !strcmp(verb, "CHECK") || !strcmp(verb, "GC"))
    return fail(TRY_LATER, "the agent does not answer", details);
  return fail(BAD_ENVIRONMENT, "CNI_COMMAND: missing or unknown", verb);
}

int main(int argc, char **argv) {
  const char *verb = variable("CNI_COMMAND");
  find_agent();
  const char *slash = argc ? strrchr(argv[0], '/') : 0;
  int failed = read_call(slash ? slash + 1 : argc ? argv[0] : "");
  read_version();
  if (failed) return fail(IO_FAILURE, "cannot read the request", strerror(errno));
  int fd = connect_agent(strcmp(verb, "ADD") ? 0 : wait_seconds);
  int status = fd < 0 ? -1 : ask(fd);
  return status < 0 ? answer_alone(verb) : status;
}
