#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds Margay and shows it: three nodes with two pods each on this machine, and a pool that changes
# its mode without losing a packet.
# usage: ./demo.sh [down]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
margay=distribution/target/margay/bin/margay

case ${1:-} in
  '') ;;
  down)
    exec "$margay" lab down
    ;;
  *)
    echo "usage: ./demo.sh [down]" >&2
    exit 64
    ;;
esac

[ "$(id -u)" -eq 0 ] || { echo "demo.sh makes network namespaces and must run as root" >&2; exit 77; }
bash distribution/src/main/scripts/install-tools.sh

echo "== Building (log: target/demo-build.log)"
mkdir -p target
mvn -B -ntp -q -DskipTests package > target/demo-build.log 2>&1 ||
  { tail -n 30 target/demo-build.log >&2; exit 1; }

echo "== Three nodes, an agent on each"
if [ -e "${MARGAY_LAB_DIR:-/var/lib/margay-lab}/margay" ]; then
  "$margay" lab down
fi
"$margay" lab up --nodes 3

echo "== Two pods on each node"
for node in 1 2 3; do
  for name in a b; do
    "$margay" lab pod add "node$node" "$name$node"
  done
done

echo "== Every pod pings every pod"
"$margay" lab ping

echo "== The IPv4 pool changes its mode, and packets are counted meanwhile"
"$margay" lab switch-test --modes ipip,vxlan,direct,ipip

cat << TEXT

The lab keeps running. Try:
  $margay lab pods
  $margay lab exec node1 route:list
  $margay lab exec node1 mode:status
  $margay lab loss --seconds 60
  $margay --state ${MARGAY_LAB_DIR:-/var/lib/margay-lab}/margay/nodes/node1 console
  $margay lab help
  ./demo.sh down
TEXT
