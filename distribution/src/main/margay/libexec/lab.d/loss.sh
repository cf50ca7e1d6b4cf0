# shellcheck shell=bash disable=SC2154 # lab sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# What is lost between pods, nodes and the outside: margay-loss sends and counts, this says between
# whom.

loss() {
  local pps=10000 seconds=10 options=() nodes=()
  read -ra nodes <<< "$(list "$dir/nodes")"
  while [ $# -gt 0 ]; do
    case $1 in
      --verbose) options+=("$1") ;;
      --pps | --seconds | --nodes | --json | --progress)
        [ $# -ge 2 ] || misuse "$1 needs a value"
        case $1 in
          --pps) pps=$2 ;;
          --seconds) seconds=$2 ;;
          --nodes) IFS=, read -ra nodes <<< "$2" ;;
          *) options+=("$1" "$2") ;;
        esac
        shift
        ;;
      *) misuse "unknown option: $1" ;;
    esac
    shift
  done
  [[ $pps =~ ^[1-9][0-9]{0,6}$ ]] || misuse "--pps: \"$pps\" (expected: 1..9999999)"
  [[ $seconds =~ ^[0-9]{1,6}$ ]] || misuse "--seconds: \"$seconds\" (expected: 0..999999)"
  local node flows
  for node in "${nodes[@]}"; do
    require_node "$node"
  done
  flows=$(loss_flows) || exit
  exec "$home/libexec/margay-loss" --pps "$pps" --seconds "$seconds" "${options[@]}" <<< "$flows"
}

# Lines for margay-loss: datagrams and a connection between the pods of any two nodes, connections
# from a node to a pod and from a pod to a node, and both kinds from a pod to the outside where a
# pool is to be masqueraded. Reads nodes.
loss_flows() {
  local name i j family
  local -A pod_of=() address_of=()
  [ ${#nodes[@]} -gt 1 ] || fail "to lose something takes two nodes"
  pick_pods
  for name in "${nodes[@]}" "${pod_of[@]}" outside; do
    find_addresses "$name"
  done
  for family in 4 6; do
    [[ $families == *$family* ]] || continue
    for ((i = 0; i < ${#nodes[@]}; i++)); do
      for ((j = i + 1; j < ${#nodes[@]}; j++)); do
        loss_flow udp pod-pod "${pod_of[${nodes[i]}]}" "${pod_of[${nodes[j]}]}"
        loss_flow tcp pod-pod "${pod_of[${nodes[i]}]}" "${pod_of[${nodes[j]}]}"
      done
    done
    # The first and the last: in different subnets, if there are two.
    loss_flow tcp node-pod "${nodes[0]}" "${pod_of[${nodes[-1]}]}"
    loss_flow tcp pod-node "${pod_of[${nodes[0]}]}" "${nodes[-1]}"
    if masquerades; then
      loss_flow udp pod-outside "${pod_of[${nodes[0]}]}" outside
      loss_flow tcp pod-outside "${pod_of[${nodes[0]}]}" outside
    fi
  done
}

# The first pod of each node; a node without one gets one, which stays.
pick_pods() {
  local node pod
  for pod in $(list "$dir/pods"); do
    node=$(pod_field "$pod" node)
    [ -n "${pod_of[$node]:-}" ] || pod_of[$node]=$pod
  done
  for node in "${nodes[@]}"; do
    [ -n "${pod_of[$node]:-}" ] || pod_add "$node" "loss-$node" >&2
    : "${pod_of[$node]:=loss-$node}"
  done
}

# Of a pod, a node or "outside", one of each family.
find_addresses() { # NAME
  local address
  for address in $(ip -n "$lab-$1" -brief address show dev eth0 scope global | cut -c 16-); do
    case $address in
      *:*) address_of[6 $1]=${address%/*} ;;
      *.*) address_of[4 $1]=${address%/*} ;;
    esac
  done
}

loss_flow() { # PROTOCOL GROUP FROM TO
  # A pod may have an address of one family only.
  [ -n "${address_of[$family $3]:-}" ] && [ -n "${address_of[$family $4]:-}" ] || return 0
  echo "$1 $2-ipv$family $3 $4 /run/netns/$lab-$3 /run/netns/$lab-$4 ${address_of[$family $4]}"
}

masquerades() {
  local pools
  pools=$(get_resources ippool) || fail "no agent answers that could say what the pools are"
  jq -es --arg family "$family" '
    any(.spec.natOutgoing and (.spec.cidr | contains(":")) == ($family == "6"))' \
    <<< "$pools" > /dev/null
}
