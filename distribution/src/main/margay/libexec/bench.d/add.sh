# shellcheck shell=bash disable=SC2154 # bench sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# Pods that come and go, one at a time, many at once, and a node full of them.
#
# Beside ours, each on a node (a namespace) of its own: ptp, the reference plugin that does most
# nearly what ours does (a veth and routes, no bridge), and bridge, the one most in use; both with
# host-local, which keeps its addresses in local files and asks no agent.

add_contenders=(ours ptp bridge)
add_pods=500
add_first=100
add_warm_up=1000

bench_add() {
  [ -x /usr/lib/cni/ptp ] || fail "add: install containernetworking-plugins" 69
  lab up --nodes 1 --families 4
  local contender i
  pid=$(< "$MARGAY_LAB_DIR/$run/node1.pid")
  flags=$(jvm_flags "$pid")
  add_namespaces
  add_configurations
  declare -A add_to add_from
  for contender in "${add_contenders[@]}"; do
    add_start "$contender"
  done
  for ((i = 0; i < add_warm_up; i++)); do
    [ "$i" -ne "$add_first" ] || add_begin
    add_pair ours 1
  done
  for contender in ptp bridge; do
    add_pair "$contender" 1
  done
  add_forget

  add_rounds 1 $((rounds * 40))
  add_percentiles 1 ""
  add_cpu 1 ""
  add_rounds 10 $((rounds * 4))
  add_percentiles 10 10-parallel-
  add_rounds 50 "$rounds"
  add_percentiles 50 50-parallel-
  add_rounds "$add_pods" $(((rounds + 1) / 2))
  add_walls "$add_pods"
  add_cpu "$add_pods" "$add_pods-pods-"
  add_stop
  lab down
}

# What the first calls of an agent cost, while its code is interpreted.
add_begin() {
  local verb
  for verb in ADD DEL; do
    result add "first-$add_first-$verb-p50" "$(add_of_calls ours "$verb" 1 50)" ms
  done
}

add_namespaces() {
  local i
  for i in ptp bridge $(seq -f pod%g "$add_pods"); do
    echo "$run-$i" >> "$scratch/netns"
    ip netns add "$run-$i"
  done
  for i in ptp bridge; do
    ip -n "$run-$i" link set lo up
  done
}

add_configurations() {
  cat > "$scratch/ours.json" << 'TEXT'
{"cniVersion": "1.0.0", "name": "bench", "type": "margay-cni"}
TEXT
  local ipam='"type": "host-local", "subnet": "10.99.0.0/16", "routes": [{"dst": "0.0.0.0/0"}]'
  cat > "$scratch/ptp.json" << TEXT
{"cniVersion": "1.0.0", "name": "bench", "type": "ptp",
 "ipam": {$ipam, "dataDir": "$scratch/ptp-host-local"}}
TEXT
  cat > "$scratch/bridge.json" << TEXT
{"cniVersion": "1.0.0", "name": "bench", "type": "bridge", "bridge": "cni0", "isGateway": true,
 "ipam": {$ipam, "dataDir": "$scratch/bridge-host-local"}}
TEXT
}

# Starts a contender's shell on its node; add_to and add_from are the descriptors to talk to it.
add_start() { # CONTENDER
  local node=$run-$1 plugin=/usr/lib/cni/$1 path=/usr/lib/cni agent=0 to from
  if [ "$1" = ours ]; then
    node=$run-node1 plugin=$home/bin/margay-cni path=$home/bin agent=$pid
  fi
  mkfifo "$scratch/$1.to" "$scratch/$1.from"
  MARGAY_CNI_SOCKET=$MARGAY_LAB_DIR/$run/nodes/node1/run/cni.sock \
    nsenter --net="/run/netns/$node" -- bash "$home/libexec/bench-add" \
    "$plugin" "$scratch/$1.json" "$path" "$scratch" "$run" "$agent" \
    < "$scratch/$1.to" > "$scratch/$1.from" &
  exec {to}> "$scratch/$1.to" {from}< "$scratch/$1.from"
  add_to[$1]=$to add_from[$1]=$from
}

add_stop() {
  local contender to from
  for contender in "${add_contenders[@]}"; do
    to=${add_to[$contender]} from=${add_from[$contender]}
    exec {to}>&- {from}<&-
  done
  wait
}

# One ADD and DEL of so many pods at once. A line of $scratch/CONTENDER.pairs.COUNT, in ms: ADD of
# all, DEL of all, both, CPU time of the processes, CPU time of the agent so far.
add_pair() { # CONTENDER COUNT
  local verb wall spent served walls=0 total=0 line=
  for verb in ADD DEL; do
    echo "$verb $2" >&"${add_to[$1]}"
    read -r wall spent served <&"${add_from[$1]}" || fail "add: $1 failed"
    line+="$((wall / 1000)).$(printf %03d $((wall % 1000))) "
    walls=$((walls + wall)) total=$((total + spent))
  done
  echo "$line$((walls / 1000)).$(printf %03d $((walls % 1000))) $total $served" \
    >> "$scratch/$1.pairs.$2"
}

add_rounds() { # COUNT ROUNDS
  local i contender wall spent served
  for contender in "${add_contenders[@]}"; do
    echo "NOTHING 0" >&"${add_to[$contender]}"
    read -r wall spent served <&"${add_from[$contender]}" || fail "add: $contender failed"
    echo "$served" > "$scratch/$contender.before.$1"
  done
  for ((i = 0; i < $2; i++)); do
    for contender in "${add_contenders[@]}"; do
      add_pair "$contender" "$1"
    done
  done
}

add_forget() {
  rm -f "$scratch"/*.pairs.* "$scratch"/*.ADD.* "$scratch"/*.DEL.*
}

# A figure of ours beside that of each other; its name ends with the other's unless that is ptp.
add_results() { # CASE UNIT FUNCTION ARGUMENT...
  local case=$1 unit=$2 ours
  shift 2
  ours=$("$1" ours "${@:2}")
  result add "$case" "$ours" "$unit" "$("$1" ptp "${@:2}")"
  result add "$case-bridge" "$ours" "$unit" "$("$1" bridge "${@:2}")"
}

add_percentiles() { # COUNT PREFIX
  local percent verb
  for percent in 50 90 99; do
    for verb in ADD DEL; do
      add_results "$2$verb-p$percent" ms add_of_calls "$verb" "$1" "$percent"
    done
    [ "$1" -gt 1 ] || add_results "$2ADD+DEL-p$percent" ms add_of_pairs 3 "$1" "$percent"
  done
}

# Of single calls, in ms.
add_of_calls() { # CONTENDER VERB COUNT PERCENT
  percentile "$4" 1 "$scratch/$1.$2.$3" | awk '{ printf "%.3f\n", $1 / 1000 }'
}

# Of a column of add_pair.
add_of_pairs() { # CONTENDER COLUMN COUNT PERCENT
  percentile "$4" "$2" "$scratch/$1.pairs.$3"
}

add_walls() { # COUNT
  add_results "$1-pods-up" ms add_of_pairs 1 "$1" 50
  add_results "$1-pods-down" ms add_of_pairs 2 "$1" 50
}

add_cpu() { # COUNT PREFIX
  add_results "$2cpu-per-ADD+DEL" ms add_cpu_of "$1"
}

# CPU time of a pair, that of the agent included: also of what it does after its answers, and while
# the others have their turns.
add_cpu_of() { # CONTENDER COUNT
  awk -v count="$2" -v before="$(< "$scratch/$1.before.$2")" '
    { processes += $4; agent = $5 }
    END { printf "%.3f\n", (processes + agent - before) / NR / count }' "$scratch/$1.pairs.$2"
}
