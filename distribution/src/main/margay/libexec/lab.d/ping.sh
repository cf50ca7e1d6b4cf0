# shellcheck shell=bash disable=SC2154 # lab sets the names that all parts use
# SPDX-License-Identifier: Apache-2.0
# Every pod pings every pod.

ping_all() {
  local pods=() pod family missed=0
  local -A addresses=()
  read -ra pods <<< "$(list "$dir/pods")"
  [ ${#pods[@]} -gt 0 ] || fail "there are no pods"
  for pod in "${pods[@]}"; do
    addresses[$pod]=$(pod_addresses "$pod")
  done
  answers=$(mktemp -d)
  trap 'rm -r "$answers"' EXIT
  for pod in "${pods[@]}"; do
    ping_from "$pod" "${pods[@]}" &
  done
  wait
  for family in 4 6; do
    [[ $families != *$family* ]] || print_matrix "$family" "${pods[@]}" || missed=1
  done
  return $missed
}

# Writes the time of each answer, or nothing, to a file named family.source.target.
ping_from() { # SOURCE TARGET...
  local target address family
  for target in "${@:2}"; do
    for address in ${addresses[$target]}; do
      family=4
      [[ $address != *:* ]] || family=6
      in_netns "$lab-$1" ping -n -c 1 -W 2 "$address" 2> /dev/null |
        sed -n 's/.*time=\([0-9.]*\).*/\1/p' > "$answers/$family.$1.$target" || true
    done
  done
}

print_matrix() { # FAMILY POD...
  local source target answer missing=0
  {
    echo "IPv$1" "${@:2}"
    for source in "${@:2}"; do
      printf '%s' "$source"
      for target in "${@:2}"; do
        answer=$(cat "$answers/$1.$source.$target" 2> /dev/null) || true
        printf ' %s' "${answer:-MISS}"
      done
      echo
    done
  } > "$answers/matrix"
  column -t "$answers/matrix"
  missing=$(grep -ow MISS "$answers/matrix" | wc -l) || true
  echo "IPv$1: $((($# - 1) * ($# - 1) - missing)) of $((($# - 1) * ($# - 1))) pings answered, times in ms"
  echo
  [ "$missing" -eq 0 ]
}

