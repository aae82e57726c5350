#!/usr/bin/env bash
# Replaces swagger-ui/ with another version from the npm registry: api/static/refresh.sh 5.35.0
set -euo pipefail
version=${1:?"which version of swagger-ui-dist?"}
cd "$(dirname "${BASH_SOURCE[0]}")/swagger-ui"

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
archive=$(npm pack --silent --pack-destination "$unpacked" "swagger-ui-dist@$version")
tar -xzf "$unpacked/$archive" -C "$unpacked" --strip-components=1
for name in swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css favicon-32x32.png LICENSE NOTICE; do
  install -m 644 "$unpacked/$name" "$name"
done

found=${archive#swagger-ui-dist-}
sed "s/^- version: .*/- version: ${found%.tgz}/" README.md >"$unpacked/with-version"
install -m 644 "$unpacked/with-version" README.md
