#!/usr/bin/env bash
# Makes a report and opens its page in headless Chromium, on a phone's and on a desktop's width: no error on the console,
# every plot drawn, no text cut; by keyboard (with Python). Without Chromium it is skipped (status 77).
# Usage: report_page_test.sh EDGEBERT CHROMIUM DATA
set -euo pipefail

edgebert="$1"
chromium="$2"
data="$3"
here="$(cd "$(dirname "$0")" && pwd)"
if [ ! -x "$chromium" ]; then
  echo "SKIPPED: chromium is not installed"
  exit 77
fi
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

"$edgebert" report --out "$scratch/report" --data "$data"
page="$scratch/report/index.html"
test "$(stat --format %s "$page")" -le $((5 * 1024 * 1024))
if grep -E '(src|href)="https?:' "$page" | grep -v '<pre>'; then
  echo "the page refers to the network"
  exit 1
fi

# The check goes before the page's own script, so that it sees every error.
checked="$scratch/checked.html"
awk -v script="$here/report_page_check.js" '
  /<script type="application\/json" id="plots">/ {
    print "<script>"
    while ((getline line < script) > 0) print line
    print "</script>"
  }
  { print }' "$page" > "$checked"

for size in 390,844 1280,900; do
  dom="$(timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$scratch/profile" \
    --window-size=$size --virtual-time-budget=60000 --dump-dom "file://$checked" 2> "$scratch/log")"
  drawn="$(grep -oE 'data-plots-drawn="[^"]*"' <<< "$dom" | head -1)"
  problems="$(grep -oE 'data-problems="[^"]*"' <<< "$dom" | head -1)"
  echo "$size: $drawn $problems"
  if [ "$problems" != 'data-problems="none"' ]; then
    exit 1
  fi
done

if command -v python3 > /dev/null; then
  timeout 300 python3 "$here/report_keyboard_test.py" "$chromium" "$page"
else
  echo "keyboard: SKIPPED: python3 is not installed"
fi
