# shellcheck shell=bash disable=SC2154 # bench sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# A change of 1,000 routes: by the dataplane alone, and by whole agents.

bench_switch() {
  local turns=$((rounds * 8)) batch link
  # 1,000 blocks of 250 nodes, on one device, then on another.
  for batch in before=eth0 batch=eth1; do
    link=${batch#*=}
    awk -v link="$link" -v net="$((31 - ${link#eth}))" 'BEGIN {
      for (i = 0; i < 1000; i++)
        printf "route replace 10.77.%d.%d/26 via 172.%d.1.%d dev %s onlink proto 80\n",
          int(i / 4), i % 4 * 64, net, i % 250 + 1, link
    }' > "$scratch/${batch%=*}"
  done
  declare_routes switch "$turns"
  head -n 1 "$scratch/switch" > "$scratch/switch-first"
  result switch 1000-routes-first "$(millis 1 "$scratch/switch-first")" ms \
    "$(millis 2 "$scratch/switch-first")"
  result switch 1000-routes "$(millis 1 "$scratch/switch")" ms "$(millis 2 "$scratch/switch")"
  result switch 1000-routes-cpu "$(millis 3 "$scratch/switch")" ms "$(millis 4 "$scratch/switch")"
  bench_live_switch
}

# The same in a whole agent: from the commit of the pool's mode to the last route replaced, with 250
# nodes that only the store knows. Their addresses are those of one namespace, which answers probes.
bench_live_switch() {
  local lab=$run-switch far=$run-switch-far subnet turn mode link began cpu spent
  lab up --nodes 1 --families 4
  lab exec node1 "pool:create bench --cidr 10.77.0.0/16"
  subnet=$(sed -n 's/^subnet=//p' "$MARGAY_LAB_DIR/$lab/lab.conf")
  add_far "$far" "$lab-switch" "172.30.$subnet"
  simulate_nodes "$lab" "172.30.$subnet.0/24"
  # Of a block that the simulated nodes have left.
  lab pod add node1 pod --annotation 'cni.projectcalico.org/ipv4pools=["bench"]'
  await_routes "$lab-node1" eth0

  pid=$(< "$MARGAY_LAB_DIR/$lab/node1.pid")
  for ((turn = 0; turn < rounds * 2; turn++)); do
    mode=vxlan link=vxlan.calico
    [ $((turn % 2)) -eq 0 ] || { mode=direct link=eth0; }
    ip -n "$lab-node1" -ts monitor route > "$scratch/monitor" &
    monitor=$!
    cpu=$(cpu_seconds "$pid")
    began=$EPOCHREALTIME
    lab exec node1 "mode:switch bench $mode --wait 0s"
    await_routes "$lab-node1" "$link"
    # Until the agent has nothing more to do.
    sleep 1
    # Of threads that have ended too: the JVM's compilers come and go.
    spent=$(cpu_seconds "$pid")
    kill $monitor
    wait $monitor 2> /dev/null || true
    last_route "$scratch/monitor" | awk -v began="$began" -v from="$cpu" -v to="$spent" '
      { printf "%.1f %.0f\n", ($1 - began) * 1000, (to - from) * 1000 }' >> "$scratch/live-switch"
  done
  kill "$simulated"
  wait "$simulated" || true
  lab down
  result switch live-first "$(head -n 1 "$scratch/live-switch" | cut -d ' ' -f 1)" ms \
    "$(millis 2 "$scratch/switch")"
  result switch live "$(percentile 50 1 "$scratch/live-switch")" ms \
    "$(millis 2 "$scratch/switch")" "[$(percentile 0 1 "$scratch/live-switch"),$(
      percentile 100 1 "$scratch/live-switch")]"
  result switch live-cpu "$(percentile 50 2 "$scratch/live-switch")" ms \
    "$(millis 4 "$scratch/switch")" "[$(percentile 0 2 "$scratch/live-switch"),$(
      percentile 100 2 "$scratch/live-switch")]"
}

# A namespace with the addresses of all simulated nodes that takes in their packets by any wire.
add_far() { # NETNS SWITCH SUBNET
  local i
  echo "$1" >> "$scratch/netns"
  ip netns add "$1"
  ip -n "$1" link set lo up
  ip -n "$2" link add far type veth peer name eth0 netns "$1"
  ip -n "$2" link set far master br0 up
  {
    for ((i = 0; i < 250; i++)); do
      echo "address add $3.$((i + 2))/24 dev eth0"
      echo "address add 10.77.$i.0/32 dev lo"
    done
    echo "link set eth0 up"
    echo "link add vxlan0 type vxlan id 4096 dstport 4789 nolearning dev eth0"
    echo "link set vxlan0 up"
    echo "route add 10.77.0.0/16 via $3.1 dev eth0"
  } | ip -n "$1" -batch -
  ip netns exec "$1" sysctl -qw net.ipv4.conf.all.rp_filter=0
  # 250 nodes have 250 MACs, this device has one.
  ip netns exec "$1" nft -f - << 'TEXT'
table netdev far {
  chain ingress {
    type filter hook ingress device vxlan0 priority 0
    meta pkttype set host
  }
}
TEXT
}

# Sets $simulated to the process that writes what the simulated nodes say.
simulate_nodes() { # LAB UPLINKS
  local tree=$scratch/simulated/margay began=$SECONDS
  mkdir -p "$scratch/simulated"
  bench_agent "$tree" 'store'
  "$tree/bin/margay" agent --node simulated --state "$scratch/simulated/state" \
    --store "$MARGAY_LAB_DIR/$1/store.db" --set "margay.bench.uplinks=$2" \
    --set "margay.bench.ready=$scratch/simulated/ready" >&2 &
  simulated=$!
  until [ -e "$scratch/simulated/ready" ]; do
    [ $SECONDS -le $((began + 30)) ] || fail "switch: no simulated nodes after 30 s"
    sleep 0.05
  done
}

await_routes() { # NETNS LINK
  local began=$SECONDS
  # The device of a mode is not there before the mode is.
  until [ "$(ip -n "$1" route show proto 80 dev "$2" 2> /dev/null | grep -c /26)" -eq 1000 ]; do
    [ $SECONDS -le $((began + 60)) ] || fail "switch: no 1,000 routes over $2 after 60 s"
    sleep 0.1
  done
}

# When the last route was written, in seconds.
last_route() { # FILE
  date -d "$(grep /26 "$1" | tail -n 1 | sed 's/^\[\([^]]*\)\].*/\1/')" +%s.%N
}

millis() { # COLUMN FILE
  awk -v column="$1" '{ print $column * 1000 }' "$2" > "$scratch/millis"
  percentile 50 1 "$scratch/millis"
}
