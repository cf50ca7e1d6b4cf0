# shellcheck shell=bash disable=SC2154 # lab sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# What lies between the nodes: a switch for each subnet, a router between two subnets, and a host
# outside of the cluster, which reaches the nodes but has no route to a pod.
#
#   subnet 0   172.30.L.0/24  fd00:6d61:7267:L::/64     nodes 1 .., router 254 (fe), outside 253 (fd)
#   subnet 1   172.31.L.0/24  fd00:6d61:7268:L::/64     nodes, router 254 (fe)
#
# L is made of the lab's name. Labs have switches of their own and could all use the same
# addresses; this is for the reader.

lab_number() {
  echo $(($(cksum <<< "$lab" | cut -d ' ' -f 1) % 256))
}

address4() { # SUBNET HOST
  echo "172.$((30 + $1)).$subnet.$2"
}

address6() { # SUBNET HOST
  echo "fd00:6d61:$((7267 + $1)):$subnet::$2"
}

add_network() {
  local i
  add_netns "$switch"
  for ((i = 0; i < subnets; i++)); do
    ip -n "$switch" link add "br$i" type bridge
    ip -n "$switch" link set "br$i" up
  done
  [ "$subnets" -eq 1 ] && [ -z "$tor" ] || add_router
  add_outside
}

delete_network() {
  delete_netns "$outside"
  delete_netns "$router"
  delete_netns "$switch"
}

# Gives a namespace a link to the switch of a subnet, with an address of each family.
plug() { # NETNS LINK PORT SUBNET HOST4 HOST6
  ip -n "$switch" link add "$3" type veth peer name "$2" netns "$1"
  ip -n "$switch" link set "$3" master "br$4" up
  if [[ $families == *4* ]]; then
    ip -n "$1" address add "$(address4 "$4" "$5")/24" dev "$2"
  fi
  if [[ $families == *6* ]]; then
    ip -n "$1" address add "$(address6 "$4" "$6")/64" dev "$2" nodad
  fi
  ip -n "$1" link set "$2" up
}

add_router() {
  add_netns "$router"
  in_netns "$router" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
  plug "$router" eth0 router0 0 254 fe
  [ "$subnets" -eq 1 ] || plug "$router" eth1 router1 1 254 fe
}

# By the address of the router in the subnet.
route_by_router() { # NETNS SUBNET DESTINATION4 DESTINATION6
  [[ $families != *4* ]] || ip -n "$1" route add "$3" via "$(address4 "$2" 254)"
  [[ $families != *6* ]] || ip -n "$1" -6 route add "$4" via "$(address6 "$2" fe)"
}

add_outside() {
  add_netns "$outside"
  plug "$outside" eth0 outside 0 253 fd
  [ "$subnets" -eq 1 ] ||
    route_by_router "$outside" 0 "$(address4 1 0)/24" "$(address6 1 '')/64"
}

# ---- what the router knows of the pods

# A router of a real network learns the blocks by BGP, as this one does with --tor bird. Otherwise it
# is told what the store says: each block goes to its node, and so does each address of a pod or
# tunnel, which another node's block may have lent.
sync_routes() {
  [ "$subnets" -gt 1 ] && [ "$tor" != bird ] || return 0
  local wanted actual
  (
    # Two that add pods at once would take each other's routes for old ones.
    flock 9
    wanted=$(wanted_routes | sort -u) || fail "no agent answers that could say where the blocks are"
    actual=$(router_routes | sort -u)
    {
      lines "$wanted" | sed 's/.*/route replace & proto static/'
      comm -13 <(lines "$wanted") <(lines "$actual") | sed 's/^/route delete /'
    } | ip -n "$router" -batch -
  ) 9> "$dir/routes.lock"
}

# None of an empty text.
lines() { # TEXT
  [ -z "$1" ] || echo "$1"
}

wanted_routes() {
  local resources
  resources=$(get_resources node blockaffinity workloadendpoint) || return
  routes_of <<< "$resources"
}

# Lines "DESTINATION via NODE", of resources on stdin, in the spelling of ip.
routes_of() {
  jq -s -r '
    (map(select(.kind == "Node") | {(.metadata.name): .spec.bgp}) | add // {}) as $nodes
    | def destinations:
        if .kind == "BlockAffinity" then
          select(.spec.state == "confirmed" and .spec.deleted != "true") | .spec.cidr
        elif .kind == "WorkloadEndpoint" then .spec.ipNetworks[]?
        else
          .spec | .bgp.ipv4IPIPTunnelAddr, .ipv4VXLANTunnelAddr, .ipv6VXLANTunnelAddr | values
        end;
    .[]
    | (.spec.node // .metadata.name) as $node
    | destinations
    | (if contains(":") then $nodes[$node].ipv6Address else $nodes[$node].ipv4Address end) as $via
    | select($via)
    | "\(sub("/(32|128)$"; "")) via \($via | split("/")[0])"'
}

router_routes() {
  local by=static
  [ "$tor" != bird ] || by=bird
  {
    ip -n "$router" route show proto "$by"
    ip -n "$router" -6 route show proto "$by"
  } | awk '{ print $1, $2, $3 }'
}

routes() {
  [ "$subnets" -gt 1 ] || [ -n "$tor" ] || fail "lab $lab has one subnet and no router"
  sync_routes
  router_routes
}
