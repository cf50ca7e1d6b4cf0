// SPDX-License-Identifier: Apache-2.0
/*
 * bench-run: runs a command and prints what it took, in seconds: by the clock, and of CPU.
 *
 * usage: bench-run COMMAND [ARGUMENT]...
 *
 * The process clock is exact to a microsecond. What the kernel adds up for wait4(2) and times(2),
 * which a shell prints, may be counted in ticks of some milliseconds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock) {
  struct timespec now = {0};
  if (clock_gettime(clock, &now) < 0) {
    perror("bench-run: clock_gettime");
    exit(1);
  }
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fputs("usage: bench-run COMMAND [ARGUMENT]...\n", stderr);
    return 64;
  }
  double began = seconds(CLOCK_MONOTONIC);
  pid_t child = fork();
  if (child == 0) {
    execvp(argv[1], argv + 1);
    fprintf(stderr, "bench-run: %s: %s\n", argv[1], strerror(errno));
    _exit(127);
  }
  // Its clock can be read until it has been waited for in earnest.
  siginfo_t end;
  clockid_t clock;
  if (child < 0 || waitid(P_PID, (id_t)child, &end, WEXITED | WNOWAIT) < 0 ||
      (errno = clock_getcpuclockid(child, &clock)) != 0) {
    perror("bench-run");
    return 1;
  }
  printf("%.6f %.6f\n", seconds(CLOCK_MONOTONIC) - began, seconds(clock));
  return end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
}
