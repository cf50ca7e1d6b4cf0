# shellcheck shell=bash disable=SC2154,SC2034 # bench sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# The speaker of an agent beside those of Debian, in turns, with bgpload as all of their peers: it
# sends, counts and compares every route and attribute that comes back.
#
#   namespace RUN-dut   10.77.0.1/16: the speaker that is measured, AS 65000
#   namespace RUN-load  all of 10.77.128.0/17: bgpload, one address for each session

bench_bgp() {
  local daemon present=()
  for daemon in bird frr gobgp openbgpd; do
    [ ! -e "$(bgp_program $daemon)" ] || present+=("$daemon")
  done
  [ ${#present[@]} -gt 0 ] || fail "bgp: there is nobody to compare with; package bird2" 69
  bgp_network
  bgp_tree

  local table=(--as 65001 --sink-as 65002 --src 10.77.191.255 --mode table)
  local k8s=(--as 65000 --src 10.77.128.1 --mode k8s --rr)
  local clients=(--feeders 1000 --both --sinks 0)
  # CASE PEERS KIND SESSIONS: OPTIONS OF BGPLOAD
  bgp_case table-500k 'bird frr' ebgp 1 "${table[@]}" --routes 500000 \
    --phases announce,change,withdraw,announce,drop
  bgp_case table-100k 'bird frr openbgpd' ebgp 1 "${table[@]}" --routes 100000 \
    --phases announce,change,withdraw,announce,drop
  bgp_case blocks-100k 'bird frr openbgpd' rr 3 "${k8s[@]}" --nodes 1000 --nh 10.77.160.1 \
    --routes 100000 --late-sinks 1 --phases announce,late,withdraw,announce,drop
  bgp_case clients-1000 'bird frr' rr 1000 "${k8s[@]}" "${clients[@]}" --routes 10000 \
    --phases announce,change,withdraw,announce,latency --probes 30 --probe-gap-ms 20
  bgp_case one-to-one 'bird frr gobgp' rr 2 "${k8s[@]}" --nodes 100 --nh 10.77.160.1 \
    --routes 10000 --phases announce,latency --probes 300 --probe-gap-ms 10
  bgp_case refresh-1000 'bird frr gobgp' rr 7 "${k8s[@]}" --nodes 1 --sinks 6 --routes 1000 \
    --phases announce,refresh
}

bgp_program() { # DAEMON
  case $1 in
    bird) echo /usr/sbin/bird ;;
    frr) echo /usr/lib/frr/bgpd ;;
    gobgp) echo /usr/bin/gobgpd ;;
    openbgpd) echo /usr/sbin/bgpd ;;
  esac
}

bgp_network() {
  local dut=$run-dut load=$run-load
  printf '%s\n' "$dut" "$load" >> "$scratch/netns"
  ip netns add "$dut"
  ip netns add "$load"
  ip link add eth0 netns "$dut" type veth peer name eth0 netns "$load"
  ip -n "$dut" address add 10.77.0.1/16 dev eth0
  ip -n "$load" address add 10.77.0.2/16 dev eth0
  local netns
  for netns in "$dut" "$load"; do
    ip -n "$netns" link set lo up
    ip -n "$netns" link set eth0 up
  done
  ip netns exec "$dut" sysctl -qw net.ipv4.tcp_max_syn_backlog=8192 net.core.somaxconn=8192
  ip -n "$load" route add local 10.77.128.0/17 dev lo
}

# The same case for each speaker, the agent first, in each round.
bgp_case() { # CASE PEERS KIND SESSIONS OPTION...
  local name=$1 peers=$2 kind=$3 sessions=$4 round speaker at most=$rounds
  # A round of all cases takes some minutes, and the figures hardly vary.
  [ "$most" -le 3 ] || most=3
  for ((round = 0; round < most; round++)); do
    for speaker in margay $peers; do
      [ "$speaker" = margay ] || [[ " ${present[*]} " == *" $speaker "* ]] || continue
      at=$scratch/bgp/$name.$speaker
      echo "bgp: $name, round $((round + 1)) of $most: $speaker" >&2
      bgp_start "$speaker" "$kind" "$sessions"
      ip netns exec "$run-load" timeout 300 "$home/libexec/bgpload" --peer 10.77.0.1 \
        --peer-as 65000 "${@:5}" --pid "$bgp_pid" --timeout 120 > "$at.json" ||
        fail "bgp: $name $speaker: $(jq -r .error "$at.json")"
      bgp_stop
      bgp_figures < "$at.json" >> "$at.figures"
    done
  done
  bgp_results "$name" "$peers"
}

# Lines "NAME UNIT VALUE"; a phase that comes twice has the second run's name, warm.
bgp_figures() {
  jq -r '
    "sessions-up s \(.establish_s)", "rss-peak MB \(.dut_rss_peak_kb / 1024)",
    (.phases | to_entries[] | .key as $at | .value
      | (if .phase == "announce" and $at > 0 then "announce-warm" else .phase end) as $phase
      | if .phase == "latency" then
          "one-prefix-p50 ms \(.add_ms.p50)", "one-prefix-p99 ms \(.add_ms.p99)"
        else
          "\($phase) s \(.converge_s)", "\($phase)-cpu s \(.dut_cpu_s)",
          (if .phase == "late" then "late-updates messages \(.rx_updates)" else empty end)
        end)'
}

# The middle of the rounds, beside each peer.
bgp_results() { # CASE PEERS
  local figure unit value baseline peer at=$scratch/bgp/$1
  while read -r figure unit; do
    value=$(bgp_middle "$at.margay.figures" "$figure")
    for peer in $2; do
      [ -e "$at.$peer.figures" ] || continue
      baseline=$(bgp_middle "$at.$peer.figures" "$figure")
      # A process's time is counted in hundredths of a second.
      [[ $baseline != 0 ]] || baseline=0.01
      result bgp "$1-$figure-$peer" "$value" "$unit" "$baseline"
    done
  done < <(awk '!seen[$1]++ { print $1, $2 }' "$at.margay.figures")
}

bgp_middle() { # FILE FIGURE
  awk -v figure="$2" '$1 == figure' "$1" > "$scratch/bgp/middle"
  percentile 50 3 "$scratch/bgp/middle"
}

# ---- the speakers

# Agents learn nothing for their own kernel, as the others, and wait for no peer after their start.
bgp_tree() {
  mkdir -p "$scratch/bgp"
  cp -r "$home" "$scratch/bgp/margay"
  printf '%s\n' 'installsRoutes = false' 'deferralSeconds = 1' \
    > "$scratch/bgp/margay/etc/io.margay.bgp.cfg"
}

# An agent with two external peers, or a reflector with so many clients; its store is made once.
bgp_margay() { # KIND SESSIONS
  local name=$1$2
  if [ ! -e "$scratch/bgp/$name" ]; then
    bgp_agent "$name"
    bgp_resources "$1" "$2" "$name" |
      "$home/bin/margay" --state "$scratch/bgp/$name" apply -f - > /dev/null
    bgp_stop
  fi
  bgp_agent "$name"
}

bgp_agent() { # NAME
  local state=$scratch/bgp/$1 ready='' waits=0
  setsid nsenter --net="/run/netns/$run-dut" -- "$scratch/bgp/margay/bin/margay" agent \
    --node dut --state "$state" --store "$state.db" < /dev/null >> "$state.log" 2>&1 &
  bgp_pid=$!
  until { read -r ready < "$state/run/ready"; } 2> /dev/null && [ "$ready" = "$bgp_pid" ]; do
    [ $((waits++)) -lt 600 ] || fail "bgp: the agent is not ready: $(tail -n 3 "$state.log")"
    sleep 0.05
  done
}

bgp_resources() { # KIND SESSIONS NAME
  local number
  cat << 'YAML'
apiVersion: projectcalico.org/v3
kind: BGPConfiguration
metadata: {name: default}
spec: {asNumber: 65000, nodeToNodeMeshEnabled: false}
---
apiVersion: projectcalico.org/v3
kind: BGPFilter
metadata: {name: all}
spec:
  exportV4: [{action: Accept}]
YAML
  if [ "$1" = ebgp ]; then
    bgp_peer feeder 10.77.191.255 65001
    bgp_peer sink 10.77.192.0 65002
    return
  fi
  "$home/bin/margay" --state "$scratch/bgp/$3" get node dut -o json |
    jq '.spec.bgp.routeReflectorClusterID = "10.77.0.1"' | sed '1s/^/---\n/'
  for ((number = 1; number <= $2; number++)); do
    bgp_peer "client$number" "10.77.$((128 + number / 256)).$((number % 256))" 65000
  done
}

bgp_peer() { # NAME ADDRESS AS
  cat << YAML
---
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata: {name: $1}
spec: {peerIP: $2, asNumber: $3, filters: [all]}
YAML
}

# The agent has a peer for each session; the others take anybody of the network.
bgp_start() { # SPEAKER KIND SESSIONS
  local at=$scratch/bgp/$1.conf
  case $1 in
    margay)
      bgp_margay "$2" "$3"
      flags=$(jvm_flags "$bgp_pid")
      bgp_await_listening
      return
      ;;
    bird) bgp_bird "$2" > "$at" ;;
    frr) bgp_frr "$2" > "$at" ;;
    gobgp) bgp_gobgp > "$at" ;;
    openbgpd)
      bgp_openbgpd "$2" > "$at"
      chmod 600 "$at"
      # Where its processes confine themselves; its package has the folder made at boot.
      mkdir -p /run/openbgpd
      ;;
  esac
  local in_dut=(setsid ip netns exec "$run-dut")
  case $1 in
    bird) "${in_dut[@]}" bird -f -c "$at" -s "$at.ctl" ;;
    frr) chown -R frr "$scratch/bgp" && chmod 711 "$scratch" && "${in_dut[@]}" /usr/lib/frr/bgpd \
      -f "$at" -Z -n -l 10.77.0.1 -i "$at.pid" --vty_socket "$scratch/bgp" -P 0 -u frr -g frr ;;
    gobgp) "${in_dut[@]}" gobgpd -t toml -f "$at" --log-level warn ;;
    openbgpd) "${in_dut[@]}" /usr/sbin/bgpd -d -f "$at" ;;
  esac > "$at.log" 2>&1 < /dev/null &
  bgp_await_listening
  bgp_pid=$(ip netns pids "$run-dut" | paste -sd ,)
}

bgp_await_listening() {
  local waits=0
  until ip netns exec "$run-dut" ss -Htln 'sport = 179' | grep -q .; do
    [ $((waits++)) -lt 200 ] || fail "bgp: nobody listens: $(tail -n 3 "$scratch"/bgp/*.log)"
    sleep 0.05
  done
}

bgp_stop() {
  local pids
  pids=$(ip netns pids "$run-dut")
  # shellcheck disable=SC2086 # a list
  kill $pids 2> /dev/null || true
  for _ in {1..200}; do
    [ -n "$(ip netns pids "$run-dut")" ] || return 0
    sleep 0.05
  done
  # shellcheck disable=SC2086
  kill -9 $pids 2> /dev/null || true
}

bgp_bird() { # KIND
  echo 'router id 10.77.0.1; protocol device { scan time 60; }'
  bgp_bird_range() { # NAME RANGE REMOTE CLIENT
    echo "protocol bgp $1 { local 10.77.0.1 as 65000; neighbor range $2 $3; dynamic name \"$1_\";
      dynamic name digits 4; hold time 240; passive yes; $4
      ipv4 { import all; export where source = RTS_BGP; }; }"
  }
  if [ "$1" = rr ]; then
    bgp_bird_range rrc 10.77.128.0/17 internal 'rr client;'
  else
    bgp_bird_range feed 10.77.128.0/18 'as 65001' ''
    bgp_bird_range sink 10.77.192.0/18 'as 65002' ''
  fi
}

bgp_frr() { # KIND
  cat << 'CONF'
frr defaults traditional
log stdout errors
router bgp 65000
 bgp router-id 10.77.0.1
 no bgp ebgp-requires-policy
 no bgp network import-check
 bgp listen limit 5000
 bgp cluster-id 10.77.0.1
CONF
  bgp_frr_group() { # NAME AS RANGE
    printf ' %s\n' "neighbor $1 peer-group" "neighbor $1 remote-as $2" "neighbor $1 passive" \
      "neighbor $1 timers 80 240" "bgp listen range $3 peer-group $1"
  }
  if [ "$1" = rr ]; then
    bgp_frr_group client 65000 10.77.128.0/17
    printf ' %s\n' 'address-family ipv4 unicast' ' neighbor client route-reflector-client' \
      exit-address-family
  else
    bgp_frr_group feed 65001 10.77.128.0/18
    bgp_frr_group sink 65002 10.77.192.0/18
  fi
}

# As a reflector only: of a large table it takes minutes.
bgp_gobgp() {
  cat << 'CONF'
[global.config]
 as = 65000
 router-id = "10.77.0.1"
 local-address-list = ["10.77.0.1"]
[[peer-groups]]
 [peer-groups.config]
  peer-group-name = "client"
  peer-as = 65000
 [peer-groups.timers.config]
  hold-time = 240
  keepalive-interval = 80
 [[peer-groups.afi-safis]]
  [peer-groups.afi-safis.config]
   afi-safi-name = "ipv4-unicast"
 [peer-groups.route-reflector.config]
  route-reflector-client = true
  route-reflector-cluster-id = "10.77.0.1"
[[dynamic-neighbors]]
 [dynamic-neighbors.config]
  prefix = "10.77.128.0/17"
  peer-group = "client"
CONF
}

bgp_openbgpd() { # KIND
  cat << CONF
AS 65000
router-id 10.77.0.1
listen on 10.77.0.1
fib-update no
nexthop qualify via default
holdtime 240
socket "$scratch/bgp/openbgpd.sock"
CONF
  bgp_openbgpd_range() { # RANGE AS REFLECTOR
    echo "neighbor $1 {; remote-as $2; passive; announce IPv4 unicast; $3; }" | tr ';' '\n'
  }
  if [ "$1" = rr ]; then
    bgp_openbgpd_range 10.77.128.0/17 65000 'route-reflector 10.77.0.1'
  else
    bgp_openbgpd_range 10.77.128.0/18 65001 ''
    bgp_openbgpd_range 10.77.192.0/18 65002 ''
  fi
  printf 'allow from any\nallow to any\n'
}
