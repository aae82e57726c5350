#!/usr/bin/env bash
# Replaces uplot/ with another version from the npm registry: pages/static/refresh.sh 1.6.32
set -euo pipefail
version=${1:?"which version of uplot?"}
cd "$(dirname "${BASH_SOURCE[0]}")/uplot"

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
archive=$(npm pack --silent --pack-destination "$unpacked" "uplot@$version")
tar -xzf "$unpacked/$archive" -C "$unpacked" --strip-components=1
for name in dist/uPlot.iife.min.js dist/uPlot.min.css LICENSE; do
  install -m 644 "$unpacked/$name" "$(basename "$name")"
done

found=${archive#uplot-}
sed "s/^- version: .*/- version: ${found%.tgz}/" README.md >"$unpacked/with-version"
install -m 644 "$unpacked/with-version" README.md
