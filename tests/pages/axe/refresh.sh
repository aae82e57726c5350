#!/usr/bin/env bash
# Replaces axe-core with another version from the npm registry: tests/pages/axe/refresh.sh 4.14.1
set -euo pipefail
version=${1:?"which version of axe-core?"}
cd "$(dirname "${BASH_SOURCE[0]}")"

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
archive=$(npm pack --silent --pack-destination "$unpacked" "axe-core@$version")
tar -xzf "$unpacked/$archive" -C "$unpacked" --strip-components=1
for name in axe.min.js LICENSE LICENSE-3RD-PARTY.txt; do
  install -m 644 "$unpacked/$name" "$(basename "$name")"
done

found=${archive#axe-core-}
sed "s/^- version: .*/- version: ${found%.tgz}/" README.md >"$unpacked/with-version"
install -m 644 "$unpacked/with-version" README.md
