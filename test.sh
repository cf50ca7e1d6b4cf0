#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds Margay and runs every test. usage: ./test.sh [--long]
#   --long   also the tests that take minutes
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

profile=()
case ${1:-} in
  '') ;;
  --long) profile=(-Dmargay.test.long=true) ;;
  *)
    echo "usage: ./test.sh [--long]" >&2
    exit 64
    ;;
esac

bash distribution/src/main/scripts/install-tools.sh
mvn -B -ntp "${profile[@]}" clean verify
