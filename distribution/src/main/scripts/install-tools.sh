#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the build and the lab need and Debian 12 with a JDK and Maven lacks.
# usage: install-tools.sh [--tests]
#   --tests   also what only tests need
set -euo pipefail

packages=()
needs() { # FILE_OR_COMMAND PACKAGE...
  command -v "$1" > /dev/null || [ -e "$1" ] || packages+=("${@:2}")
}

needs gcc gcc libc6-dev
needs musl-gcc musl-tools
needs ip iproute2
needs ping iputils-ping
needs nft nftables
needs ethtool ethtool
needs tshark tshark
needs sysctl procps
needs jq jq
needs sqlite3 sqlite3
needs column bsdextrautils
needs nsenter util-linux
needs /usr/lib/cni/ptp containernetworking-plugins
if [ "${1:-}" = --tests ]; then
  needs containerd containerd
  needs /usr/sbin/iptables-legacy iptables
  needs /usr/sbin/bird bird2
  needs gobgpd gobgpd
  needs ssh openssh-client
  needs sshpass sshpass
  needs script bsdutils
  needs prometheus prometheus
  needs chromium chromium
  needs tmux tmux
  needs /bin/busybox busybox-static
  needs go golang-go
  needs protoc protobuf-compiler
  needs /usr/share/gocode/src/github.com/containernetworking/cni golang-github-appc-cni-dev
  needs /usr/share/gocode/src/google.golang.org/grpc golang-google-grpc-dev
  needs /usr/share/gocode/src/google.golang.org/protobuf golang-google-protobuf-dev
fi
if [ "${1:-}" = --tests ] && [ "$(uname -m)" = x86_64 ]; then
  needs qemu-system-x86_64 qemu-system-x86
  needs depmod kmod
  needs cpio cpio
fi

if [ ${#packages[@]} -eq 0 ]; then
  exit
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
  echo "these Debian packages are needed: ${packages[*]}" >&2
  exit 69
fi
export DEBIAN_FRONTEND=noninteractive
# The lists of a fresh image are empty or old.
apt-get install -y -q --no-install-recommends "${packages[@]}" ||
  { apt-get update -q && apt-get install -y -q --no-install-recommends "${packages[@]}"; }
