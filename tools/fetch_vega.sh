#!/usr/bin/env bash
# Fetches the plotting libraries of `edgebert report` from npm into third_party/vega and checks their hashes. For another
# version, change it here and in third_party/vega/README.md, and run with --update to write new hashes.
set -euo pipefail

destination="$(cd "$(dirname "$0")/.." && pwd)/third_party/vega"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

cd "$scratch"
for package in vega@6.4.0 vega-lite@6.5.0 vega-embed@7.3.0; do
  name="${package%@*}"
  tar xzf "$(npm pack --silent "$package")"
  cp "package/build/$name.min.js" "$destination/"
  cp package/LICENSE "$destination/$name.LICENSE"
  rm -r package
done

cd "$destination"
if [ "${1:-}" = --update ]; then
  sha256sum ./*.min.js ./*.LICENSE | sed 's# \./# #' > SHA256SUMS
fi
sha256sum --check SHA256SUMS
