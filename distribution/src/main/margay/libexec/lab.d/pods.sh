# shellcheck shell=bash disable=SC2154 # lab sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# Pods: namespaces that margay-cni wires, called as a container runtime does.

conflist() {
  jq -n --arg name "margay-$lab" '{
    cniVersion: "1.1.0", name: $name,
    plugins: [{
      type: "margay-cni",
      capabilities: {"io.kubernetes.cri.pod-annotations": true}
    }]
  }'
}

# What a runtime makes of the conflist for one plugin and one verb.
plugin_config() { # NODE VERSION [LABELS ANNOTATIONS]
  conflist | jq -c --arg version "$2" --argjson labels "${3:-[]}" --argjson notes "${4:-"{}"}" '
    .plugins[0] + {
      cniVersion: $version, name: .name,
      args: {cni: {labels: $labels}},
      runtimeConfig: {"io.kubernetes.cri.pod-annotations": $notes}
    }'
}

cni() { # VERB NODE CONTAINER POD_NETNS [CNI_ARGS], configuration on stdin
  CNI_COMMAND=$1 CNI_CONTAINERID=$3 CNI_NETNS=$4 CNI_IFNAME=eth0 CNI_ARGS=${5:-} \
    CNI_PATH=$home/bin MARGAY_CNI_SOCKET=$dir/nodes/$2/run/cni.sock \
    in_netns "$lab-$2" "$home/bin/margay-cni"
}

pod_add() { # NODE POD OPTION...
  [ $# -ge 2 ] || misuse "pod add needs a node and a name"
  local node=$1 pod=$2 namespace=default labels='[]' annotations='{}'
  shift 2
  while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || misuse "$1 needs a value"
    case $1 in
      --namespace) namespace=$2 ;;
      --label)
        labels=$(jq -c --arg k "${2%%=*}" --arg v "${2#*=}" '. + [{key: $k, value: $v}]' <<< "$labels")
        ;;
      --annotation)
        annotations=$(jq -c --arg k "${2%%=*}" --arg v "${2#*=}" '. + {($k): $v}' <<< "$annotations")
        ;;
      *) misuse "unknown option: $1" ;;
    esac
    shift 2
  done
  require_node "$node"
  [[ $pod =~ ^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$ ]] || misuse "\"$pod\" is no pod name"
  [ ! -e "/run/netns/$lab-$pod" ] || fail "$lab-$pod exists already"

  local container config result args
  container=$(head -c 32 /dev/urandom | sha256sum | cut -d ' ' -f 1)
  config=$(plugin_config "$node" 1.1.0 "$labels" "$annotations")
  args="IgnoreUnknown=1;K8S_POD_NAMESPACE=$namespace;K8S_POD_NAME=$pod"
  args+=";K8S_POD_INFRA_CONTAINER_ID=$container"
  # Written first: what a failed ADD leaves is then known to "pod del" and "down".
  jq -n --arg node "$node" --arg namespace "$namespace" --arg container "$container" \
    --arg args "$args" --argjson config "$config" '$ARGS.named' > "$dir/pods/$pod"
  add_netns "$lab-$pod"
  if ! result=$(cni ADD "$node" "$container" "/run/netns/$lab-$pod" "$args" <<< "$config"); then
    fail "ADD of $pod: $(jq -r '"\(.msg) \(.details // "")"' <<< "$result" 2> /dev/null || echo "$result")"
  fi
  # shellcheck disable=SC2016 # jq's variable
  update_pod "$pod" '.result = $result' --argjson result "$result"
  sync_routes
  printf '%-12s %s\n' "$pod" "$(pod_addresses "$pod" | paste -sd ' ')"
}

pod_del() { # POD
  [ $# -eq 1 ] || misuse "pod del needs a name"
  [ -e "$dir/pods/$1" ] || fail "there is no pod $1; pods: $(list "$dir/pods")"
  local config result
  config=$(jq -c '.config + if .result then {prevResult: .result} else {} end' "$dir/pods/$1")
  result=$(cni DEL "$(pod_field "$1" node)" "$(pod_field "$1" container)" \
    "/run/netns/$lab-$1" "$(pod_field "$1" args)" <<< "$config") || fail "DEL of $1: $result"
  delete_netns "$lab-$1"
  rm "$dir/pods/$1"
  # A pod can go while no agent runs.
  sync_routes || echo "margay lab: the router keeps its route to $1 until the next change" >&2
}

update_pod() { # POD FILTER JQ_ARGUMENT...
  jq "${@:3}" "$2" "$dir/pods/$1" > "$dir/$1.new"
  mv "$dir/$1.new" "$dir/pods/$1"
}

pod_field() { # POD FIELD
  jq -r ".$2" "$dir/pods/$1"
}

pod_addresses() { # POD
  jq -r '.result.ips[]?.address | split("/")[0]' "$dir/pods/$1"
}

pods() {
  {
    echo "POD NODE NAMESPACE ADDRESSES"
    local pod
    for pod in $(list "$dir/pods"); do
      echo "$pod $(pod_field "$pod" node) $(pod_field "$pod" namespace)" \
        "$(pod_addresses "$pod" | paste -sd ,)"
    done
  } | column -t
}

