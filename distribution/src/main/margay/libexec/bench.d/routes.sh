# shellcheck shell=bash disable=SC2154 # bench sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# Routes in an agent that has nothing but the dataplane.

bench_routes() {
  # Blocks of 64 addresses, as IPAM cuts them.
  awk 'BEGIN {
    for (i = 0; i < 100000; i++)
      printf "route add 10.%d.%d.%d/26 via 172.31.0.2 dev eth0 proto 80\n",
        int(i / 1024), int(i / 4) % 256, i % 4 * 64
  }' > "$scratch/batch"
  : > "$scratch/before"
  declare_routes routes "$rounds"
  result routes 100000-routes "$(percentile 50 1 "$scratch/routes")" s \
    "$(percentile 50 2 "$scratch/routes")"
  result routes 100000-routes-cpu "$(percentile 50 3 "$scratch/routes")" s \
    "$(percentile 50 4 "$scratch/routes")"
}

# Starts an agent that declares the routes of $scratch/before, then those of $scratch/batch, while
# ip does the same in another namespace. Writes a line per round to $scratch/NAME: our seconds,
# those of ip, our seconds of CPU, those of ip.
declare_routes() { # NAME ROUNDS
  local netns tree=$scratch/$1-agent/margay
  mkdir -p "$scratch/$1-agent"
  for netns in "$run-$1" "$run-$1-peer"; do
    echo "$netns" >> "$scratch/netns"
    ip netns add "$netns"
    ip -n "$netns" link set lo up
    uplink "$netns" eth0 172.31.0.1/16
    uplink "$netns" eth1 172.30.0.1/16
  done

  bench_agent "$tree" 'dataplane'
  nsenter --net="/run/netns/$run-$1" -- "$tree/bin/margay" agent --node bench \
    --state "$scratch/$1-agent/state" --set "margay.bench.before=$scratch/before" \
    --set "margay.bench.batch=$scratch/batch" --set "margay.bench.netns=$run-$1-peer" \
    --set "margay.bench.peer=$home/libexec/bench-peer" --set "margay.bench.rounds=$2" \
    --set "margay.bench.result=$scratch/$1" >&2
  [ -s "$scratch/$1" ] || fail "$1: no result"
}

# An agent with the launcher, class path and flags of any, but only the bundles that are measured.
bench_agent() { # TREE BUNDLES
  cp -R "$home" "$1"
  rm -f "$1"/etc/*.cfg
  sed -i 's,level="INFO",level="WARN",' "$1/etc/logback.xml"
  cp "$home"/tools/bench-*.jar "$1/bundles/"
  (
    cd "$1" || exit
    grep -E "bundles/(org\.osgi|org\.apache\.felix\.(scr|configadmin)|io\.margay\.(api|jnr|$2)|sqlite)" \
      "$home/bundles.lock" > bundles.lock
    sha256sum bundles/bench-*.jar >> bundles.lock
  )
}

uplink() { # NETNS LINK ADDRESS
  ip -n "$1" link add "$2" type veth peer name "far-$2"
  ip -n "$1" address add "$3" dev "$2"
  ip -n "$1" link set "$2" up
  ip -n "$1" link set "far-$2" up
}
