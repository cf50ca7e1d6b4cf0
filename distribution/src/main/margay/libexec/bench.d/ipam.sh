# shellcheck shell=bash disable=SC2154 # bench sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# Addresses, in agents that have nothing but a store and IPAM: one JVM each.

bench_ipam() {
  mkdir -p "$scratch/ipam"
  bench_agent "$scratch/ipam/margay" '(store|ipam)'
  churn
  clusters
}

# 100,000 pods that come and go on three nodes, over one SQLite file.
churn() {
  local agent pids=() store=$scratch/ipam/churn.db
  ipam_agent fill "$store" "fill 0"
  for agent in 1 2 3; do
    # 100,000 by three.
    ipam_agent "node$agent" "$store" "churn $((33333 + (agent == 1)))" &
    pids+=($!)
  done
  for agent in "${pids[@]}"; do
    wait "$agent" || fail "ipam: an agent failed"
  done
  ipam_agent check "$store" check

  # Columns: address, asked for, held from, held until, released; in ns.
  tail -qn +2 "$scratch"/ipam/node[123].result > "$scratch/ipam/held"
  result ipam churn-pods "$(wc -l < "$scratch/ipam/held")" pods
  awk '{ if (!from || $2 < from) from = $2; if ($5 > to) to = $5 }
    END { printf "%.0f\n", NR / (to - from) * 1e9 }' "$scratch/ipam/held" > "$scratch/ipam/rate"
  result ipam churn-pods-per-second "$(< "$scratch/ipam/rate")" 1/s
  awk '{ print ($3 - $2) / 1e6, ($5 - $4) / 1e6 }' "$scratch/ipam/held" > "$scratch/ipam/times"
  local percent
  for percent in 50 99; do
    result ipam "churn-assign-p$percent" "$(percentile $percent 1 "$scratch/ipam/times")" ms
    result ipam "churn-release-p$percent" "$(percentile $percent 2 "$scratch/ipam/times")" ms
  done
  result ipam churn-cpu-per-pod \
    "$(head -qn 1 "$scratch"/ipam/node[123].result |
      awk -v pods="$(wc -l < "$scratch/ipam/held")" '{ cpu += $1 }
        END { printf "%.3f\n", cpu * 1000 / pods }')" ms
  result ipam churn-held-twice "$(held_twice "$scratch/ipam/held")" addresses
  result ipam churn-left-over "$(< "$scratch/ipam/check.result")" documents
}

# How often an address was given to a pod while another had it.
held_twice() { # FILE
  sort -k 1,1 -k 3,3n "$1" |
    awk '$1 == address && $3 < until { n++ }
      { if ($1 != address || $4 > until) until = $4; address = $1 }
      END { print n + 0 }'
}

# The same assignment in clusters of several sizes, in turns; four blocks for each node.
clusters() {
  local nodes round sizes=(10 500 5000)
  for nodes in 0 "${sizes[@]}"; do
    ipam_agent "fill$nodes" "$scratch/ipam/$nodes.db" "fill $nodes"
  done
  for ((round = 0; round < rounds; round++)); do
    for nodes in "${sizes[@]}"; do
      ipam_agent "new$round" "$scratch/ipam/$nodes.db" time
      cat "$scratch/ipam/new$round.result" >> "$scratch/ipam/time$nodes"
    done
  done
  for nodes in "${sizes[@]}"; do
    ipam_cost "assign-$nodes-nodes" 1 "$nodes"
  done
  for nodes in "${sizes[@]}"; do
    ipam_cost "assign-cpu-$nodes-nodes" 2 "$nodes"
  done
  for nodes in 0 "${sizes[@]}"; do
    ipam_agent "memory$nodes" "$scratch/ipam/$nodes.db" memory
  done
  for nodes in "${sizes[@]}"; do
    result ipam "view-$((nodes * 4))-blocks" \
      "$(paste "$scratch/ipam/memory$nodes.result" "$scratch/ipam/memory0.result" |
        awk '{ printf "%.1f\n", ($1 - $2) / 1048576 }')" MB
  done
}

# Beside what it costs among ten nodes.
ipam_cost() { # CASE COLUMN NODES
  local file=$scratch/ipam/time$3
  result ipam "$1" "$(percentile 50 "$2" "$file")" ms \
    "$(percentile 50 "$2" "$scratch/ipam/time10")" \
    "[$(percentile 0 "$2" "$file"),$(percentile 100 "$2" "$file")]"
}

# Runs an agent until it has done what it is told; its result: $scratch/ipam/NODE.result.
ipam_agent() { # NODE STORE WHAT
  rm -rf "$scratch/ipam/$1.state" "$scratch/ipam/$1.result"
  "$scratch/ipam/margay/bin/margay" agent --node "$1" --state "$scratch/ipam/$1.state" \
    --store "$2" --set "margay.bench.ipam=$3" --set "margay.bench.result=$scratch/ipam/$1.result" >&2
  [ -e "$scratch/ipam/$1.result" ] || fail "ipam: $1 did not do: $3"
}
