#!/usr/bin/env bash
# Kills a sweep with SIGKILL and lets it go on; bad input; with mpirun beside it and a program built for it, a team of three.
# Usage: sweep_test.sh EDGEBERT [MPIRUN]
set -euo pipefail

edgebert="$1"
mpirun="${2:-}"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

awk 'BEGIN { srand(7); for (i = 0; i < 200; ++i) { h = 0.1 + 0.59 * rand(); for (l = 1; l <= 12; ++l) {
  printf "%s%.6f", (l > 1 ? "," : ""), h; h *= 0.6 + 0.4 * rand() } print "" } }' > trace.csv
axes=(--trace trace.csv --axis n=8,16 --axis weights=dram,sram,reram --axis distinct=1,4 --axis threshold=0.1,0.2,0.28,0.4
  --axis target=75ms,100ms,150ms,2x --axis policy=early-exit-static,paced)

"$edgebert" sweep --out whole "${axes[@]}" --threads 2 > /dev/null

"$edgebert" sweep --out killed "${axes[@]}" --threads 1 > /dev/null &
sweep=$!
while [ ! -f killed/journal ] || [ "$(wc -l < killed/journal)" -lt 40 ]; do sleep 0.01; done
kill -9 $sweep || true
wait $sweep || true
"$edgebert" sweep --out killed "${axes[@]}" --threads 2 > /dev/null
cmp whole/points.csv killed/points.csv
test "$(wc -l < killed/journal)" -eq 385  # A header and each point once.

sed -i '40s/0/1/' killed/journal
! "$edgebert" sweep --out killed "${axes[@]}" 2> message
grep -q 'journal:40: this line is damaged' message
test "$(wc -l < killed/journal)" -eq 385

! "$edgebert" sweep --out other --trace trace.csv --axis polcy=paced 2> message
grep -q "did you mean 'policy'" message
# The command line's faults end with 2, those of files with 1.
status=0; "$edgebert" sweep --out other --trace trace.csv 2> message || status=$?
test $status -eq 2
grep -q 'give --axis threshold' message
test ! -e other
status=0; "$edgebert" sweep --out other --trace trace.csv --axes missing.yaml 2> message || status=$?
test $status -eq 1
grep -q 'missing.yaml' message
! "$edgebert" report --out /proc/report 2> message
grep -q 'cannot make this folder' message

if [ -n "$mpirun" ]; then
  "$mpirun" --allow-run-as-root --oversubscribe -n 3 "$edgebert" sweep --out team "${axes[@]}" --threads 1 > /dev/null
  cmp whole/points.csv team/points.csv
fi
echo passed
