#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts the distribution together: target/margay/ and target/margay-VERSION.tar.gz.
# usage: assemble.sh MODULE_DIR VERSION TIMESTAMP JAVA_HOME
# Reads target/lib.list and target/bundles.list: class paths that Maven wrote, in order.
set -eu

module=$1
version=$2
timestamp=$3
java_home=$4
target=$module/target
tree=$target/margay

# sqlite-jdbc carries a library for every system, 12 MB; the agent runs on these two.
trim_sqlite() { # JAR
  rm -rf "$target/sqlite"
  mkdir "$target/sqlite"
  (
    cd "$target/sqlite"
    "$java_home/bin/jar" --extract --file "$1"
    find org/sqlite/native -type f ! -path '*/Linux*/x86_64/*' ! -path '*/Linux*/aarch64/*' -delete
    find . -type f ! -path ./META-INF/MANIFEST.MF | LC_ALL=C sort > "$target/sqlite.list"
    rm "$1"
    "$java_home/bin/jar" --create --file "$1" --date "$timestamp" \
      --manifest META-INF/MANIFEST.MF "@$target/sqlite.list"
  )
}

# From nothing, so that no jar of an earlier build stays.
rm -rf "$tree"
mkdir -p "$tree/lib" "$tree/bundles" "$tree/tools" "$tree/deploy"
cp -R "$module/src/main/margay/." "$tree/"
cp "$module/../LICENSE" "$tree/"
echo "$version" > "$tree/VERSION"
sh "$module/src/main/scripts/build-c.sh" "$module/src/main/c" "$tree/bin"
sh "$module/src/main/scripts/build-c.sh" "$module/src/main/c/libexec" "$tree/libexec"

tr : '\n' < "$target/lib.list" | while read -r jar || [ -n "$jar" ]; do
  cp "$jar" "$tree/lib/"
done

cp "$target"/tools/*.jar "$tree/tools/"

cd "$tree"
{
  echo "# Start order of the bundles. Check: sha256sum -c bundles.lock"
  tr : '\n' < "$target/bundles.list" | while read -r jar || [ -n "$jar" ]; do
    cp "$jar" bundles/
    case $jar in
      */sqlite-jdbc-*) trim_sqlite "$tree/bundles/${jar##*/}" ;;
    esac
    sha256sum "bundles/${jar##*/}"
  done
} > bundles.lock

find . -type d -exec chmod 755 {} +
find . -type f -exec chmod 644 {} +
find bin libexec -maxdepth 1 -type f -exec chmod 755 {} +
[ ! -d bin/aarch64 ] || chmod 755 bin/aarch64/*

# Names sorted, one date, no user: two builds of one commit give the same bytes.
cd "$target"
tar --sort=name --mtime="$timestamp" --owner=0 --group=0 --numeric-owner \
  --transform="s,^margay,margay-$version," -cf - margay | gzip -9n > "margay-$version.tar.gz"
