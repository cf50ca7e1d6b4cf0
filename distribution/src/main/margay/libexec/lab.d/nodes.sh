# shellcheck shell=bash disable=SC2154 # lab sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# Nodes: a network namespace each, with an agent in it.

up() {
  local nodes=''
  families=46
  subnets=1
  tor=''
  local reflectors=0
  while [ $# -gt 0 ]; do
    case $1 in
      --nodes) nodes=${2:-} ;;
      --families) families=${2:-} ;;
      --subnets) subnets=${2:-} ;;
      --tor) tor=${2:-} ;;
      --reflectors) reflectors=${2:-} ;;
      *) misuse "unknown option: $1" ;;
    esac
    shift 2 || misuse "$1 needs a value"
  done
  [[ $nodes =~ ^[1-9][0-9]?$ ]] || misuse "--nodes: \"$nodes\" (expected: 1..99)"
  [[ $families =~ ^(4|6|46)$ ]] || misuse "--families: \"$families\" (expected: 4, 6 or 46)"
  [[ $subnets =~ ^[12]$ ]] || misuse "--subnets: \"$subnets\" (expected: 1 or 2)"
  [ "$nodes" -ge "$subnets" ] || misuse "--subnets: $subnets (expected: at most one per node)"
  [[ $tor =~ ^(|bird|gobgp)$ ]] || misuse "--tor: \"$tor\" (expected: bird or gobgp)"
  [[ $reflectors =~ ^[0-9]+$ ]] && [ "$reflectors" -le "$nodes" ] ||
    misuse "--reflectors: \"$reflectors\" (expected: at most one per node)"
  [ ! -e "$dir" ] || fail "lab $lab exists already; remove it: margay lab down --name $lab"

  mkdir -p "$dir/nodes" "$dir/pods"
  subnet=$(lab_number)
  printf '%s=%s\n' families "$families" subnets "$subnets" subnet "$subnet" tor "$tor" \
    > "$dir/lab.conf"
  add_network

  local i
  for ((i = 1; i <= nodes; i++)); do
    # The first half of the nodes is in the first subnet.
    add_node "$i" $(((i - 1) * subnets / nodes))
    start_agent "node$i"
  done
  start_tor
  for ((i = 1; i <= nodes; i++)); do
    await_ready "node$i"
    [ -z "$tor" ] || peer_with_tor "node$i"
  done
  [ -z "$tor" ] || await_tor
  [ "$reflectors" -eq 0 ] || make_reflectors "$reflectors"
}

add_node() { # NUMBER SUBNET
  local node=node$1 ns=$lab-node$1
  mkdir "$dir/nodes/$node"
  add_netns "$ns"
  plug "$ns" eth0 "$node" "$2" "$1" "$1"
  [ "$subnets" -eq 1 ] || route_by_router "$ns" "$2" default default
}

node_add() {
  local nodes=()
  read -ra nodes <<< "$(list "$dir/nodes")"
  local number=$((${nodes[-1]#node} + 1))
  add_node "$number" $((subnets - 1))
  start_agent "node$number"
  await_ready "node$number"
  reload_tor
  [ -z "$tor" ] || peer_with_tor "node$number"
}

start_agent() { # NODE
  local state=$dir/nodes/$1
  # Not "ip netns exec": it makes a mount namespace, which takes its mounts with it when it goes.
  setsid nsenter --net="/run/netns/$lab-$1" -- "$home/bin/margay" agent \
    --node "$1" --state "$state" --store "$dir/store.db" --set margay.deploy="$state/deploy" \
    < /dev/null >> "$dir/$1.log" 2>&1 &
  echo $! > "$dir/$1.pid"
}

# The agent writes its pid to this file when pods can be added; an earlier one may have left it.
await_ready() { # NODE
  local began=$SECONDS looked=$SECONDS pid ready=''
  pid=$(< "$dir/$1.pid")
  until
    { read -r ready < "$dir/nodes/$1/run/ready"; } 2> /dev/null
    [ "$ready" = "$pid" ]
  do
    # Once a second, and not in its first, while the process has the command line of this script.
    if [ $SECONDS -gt $((looked + 1)) ]; then
      agent_runs "$1" || fail "the agent of $1 has ended: $(tail -n 3 "$dir/$1.log")"
      [ $SECONDS -le $((began + ready_seconds)) ] ||
        fail "$1 is not ready after $ready_seconds s (log: $dir/$1.log)"
      looked=$SECONDS
    fi
    sleep 0.02
  done
  printf '%-8s ready  %s\n' "$1" "$(node_addresses "$1")"
}

status() {
  local node state
  for node in $(list "$dir/nodes"); do
    state=stopped
    ! agent_runs "$node" || state=runs
    printf '%-8s %-8s %s\n' "$node" $state "$(node_addresses "$node")"
  done
  [ -z "$tor" ] || tor_sessions
}

node_addresses() { # NODE
  ip -n "$lab-$1" -json address show dev eth0 |
    jq -r '[.[].addr_info[] | select(.scope == "global").local] | join("  ")'
}

# The number in a pid file may be another process by now, or a zombie: both lack our command line.
agent_runs() { # NODE
  local pid
  pid=$(cat "$dir/$1.pid" 2> /dev/null) &&
    tr '\0' '\n' 2> /dev/null < "/proc/$pid/cmdline" | grep -qxF "$dir/nodes/$1"
}

end_agent() { # NODE SIGNAL
  local deadline=$((SECONDS + 15)) pid
  if agent_runs "$1"; then
    pid=$(< "$dir/$1.pid")
    kill "-$2" "$pid"
    # Not a child of this process, so there is no wait(1) for it.
    until has_ended "$pid"; do
      [ $SECONDS -lt $deadline ] || fail "the agent of $1 does not end"
      sleep 0.02
    done
  fi
  rm -f "$dir/$1.pid"
}

# A process that dies loses its command line first. Its sockets go with its last thread, which may
# outlive the main one: that is a zombie by then.
has_ended() { # PID
  local status
  status=$(cat "/proc/$1/status" 2> /dev/null) || return 0
  [[ $status == *$'\nState:\tZ'* && $status =~ $'\nThreads:\t'[01]$'\n' ]]
}

down() {
  require_lab
  local entry
  for entry in "$dir"/nodes/*; do
    [ -e "$entry" ] && end_agent "${entry##*/}" KILL
  done
  for entry in "$dir"/pods/* "$dir"/nodes/*; do
    [ -e "$entry" ] && delete_netns "$lab-${entry##*/}"
  done
  delete_network
  for entry in "$dir"/nodes/*; do
    # What the agent pins there outlives it; removing the files would leave the mount point busy.
    ! mountpoint -q "$entry/bpf" || umount "$entry/bpf"
  done
  rm -r "$dir"
  rmdir --ignore-fail-on-non-empty "$labs"
}

# Documents of the store, from the first node whose agent answers.
get_resources() { # KIND...
  local node documents
  for node in $(list "$dir/nodes"); do
    if documents=$(get_from "$node" "$@" 2> /dev/null); then
      echo "$documents"
      return
    fi
  done
  return 1
}

get_from() { # NODE KIND...
  local kind
  for kind in "${@:2}"; do
    "$home/bin/margay" --state "$dir/nodes/$1" get "$kind" -o json || return
  done
}
