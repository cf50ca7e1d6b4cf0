# shellcheck shell=bash disable=SC2154 # lab sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# The router as one of a real network: BIRD or GoBGP, with which every node has a session of eBGP.
# It learns the blocks from the nodes. BIRD puts what it learns into the kernel of the router, and
# tells the nodes of a network of its own, 198.51.100.0/24 or 2001:db8:100::/48; GoBGP does neither.

tor_as=65512
cluster_as=64512

start_tor() { # [OPTION_OF_BIRD]
  case $tor in
    bird)
      bird_conf > "$dir/bird.conf"
      tor_run bird -f -c "$dir/bird.conf" -s "$dir/bird.ctl" "$@"
      ;;
    gobgp)
      gobgp_conf > "$dir/gobgp.toml"
      tor_run gobgpd -t toml -f "$dir/gobgp.toml"
      echo "gobgpd does not program the kernel: the router's routes are made of the store"
      ;;
  esac
}

tor_run() { # COMMAND...
  command -v "$1" > /dev/null || fail "$1 is missing; package ${1/bird/bird2}" 69
  setsid nsenter --net="/run/netns/$router" -- "$@" < /dev/null >> "$dir/tor.log" 2>&1 &
}

await_tor() {
  local deadline=$((SECONDS + ready_seconds))
  until tor_sessions > /dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] ||
      fail "$tor does not answer (log: $dir/tor.log): $(tail -n 3 "$dir/tor.log")"
    sleep 0.02
  done
}

# As after a crash: it has said nothing to anybody.
restart_tor() {
  local deadline=$((SECONDS + 15)) pid pids
  pids=$(ip netns pids "$router")
  [ -z "$pids" ] || xargs kill -9 <<< "$pids"
  # Until then its port is taken.
  for pid in $pids; do
    until has_ended "$pid"; do
      [ $SECONDS -lt $deadline ] || fail "$tor does not end"
      sleep 0.02
    done
  done
  rm -f "$dir/bird.ctl"
  # It takes over the routes that it finds, until its peers have told theirs.
  start_tor -R
  await_tor
}

tor_sessions() {
  case $tor in
    bird) ask_tor show protocols | awk 'NR == 1 || $2 == "BGP"' ;;
    gobgp) ask_tor neighbor ;;
  esac
}

# Something to ask of the daemon, as its own client takes it.
ask_tor() { # WORD...
  case $tor:$* in
    ?*:restart)
      restart_tor
      return
      ;;
  esac
  case $tor in
    bird) birdc -s "$dir/bird.ctl" "$@" | tail -n +2 ;;
    gobgp) in_netns "$router" gobgp "$@" ;;
    *) fail "lab $lab has no router with BGP; start one: margay lab up --nodes 2 --tor bird" ;;
  esac
}

bird_conf() {
  cat << CONF
router id $(address4 0 254);
log stderr { info, warning, error, fatal };
protocol device { scan time 2; }
protocol direct { ipv4; ipv6; }
CONF
  [[ $families != *4* ]] || bird_family ipv4 198.51.100.0/24
  [[ $families != *6* ]] || bird_family ipv6 2001:db8:100::/48
  local node address
  for node in $(list "$dir/nodes"); do
    for address in $(node_addresses "$node"); do
      bird_peer "$node" "$address"
    done
  done
}

bird_family() { # CHANNEL OWN
  cat << CONF
protocol static { $1; route $2 blackhole; }
protocol kernel { $1 { export where source = RTS_BGP; }; scan time 2; merge paths on; persist; graceful restart on; }
CONF
}

# One protocol for each: a dynamic one is not waited for when BIRD starts again.
bird_peer() { # NODE ADDRESS
  local channel=ipv4
  [[ $2 != *:* ]] || channel=ipv6
  cat << CONF
protocol bgp ${1}_$channel {
  local $(router_beside "$2") as $tor_as;
  neighbor $2 as $cluster_as;
  graceful restart on;
  connect delay time 1;
  connect retry time 2;
  error wait time 1, 5;
  $channel { import all; export where source ~ [ RTS_BGP, RTS_STATIC ]; };
}
CONF
}

# The router's address in the subnet of a node's.
router_beside() { # ADDRESS
  case $1 in
    172.30.*) address4 0 254 ;;
    172.31.*) address4 1 254 ;;
    fd00:6d61:7267:*) address6 0 fe ;;
    *) address6 1 fe ;;
  esac
}

gobgp_conf() {
  cat << CONF
[global.config]
  as = $tor_as
  router-id = "$(address4 0 254)"
CONF
  local i
  for ((i = 0; i < subnets; i++)); do
    [[ $families != *4* ]] || gobgp_peers "v4-$i" ipv4-unicast "$(address4 $i 0)/24"
    [[ $families != *6* ]] || gobgp_peers "v6-$i" ipv6-unicast "$(address6 $i '')/64"
  done
}

gobgp_peers() { # NAME FAMILY RANGE
  cat << CONF
[[peer-groups]]
  [peer-groups.config]
    peer-group-name = "$1"
    peer-as = $cluster_as
  [peer-groups.graceful-restart.config]
    enabled = true
    restart-time = 120
  [[peer-groups.afi-safis]]
    [peer-groups.afi-safis.config]
      afi-safi-name = "$2"
    [peer-groups.afi-safis.mp-graceful-restart.config]
      enabled = true
[[dynamic-neighbors]]
  [dynamic-neighbors.config]
    prefix = "$3"
    peer-group = "$1"
CONF
}

# Sessions of a node with the router of its subnet.
peer_with_tor() { # NODE
  local address router
  for address in $(node_addresses "$1"); do
    router=$(router_beside "$address")
    if [[ $address == *:* ]]; then tor_peer "$1" tor6 "$router"; else tor_peer "$1" tor4 "$router"; fi
  done | apply_by "$1"
}

# A node has come.
reload_tor() {
  if [ "$tor" = bird ]; then
    bird_conf > "$dir/bird.conf"
    ask_tor configure > /dev/null
  fi
}

tor_peer() { # NODE NAME ADDRESS
  cat << YAML
---
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata:
  name: $2-$1
spec:
  node: $1
  peerIP: $3
  asNumber: $tor_as
YAML
}

apply_by() { # NODE
  "$home/bin/margay" --state "$dir/nodes/$1" apply -f - > /dev/null
}

# The first nodes reflect for all others, instead of a mesh: each session is there before the one
# that it replaces would go.
make_reflectors() { # COUNT
  local i
  apply_by node1 << 'YAML'
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata:
  name: reflectors
spec:
  nodeSelector: all()
  peerSelector: has(route-reflector)
YAML
  for ((i = 1; i <= $1; i++)); do
    "$home/bin/margay" --state "$dir/nodes/node1" get node "node$i" -o json |
      jq --arg cluster "10.255.0.1" '.spec.bgp.routeReflectorClusterID = $cluster
        | .metadata.labels["route-reflector"] = "true"' | apply_by node1
  done
  apply_by node1 << 'YAML'
apiVersion: projectcalico.org/v3
kind: BGPConfiguration
metadata:
  name: default
spec:
  nodeToNodeMeshEnabled: false
YAML
}
