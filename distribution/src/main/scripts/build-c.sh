#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles every program of a folder to a static executable: no library of the host is needed.
# NAME.c is a program, and so is a folder NAME with a main.c.
# usage: build-c.sh SOURCE_DIR OUTPUT_DIR
set -eu

sources=$1
output=$2

# musl starts in half the time of a static glibc: 0.6 ms against 1.1 ms.
if command -v musl-gcc > /dev/null; then
  compiler=musl-gcc
else
  compiler=gcc
fi

mkdir -p "$output"

compile() { # NAME SOURCE...
  name=$1
  shift
  "$compiler" -std=c11 -D_GNU_SOURCE -static -pthread -Os -s -Wall -Wextra -Werror \
    -ffile-prefix-map="$sources"=. -o "$output/$name" "$@"
}

# The plugin alone for another kind of machine, when its compiler is here.
cross=aarch64-linux-gnu-gcc
if [ -e "$sources/margay-cni.c" ] && command -v $cross > /dev/null; then
  mkdir -p "$output/aarch64"
  (compiler=$cross output=$output/aarch64 && compile margay-cni "$sources/margay-cni.c")
fi

for source in "$sources"/*.c; do
  [ ! -e "$source" ] || compile "$(basename "$source" .c)" "$source"
done
for main in "$sources"/*/main.c; do
  [ ! -e "$main" ] || compile "$(basename "${main%/main.c}")" "${main%/main.c}"/*.c
done
