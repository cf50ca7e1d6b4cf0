// SPDX-License-Identifier: Apache-2.0
/*
 * margay-client: the operator's end of the console of a running agent.
 *
 * A thin pipe between this terminal and the agent's unix socket; every command runs in the agent.
 * Both sides send frames: type (1 byte), length of the payload (4 bytes, big endian), payload.
 *
 *   client to agent, the first frame is E or T
 *     E  runs the command line in the payload, without a terminal
 *     T  opens an interactive console: columns (u16), rows (u16), value of TERM
 *     I  standard input or keys; empty: end of input
 *     W  the window's size: columns (u16), rows (u16)
 *     C  Ctrl-C was pressed while a command line runs (a console gets it as a key)
 *   agent to client
 *     o  standard output
 *     e  standard error
 *     r  asks for one I frame; only after E, so that input which no command reads stays unread
 *     x  exit status (1 byte); the last frame
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_NO_AGENT = 69, MAX_PAYLOAD = 1 << 20, CHUNK = 1 << 16 };

static const char DEFAULT_STATE[] = "/var/lib/margay";
static const char USAGE[] =
    "usage: margay [--state DIR | --socket PATH] COMMAND\n"
    "\n"
    "  console                        open the interactive console of the agent\n"
    "  exec [-f FILE] LINE            run a console command line; FILE is its standard input\n"
    "  apply -f FILE                  create or change the resources in FILE (- is standard input)\n"
    "  get KIND [NAME] [OPTION]...    print resources; -f FILE: those named in FILE\n"
    "  delete KIND NAME | -f FILE     delete resources\n";

static int agent = -1;           // the socket
static int signal_pipe[2];       // a handler writes the number of the signal here
static struct termios cooked;    // the terminal as found
static volatile sig_atomic_t raw; // whether the terminal must be put back

static void restore_terminal(void) {
  if (raw) {
    raw = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
  }
}

static void __attribute__((noreturn, format(printf, 2, 3))) fail(int status, const char *format, ...) {
  restore_terminal();
  va_list arguments;
  va_start(arguments, format);
  fputs("margay: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(status);
}

static void __attribute__((noreturn)) agent_gone(void) {
  fail(EXIT_NO_AGENT, "the agent went away before it answered");
}

/* Writes all, or returns -1. */
static int write_all(int fd, const void *bytes, size_t length) {
  const char *at = bytes;
  while (length > 0) {
    ssize_t written = fd == agent ? send(fd, at, length, MSG_NOSIGNAL) : write(fd, at, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {  // Somebody made our output non-blocking.
      poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
      continue;
    }
    if (written < 0) return -1;
    at += written;
    length -= (size_t)written;
  }
  return 0;
}

static void send_frame(char type, const void *payload, size_t length) {
  unsigned char head[5] = {(unsigned char)type, (unsigned char)(length >> 24),
                           (unsigned char)(length >> 16), (unsigned char)(length >> 8),
                           (unsigned char)length};
  if (write_all(agent, head, sizeof head) < 0 || write_all(agent, payload, length) < 0) {
    // The agent may have said why it hung up: its last frames are still to be read.
    if (errno != EPIPE && errno != ECONNRESET) agent_gone();
  }
}

static void read_all(void *bytes, size_t length) {
  char *at = bytes;
  while (length > 0) {
    ssize_t got = read(agent, at, length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) agent_gone();
    at += got;
    length -= (size_t)got;
  }
}

/* Our own output failed. A reader that left (head, less) is no error worth a message. */
static void __attribute__((noreturn)) output_failed(void) {
  if (errno == EPIPE || errno == EIO) {
    restore_terminal();
    exit(128 + SIGPIPE);
  }
  fail(1, "write: %s", strerror(errno));
}

/* Handles one frame. Returns the exit status, or -1 while there is none; *wanted: input was asked for. */
static int receive_frame(int *wanted) {
  static unsigned char payload[MAX_PAYLOAD];
  unsigned char head[5];
  read_all(head, sizeof head);
  size_t length = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
  if (length > MAX_PAYLOAD) fail(EXIT_NO_AGENT, "the socket does not speak the console's protocol");
  read_all(payload, length);
  switch (head[0]) {
    case 'o':
      if (write_all(STDOUT_FILENO, payload, length) < 0) output_failed();
      return -1;
    case 'e':
      if (write_all(STDERR_FILENO, payload, length) < 0 && errno != EPIPE) output_failed();
      return -1;
    case 'r':
      *wanted = 1;
      return -1;
    case 'x':
      return length == 1 ? payload[0] : EXIT_NO_AGENT;
    default:
      return -1;  // A newer agent may say more than we know.
  }
}

static void on_signal(int number) {
  int saved = errno;
  unsigned char byte = (unsigned char)number;
  if (number == SIGTERM || number == SIGHUP) {
    restore_terminal();
    _exit(128 + number);
  }
  ssize_t ignored = write(signal_pipe[1], &byte, 1);  // Full: enough signals are waiting already.
  (void)ignored;
  errno = saved;
}

static void catch_signals(int interactive) {
  if (pipe2(signal_pipe, O_NONBLOCK | O_CLOEXEC) < 0) fail(1, "pipe: %s", strerror(errno));
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGHUP, &action, NULL);
  if (interactive) {
    sigaction(SIGWINCH, &action, NULL);
  } else {
    action.sa_flags = (int)SA_RESETHAND;  // A second Ctrl-C ends us, whatever the agent does.
    sigaction(SIGINT, &action, NULL);
  }
}

/* Columns and rows of the terminal in wire form. */
static void window_size(unsigned char size[4]) {
  struct winsize window;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) < 0 || window.ws_col == 0) {
    window.ws_col = 80;
    window.ws_row = 24;
  }
  size[0] = (unsigned char)(window.ws_col >> 8);
  size[1] = (unsigned char)window.ws_col;
  size[2] = (unsigned char)(window.ws_row >> 8);
  size[3] = (unsigned char)window.ws_row;
}

/* Sends what can be read now. Returns 0 at the end of input. */
static int send_input(int usable) {
  static char bytes[CHUNK];
  ssize_t got = usable ? read(STDIN_FILENO, bytes, sizeof bytes) : 0;
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return 1;
  send_frame('I', bytes, got > 0 ? (size_t)got : 0);
  return got > 0;
}

/* Carries bytes until the agent gives the exit status. */
static int relay(int interactive, int use_input) {
  int wanted = interactive;
  for (;;) {
    struct pollfd ready[] = {{.fd = agent, .events = POLLIN},
                             {.fd = signal_pipe[0], .events = POLLIN},
                             {.fd = wanted ? STDIN_FILENO : -1, .events = POLLIN}};
    if (wanted && !use_input) {
      send_input(0);
      wanted = 0;
      continue;
    }
    if (poll(ready, 3, -1) < 0) {
      if (errno == EINTR) continue;
      fail(1, "poll: %s", strerror(errno));
    }
    if (ready[1].revents) {
      unsigned char number, size[4];
      while (read(signal_pipe[0], &number, 1) == 1) {
        if (number == SIGINT) send_frame('C', "", 0);
        if (number == SIGWINCH) {
          window_size(size);
          send_frame('W', size, sizeof size);
        }
      }
    }
    if (ready[2].revents) {
      int more = send_input(1);
      wanted = interactive && more;
      use_input = more;
    }
    if (ready[0].revents) {
      int status = receive_frame(&wanted);
      if (status >= 0) return status;
    }
  }
}

static void connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    fail(EXIT_USAGE, "socket: %s (expected: at most %zu bytes)", path, sizeof address.sun_path - 1);
  }
  strcpy(address.sun_path, path);
  agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (agent < 0) fail(1, "socket: %s", strerror(errno));
  if (connect(agent, (struct sockaddr *)&address, sizeof address) < 0) {
    fail(EXIT_NO_AGENT, "no agent at %s: %s%s", path, strerror(errno),
         errno == ENOENT || errno == ECONNREFUSED ? " (does it run? is --state right?)" : "");
  }
}

static int console(const char *path) {
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
    fail(EXIT_USAGE, "console needs a terminal (in scripts: margay exec LINE)");
  }
  connect_to(path);
  catch_signals(1);
  const char *term = getenv("TERM");
  unsigned char hello[4 + 64];
  window_size(hello);
  size_t length = term ? strlen(term) : 0;
  if (length > 64) length = 0;
  if (length > 0) memcpy(hello + 4, term, length);
  if (tcgetattr(STDIN_FILENO, &cooked) < 0) fail(1, "tcgetattr: %s", strerror(errno));
  struct termios uncooked = cooked;
  cfmakeraw(&uncooked);
  raw = 1;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &uncooked);
  send_frame('T', hello, 4 + length);
  int status = relay(1, 1);
  restore_terminal();
  return status;
}

static char *append(char *to, const char *text) { return stpcpy(to, text); }

/* Appends a word so that the console's parser takes it as it is. */
static char *append_quoted(char *to, const char *word) {
  to = append(to, " '");
  for (; *word; word++) {
    if (*word == '\'') {
      to = append(to, "'\\''");
    } else {
      *to++ = *word;
    }
  }
  return append(to, "'");
}

/* Opens the operand of -f as standard input. */
static void open_input(const char *file) {
  if (!file) fail(EXIT_USAGE, "-f: needs a file (- is standard input)");
  if (strcmp(file, "-") == 0) return;
  int fd = open(file, O_RDONLY);
  if (fd < 0) fail(EXIT_USAGE, "%s: %s", file, strerror(errno));
  dup2(fd, STDIN_FILENO);
  close(fd);
}

/* exec takes its words as a line of the console; the other commands take them literally. */
static int execute(const char *path, const char *command, char **words) {
  int literal = strcmp(command, "exec") != 0;
  int use_input = !literal && !isatty(STDIN_FILENO);
  size_t size = 64;
  for (char **word = words; *word; word++) size += 4 * strlen(*word) + 4;
  char *line = malloc(size);
  if (!line) fail(1, "out of memory");
  char *end = line;
  *end = 0;
  if (literal) end = append(append(end, "resource:"), command);
  for (char **word = words; *word; word++) {
    if (strcmp(*word, "-f") == 0 && (literal || word == words)) {
      open_input(*++word);
      use_input = 1;
      if (literal) end = append(end, " -f -");
    } else if (literal) {
      end = append_quoted(end, *word);
    } else {
      end = append(append(end, end == line ? "" : " "), *word);
    }
  }
  if (end == line) fail(EXIT_USAGE, "exec: a command line is missing, such as: margay exec health");
  if (end - line > MAX_PAYLOAD) fail(EXIT_USAGE, "the command line is too long");
  connect_to(path);
  catch_signals(0);
  send_frame('E', line, (size_t)(end - line));
  return relay(0, use_input);
}

int main(int argc, char **argv) {
  static char path[4096];
  const char *state = DEFAULT_STATE;
  const char *socket_path = NULL;
  int i = 1;
  for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
    if (strcmp(argv[i], "--state") == 0) state = argv[i + 1];
    else if (strcmp(argv[i], "--socket") == 0) socket_path = argv[i + 1];
    else break;
  }
  if (!socket_path) {
    const char *tail = strcmp(state, DEFAULT_STATE) == 0 ? "" : "/run/console.sock";
    snprintf(path, sizeof path, "%s%s", *tail ? state : "/run/margay/console.sock", tail);
    socket_path = path;
  }
  const char *command = i < argc ? argv[i] : "";
  char **words = argv + i + 1;
  if (strcmp(command, "console") == 0 && i + 1 == argc) return console(socket_path);
  if (strcmp(command, "exec") == 0 || strcmp(command, "apply") == 0 ||
      strcmp(command, "get") == 0 || strcmp(command, "delete") == 0) {
    return execute(socket_path, command, words);
  }
  int help = strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0;
  fputs(USAGE, help ? stdout : stderr);
  return help ? 0 : EXIT_USAGE;
}
