# shellcheck shell=bash disable=SC2154,SC2034 # bench sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# An agent that starts, and one that has nothing to do.

bench_start() {
  local i pid node=$MARGAY_LAB_DIR/$run
  lab up --nodes 1
  for ((i = 0; i < rounds; i++)); do
    lab stop node1
    lab start node1
    pid=$(< "$node/node1.pid")
    # From when the process was made to when the agent wrote that it is ready, whatever came after.
    stat -c %.6Y "$node/node1.pid" "$node/nodes/node1/run/ready" | paste -sd ' ' |
      awk -v cpu="$(cpu_seconds "$pid")" '{ printf "%.3f %s\n", $2 - $1, cpu }' >> "$scratch/start"
  done
  flags=$(jvm_flags "$pid")
  result start ready "$(percentile 50 1 "$scratch/start")" s
  result start cpu-until-ready "$(percentile 50 2 "$scratch/start")" s

  local before
  before=$(cpu_seconds "$pid")
  sleep 60
  result start rss-after-idle-minute \
    "$(awk '/^VmRSS:/ { printf "%.1f\n", $2 / 1024 }' "/proc/$pid/status")" MB
  result start cpu-of-idle-minute \
    "$(awk -v from="$before" -v to="$(cpu_seconds "$pid")" 'BEGIN { printf "%.2f\n", to - from }')" s
  lab down
}
