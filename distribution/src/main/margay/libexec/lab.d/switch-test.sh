# shellcheck shell=bash disable=SC2154 # lab sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# A pool changes its mode again and again while margay-loss counts.

switch_test() {
  local pps=40000 count=20 pool='' modes='' options=()
  while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || misuse "$1 needs a value"
    case $1 in
      --pps) pps=$2 ;;
      --count) count=$2 ;;
      --pool) pool=$2 ;;
      --modes) modes=$2 ;;
      --json) options+=("$1" "$2") ;;
      *) misuse "unknown option: $1" ;;
    esac
    shift 2
  done
  [[ $count =~ ^[1-9][0-9]{0,4}$ ]] || misuse "--count: \"$count\" (expected: 1..99999)"
  local current sequence=()
  [ -n "$pool" ] || pool=$(first_pool)
  current=$(mode_of "$pool") || fail "there is no pool $pool"
  if [ -n "$modes" ]; then
    IFS=, read -ra sequence <<< "$modes"
  else
    tour_of_modes "$current" "$count"
  fi
  sync_routes

  progress=$dir/loss.progress
  rm -f "$progress"
  loss --pps "$pps" --seconds 0 --progress "$progress" "${options[@]}" &
  counting=$!
  trap 'kill "$counting" 2> /dev/null || true' EXIT
  until [ -e "$progress" ]; do
    kill -0 "$counting" 2> /dev/null || fail "no traffic, no test"
    sleep 0.1
  done

  local status=0
  switch_through "$current" "${sequence[@]}" || status=1
  echo
  kill "$counting"
  wait "$counting" || status=$?
  trap - EXIT
  rm -f "$progress"
  return "$status"
}

switch_through() { # CURRENT MODE...
  local from=$1 to began hundredths sent lost resets
  printf '%-20s %-20s %8s %10s %6s %6s\n' FROM TO SECONDS SENT LOST RESETS
  for to in "${@:2}"; do
    began=$(date +%s%N)
    switch_mode "$to" || return
    hundredths=$((($(date +%s%N) - began) / 10000000))
    sleep 1
    read -r sent lost resets < "$progress"
    printf '%-20s %-20s %5d.%02d %10d %6d %6d\n' "$from" "$to" $((hundredths / 100)) \
      $((hundredths % 100)) "$sent" "$lost" "$resets"
    from=$to
  done
}

# Returns when all nodes send by the mode.
switch_mode() { # MODE
  local answer
  answer=$("$home/bin/margay" --state "$dir/nodes/node1" exec "mode:switch $pool $1" 2>&1) && return
  # The lines before the last tell how it went on.
  echo "margay lab: no switch of $pool to $1: ${answer##*$'\n'}" >&2
  return 1
}

# Sets the sequence: as many modes as asked for, so that each pair of modes comes in both directions
# before one comes again. "0 1 0 2 0 3 1 2 1 3 2 3" does so for four.
tour_of_modes() { # CURRENT COUNT
  local modes=(direct ipip ipip/CrossSubnet vxlan vxlan/CrossSubnet) tour=() start=0 i j
  # IP-in-IP carries no IPv6.
  [[ $(get_pool "$pool" | jq -r .spec.cidr) != *:* ]] || modes=(direct vxlan vxlan/CrossSubnet)
  for ((i = 0; i < ${#modes[@]}; i++)); do
    for ((j = i + 1; j < ${#modes[@]}; j++)); do
      tour+=("${modes[i]}" "${modes[j]}")
    done
  done
  until [ "${tour[start]}" = "$1" ]; do
    start=$((start + 1))
    [ $start -lt ${#tour[@]} ] || fail "mode $1 is none of ${modes[*]}"
  done
  for ((i = 1; i <= $2; i++)); do
    sequence+=("${tour[(start + i) % ${#tour[@]}]}")
  done
}

first_pool() {
  get_resources ippool |
    jq -r -s 'map(select(.spec.cidr | contains(".")))[0].metadata.name // empty'
}

get_pool() { # POOL
  # As one input, for the exit code of jq is that of the last.
  get_resources ippool |
    jq -e -s --arg name "$1" 'map(select(.metadata.name == $name))[0] // empty'
}

mode_of() { # POOL
  get_pool "$1" | jq -er '.spec
    | if (.ipipMode // "Never") != "Never" then {mode: "ipip", variant: .ipipMode}
      elif (.vxlanMode // "Never") != "Never" then {mode: "vxlan", variant: .vxlanMode}
      else {mode: "direct"} end
    | if .variant == "CrossSubnet" then "\(.mode)/CrossSubnet" else .mode end'
}
