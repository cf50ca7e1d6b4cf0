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

bash distribution/src/main/scripts/install-tools.sh --tests
# Now, because the tests run without a network.
distribution/qemu/kernel > /dev/null || echo "no kernel of Debian's: its test will be skipped" >&2
mvn -B -ntp -q org.apache.maven.plugins:maven-archetype-plugin:3.3.1:help \
  org.apache.maven.plugins:maven-install-plugin:3.1.3:help > /dev/null
mvn -B -ntp "${profile[@]}" clean verify
