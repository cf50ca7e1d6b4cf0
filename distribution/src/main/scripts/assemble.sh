#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts the distribution together: target/margay/ and target/margay-VERSION.tar.gz.
# usage: assemble.sh MODULE_DIR VERSION TIMESTAMP
# Reads target/lib.list and target/bundles.list: class paths that Maven wrote, in order.
set -eu

module=$1
version=$2
timestamp=$3
target=$module/target
tree=$target/margay

# From nothing, so that no jar of an earlier build stays.
rm -rf "$tree"
mkdir -p "$tree/lib" "$tree/bundles" "$tree/bench"
cp -R "$module/src/main/margay/." "$tree/"
cp "$module/../LICENSE" "$tree/"
echo "$version" > "$tree/VERSION"
sh "$module/src/main/scripts/build-c.sh" "$module/src/main/c" "$tree/bin"

tr : '\n' < "$target/lib.list" | while read -r jar || [ -n "$jar" ]; do
  cp "$jar" "$tree/lib/"
done

cp "$target"/bench/*.jar "$tree/bench/"

cd "$tree"
{
  echo "# Start order of the bundles. Check: sha256sum -c bundles.lock"
  tr : '\n' < "$target/bundles.list" | while read -r jar || [ -n "$jar" ]; do
    cp "$jar" bundles/
    sha256sum "bundles/${jar##*/}"
  done
} > bundles.lock

find . -type d -exec chmod 755 {} +
find . -type f -exec chmod 644 {} +
chmod 755 bin/* libexec/*

# Names sorted, one date, no user: two builds of one commit give the same bytes.
cd "$target"
tar --sort=name --mtime="$timestamp" --owner=0 --group=0 --numeric-owner \
  --transform="s,^margay,margay-$version," -cf - margay | gzip -9n > "margay-$version.tar.gz"
