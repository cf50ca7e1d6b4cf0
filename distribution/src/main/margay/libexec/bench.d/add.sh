# shellcheck shell=bash disable=SC2154 # bench sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# Pods that come and go.

bench_add() {
  [ -x /usr/lib/cni/ptp ] || fail "add: install containernetworking-plugins" 69
  lab up --nodes 1 --families 4
  local node=$run-node1 pid
  pid=$(< "$MARGAY_LAB_DIR/$run/node1.pid")
  ip netns add "$run-ours"
  ip netns add "$run-peer"
  cat > "$scratch/ours.json" << 'TEXT'
{"cniVersion": "1.0.0", "name": "bench", "type": "margay-cni"}
TEXT
  cat > "$scratch/peer.json" << TEXT
{"cniVersion": "1.0.0", "name": "bench", "type": "ptp",
 "ipam": {"type": "host-local", "dataDir": "$scratch/host-local", "subnet": "10.99.0.0/16"}}
TEXT
  # A runtime runs in the node's namespace; entering it each time would be measured.
  MARGAY_CNI_SOCKET=$MARGAY_LAB_DIR/$run/nodes/node1/run/cni.sock \
    nsenter --net="/run/netns/$node" -- \
    bash "$home/libexec/bench-add" "$home/bin" "$scratch" "$run" "$((rounds * 40))" "$pid" \
    > "$scratch/add"

  # Columns of bench-add: our ADD, DEL, both, then the peer's, all in ms.
  local percent
  for percent in 50 90; do
    result add "ADD-p$percent" "$(percentile $percent 1 "$scratch/add")" ms \
      "$(percentile $percent 4 "$scratch/add")"
    result add "DEL-p$percent" "$(percentile $percent 2 "$scratch/add")" ms \
      "$(percentile $percent 5 "$scratch/add")"
    result add "ADD+DEL-p$percent" "$(percentile $percent 3 "$scratch/add")" ms \
      "$(percentile $percent 6 "$scratch/add")"
  done
  result add cpu-per-ADD+DEL "$(cut -d ' ' -f 1 "$scratch/add.cpu")" ms \
    "$(cut -d ' ' -f 2 "$scratch/add.cpu")"
  lab down
}
