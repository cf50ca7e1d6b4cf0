# shellcheck shell=bash disable=SC2154 # bench sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# Each bundle is swapped again and again while pods talk, come and go: what is lost, and what stays
# behind in the agent.

swap_bundles=(direct ipip vxlan ipam cni dataplane store-sqlite bgp console)
# Swapped before all others: what only the first swaps and the first pods make, such as classes of
# core and pools of threads, is no leak.
swap_first=(vxlan ipam cni dataplane store-sqlite)
swap_pps=20000
swap_adds=50
swap_pods=100
swap_vendor_name=

bench_swap() {
  local lab=$run-swap name i
  lab up --nodes 3 --families 46
  pid=$(< "$MARGAY_LAB_DIR/$lab/node1.pid")
  swap_prepare
  [ -z "$swap_vendor" ] || swap_install_vendor
  for ((i = 0; i < swap_rounds; i++)); do
    for name in "${swap_bundles[@]}"; do
      swap_jar "$name" $((i + 1))
    done
  done
  for i in {1..5}; do
    swap_jar "${swap_first[i - 1]}" "0.$i"
  done
  swap_under_load first
  swap_memory 5
  for name in "${swap_bundles[@]}"; do
    swap_under_load "$name"
  done
  swap_memory $((5 + swap_rounds * ${#swap_bundles[@]}))
  swap_table
  lab down
}

swap_prepare() {
  local i
  mkdir "$scratch/jars"
  cat > "$scratch/churn.json" << 'TEXT'
{"cniVersion": "1.0.0", "name": "bench", "type": "margay-cni"}
TEXT
  for ((i = 0; i < swap_pods; i++)); do
    echo "$run-churn$i" >> "$scratch/netns"
    ip netns add "$run-churn$i"
  done
}

# A vendor's mode is swapped, too.
swap_install_vendor() {
  local node
  for node in node1 node2 node3; do
    lab exec "$node" "bundle:install $swap_vendor --bake 1"
  done
  swap_vendor_name=$(swap_agent 'bundle:history --json' | jq -r 'last.name')
  swap_bundles+=("$swap_vendor_name")
}

# Lets pods of IPv4 use a mode before its bundle is swapped.
swap_use_mode() { # BUNDLE
  local mode
  mode=$(swap_agent "bundle:info $1 --json" |
    jq -r '.[].property | select(startswith("mode ")) | ltrimstr("mode ")')
  [ -z "$mode" ] || lab exec node1 "mode:switch default-ipv4-ippool $mode"
}

swap_name() { # BUNDLE
  if [ "$1" = "$swap_vendor_name" ]; then echo "$1"; else echo "io.margay.${1//-/.}"; fi
}

# The bundle of the distribution, or of the vendor, with a higher version.
swap_jar() { # BUNDLE NUMBER
  local jar=$scratch/jars/$1-$2.jar
  if [ "$1" = "$swap_vendor_name" ]; then
    cp "$swap_vendor" "$jar"
  else
    cp "$home"/bundles/io.margay."$1"-*.jar "$jar"
  fi
  printf 'Bundle-Version: 1.0.%s\n' "$2" > "$scratch/version"
  jar --update --file "$jar" --manifest "$scratch/version" 2> /dev/null
}

swap_agent() { # COMMAND
  "$home/bin/margay" --state "$MARGAY_LAB_DIR/$lab/nodes/node1" exec "$1"
}

# Prints the milliseconds of the hand-over.
swap_one() { # BUNDLE NUMBER
  local began=$SECONDS row name
  name=$(swap_name "$1")
  swap_agent "bundle:swap $1 $scratch/jars/$1-$2.jar --bake 1" > "$scratch/swap.out" 2>&1 ||
    fail "swap: $1 $2: $(cat "$scratch/swap.out")"
  # A console that is being replaced cannot wait for its own end.
  until row=$(swap_agent 'bundle:history --json' 2> /dev/null |
    jq -e --arg name "$name" --arg to "1.0.$2" '
      map(select(.name == $name and .to == $to)) | last | select(. != null)' 2> /dev/null); do
    [ $SECONDS -le $((began + 60)) ] || fail "swap: $1 $2 does not come to an end"
    sleep 0.1
  done
  [ "$(jq -r .outcome <<< "$row")" = DONE ] || fail "swap: $1 $2: $(jq -c . <<< "$row")"
  [ "$(jq -r .detail <<< "$row")" = '' ] || jq -r '"\(.name): \(.detail)"' <<< "$row" >&2
  jq -r .millis <<< "$row" >> "$scratch/swap.$1"
}

swap_under_load() { # BUNDLE|first
  local i loss churn to report=$scratch/loss.$1
  [ "$1" = first ] || swap_use_mode "$1"
  "$home/bin/margay" lab loss --name "$lab" --pps $swap_pps --seconds 0 \
    --progress "$scratch/progress.$1" --json "$report" > "$report.table" &
  loss=$!
  until [ -e "$scratch/progress.$1" ]; do sleep 0.05; done
  mkfifo "$scratch/churn.$1.to"
  MARGAY_CNI_SOCKET=$MARGAY_LAB_DIR/$lab/nodes/node1/run/cni.sock \
    nsenter --net="/run/netns/$lab-node1" -- bash "$home/libexec/bench-churn" \
    "$home/bin/margay-cni" "$scratch/churn.json" "$run-churn" $swap_pods $swap_adds \
    "$scratch/calls.$1" < "$scratch/churn.$1.to" &
  churn=$!
  exec {to}> "$scratch/churn.$1.to"
  if [ "$1" = first ]; then
    for ((i = 1; i <= ${#swap_first[@]}; i++)); do
      swap_one "${swap_first[i - 1]}" "0.$i"
    done
    sleep "$swap_rounds"
  else
    for ((i = 1; i <= swap_rounds; i++)); do
      swap_one "$1" "$i"
    done
  fi
  exec {to}>&-
  wait $churn
  kill $loss
  wait $loss || true
  [ "$1" = first ] || swap_result "$1" "$report"
}

swap_result() { # BUNDLE LOSS_REPORT
  local verdict
  verdict=$(jq -r .verdict "$2")
  [ "$verdict" != invalid ] || echo "swap: $1: the machine was too busy to count packets" >&2
  result swap "$1-lost" "$(jq '.lost | tonumber' "$2")" packets
  result swap "$1-sent" "$(jq '.sent | tonumber' "$2")" packets
  result swap "$1-stalled" "$(jq '(.resets | tonumber) + (.stalled | tonumber)' "$2")" connections
  result swap "$1-failed" "$(awk '$3 != 0' "$scratch/calls.$1" | wc -l)" calls
  result swap "$1-calls" "$(wc -l < "$scratch/calls.$1")" calls
  local percent
  for percent in 50 99 100; do
    result swap "$1-ADD-p$percent" "$(grep ADD "$scratch/calls.$1" > "$scratch/adds" &&
      percentile "$percent" 2 "$scratch/adds" | awk '{ printf "%.1f", $1 / 1000 }')" ms
  done
  result swap "$1-hand-over" "$(percentile 50 1 "$scratch/swap.$1")" ms null \
    "[$(percentile 0 1 "$scratch/swap.$1"),$(percentile 100 1 "$scratch/swap.$1")]"
  result swap "$1-sessions" "$(swap_agent 'bgp:peers --json' |
    jq '[.[] | select(.state == "Established")] | length')" established
}

# Heap after a collection, classes, threads and resident memory of the agent.
swap_memory() { # SWAPS
  jcmd "$pid" GC.run > /dev/null
  jcmd "$pid" GC.run > /dev/null
  result swap "after-$1-heap" "$(jstat -gc "$pid" | awk '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
    NR == 2 { printf "%.1f", ($column["S0U"] + $column["S1U"] + $column["EU"] + $column["OU"]) / 1024 }
  ')" MiB
  result swap "after-$1-classes" "$(jstat -class "$pid" | awk 'NR == 2 { print $1 - $3 }')" classes
  result swap "after-$1-threads" "$(find "/proc/$pid/task" -maxdepth 1 -mindepth 1 | wc -l)" threads
  result swap "after-$1-rss" "$(awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$pid/status")" MiB
  result swap "after-$1-bundles-in-memory" "$(swap_agent 'health --json' |
    jq '[.[] | select(.name == "bundles") | .detail | capture("^(?<n>[0-9]+) replaced").n | tonumber]
        | add // 0')" bundles
}

# The same for people.
swap_table() {
  {
    echo "BUNDLE SWAPS HAND-OVER LOST SENT CALLS FAILED ADD-p50 ADD-p99 ADD-max SESSIONS"
    local name
    for name in "${swap_bundles[@]}"; do
      jq -rs --arg name "$name" --arg swaps "$swap_rounds" '
        (map({key: .case, value: .value}) | from_entries) as $of |
        [$name, $swaps, $of[$name + "-hand-over"], $of[$name + "-lost"], $of[$name + "-sent"],
         $of[$name + "-calls"], $of[$name + "-failed"], $of[$name + "-ADD-p50"],
         $of[$name + "-ADD-p99"], $of[$name + "-ADD-p100"], $of[$name + "-sessions"]]
        | map(tostring) | join(" ")' "$json"
    done
  } | column -t
}
