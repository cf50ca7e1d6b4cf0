# shellcheck shell=bash disable=SC2154 # bench sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# What a command costs the agent that runs it: one of three nodes with twenty pods each, whose code
# is compiled.

console_commands=(
  node:list pool:list ipam:show endpoint:list route:list mode:status bgp:peers dataplane:drift
  namespace:list bundle:list service:list config:list log:tail health net:map help
)
console_warm=30
console_calls=100

bench_console() {
  local lab=$run-console node i command pid before
  lab up --nodes 3 --families 46
  for node in node1 node2 node3; do
    for i in {1..20}; do
      lab pod add "$node" "$node-$i"
    done
  done
  pid=$(< "$MARGAY_LAB_DIR/$lab/node1.pid")
  for command in "${console_commands[@]}"; do
    console_run "$command" "$console_warm"
  done
  for command in "${console_commands[@]}"; do
    console_run "$command" "$console_warm"
    before=$(cpu_seconds "$pid")
    console_run "$command" "$console_calls"
    result console "$command" "$(awk -v from="$before" -v to="$(cpu_seconds "$pid")" \
      -v calls="$console_calls" 'BEGIN { printf "%.1f\n", (to - from) / calls * 1000 }')" ms-cpu
  done
  result console rss "$(awk '/^VmRSS:/ { printf "%.1f\n", $2 / 1024 }' "/proc/$pid/status")" MB
  lab down
}

# A command, so many times, each by a client of its own as a script has it.
console_run() { # COMMAND TIMES
  local i
  for ((i = 0; i < $2; i++)); do
    "$home/bin/margay" --state "$MARGAY_LAB_DIR/$lab/nodes/node1" exec "$1" > /dev/null ||
      fail "$1: exit status $?"
  done
}
