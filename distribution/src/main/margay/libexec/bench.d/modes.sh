# shellcheck shell=bash disable=SC2154 # bench sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# Packets between pods.

# Name, options of pool:create, what is made by hand for it. BARE: without the host rules, as
# everything made by hand is.
modes=(
  'direct         --mode direct                  direct'
  'direct-bare    --mode direct                  direct'
  'direct-nat     --mode direct --nat-outgoing   direct-nat'
  'vxlan          --mode vxlan                   vxlan'
  'vxlan-bare     --mode vxlan                   vxlan'
  'vxlan-subnet   --mode vxlan/CrossSubnet       direct'
  'ipip           --mode ipip                    ipip'
  'ipip-bare      --mode ipip                    ipip'
  'ipip-subnet    --mode ipip/CrossSubnet        direct'
)

bench_modes() {
  local mode words hand kind paths=()
  : > "$scratch/paths"
  by_hand wire
  for mode in "${modes[@]}"; do
    read -ra words <<< "$mode"
    hand=${words[-1]}
    by_agents "${words[@]:0:${#words[@]}-1}"
    grep -q "^hand-$hand=" "$scratch/paths" || by_hand "$hand" "$MARGAY_LAB_DIR/$run-${words[0]}"
  done
  mapfile -t paths < "$scratch/paths"
  "$home/libexec/bench-path" "$rounds" "${paths[@]}" > "$scratch/modes"

  for kind in udp rr bulk; do
    cost hand-wire "$kind"
    for mode in "${modes[@]}"; do
      cost "${mode%% *}" "$kind" "hand-${mode##* }"
    done
  done
}

# Both write the path between two pods, as bench-path wants it, to $scratch/paths.
by_hand() { # KIND [LAB]
  local name=hand-$1 path
  printf "$run-$name-%s\n" switch node1 node2 pod1 pod2 >> "$scratch/netns"
  path=$(bash "$home/libexec/bench-modes" "$run-$name" "$@")
  echo "$name=$path" >> "$scratch/paths"
}

# The agents are stopped when all is in the kernel: it goes on without them, and nothing else runs
# while we measure.
by_agents() { # NAME POOL_OPTION...
  local lab=$run-$1 node ends=()
  lab up --nodes 2 --families 4
  lab exec node1 "pool:create bench --cidr 10.77.0.0/16 ${*:2}"
  lab exec node1 "pool:delete default-ipv4-ippool"
  for node in 1 2; do
    lab pod add "node$node" "pod$node" --annotation 'cni.projectcalico.org/ipv4pools=["bench"]'
    ends+=("$lab-pod$node" "$(jq -r '.result.ips[0].address | split("/")[0]' \
      "$MARGAY_LAB_DIR/$lab/pods/pod$node")")
  done
  lab ping
  for node in node1 node2; do
    lab stop $node
    [[ $1 != *-bare ]] || ip netns exec "$lab-$node" nft delete table inet margay
  done
  (IFS=,; echo "$1=${ends[*]}") >> "$scratch/paths"
}

# A figure is the least of the rounds' tenth percentiles: what disturbs a packet adds to its cost.
cost() { # PATH KIND [BASELINE_PATH]
  local value baseline='' interval unit=ns
  value=$(tenths "$1" "$2" | head -n 1)
  interval=[$(tenths "$1" "$2" | sed -n '1p;$p' | paste -sd ,)]
  [ $# -lt 3 ] || baseline=$(tenths "$3" "$2" | head -n 1)
  [ "$2" != bulk ] || unit=ns/MiB
  result modes "$1-$2" "$value" "$unit" "$baseline" "$interval"
}

# The tenth percentile of each round, the least first.
tenths() { # PATH KIND
  local round
  for ((round = 0; round < rounds; round++)); do
    awk -v round=$round -v path="$1" -v kind="$2" '$1 == round && $2 == path && $3 == kind' \
      "$scratch/modes" > "$scratch/round"
    percentile 10 4 "$scratch/round"
  done | sort -g
}
