#!/usr/bin/env bash
# Runs `edgebert simulate` with SystemC as a user would, on the model in $EDGEBERT_MODEL.
# usage: simulate_test.sh PROGRAM HARDWARE_DIRECTORY
set -uo pipefail
program=$1
hardware=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
  failures=$((failures + 1))
  printf 'FAILED: %s\n' "$*"
}

# expect STATUS PATTERN ARGUMENT...: of `edgebert simulate`, as in cli_test.sh.
expect() {
  local status=$1 pattern=$2 output found
  shift 2
  output=$("$program" simulate "$@" 2>&1 </dev/null)
  found=$?
  if [ "$found" -ne "$status" ] || ! grep -Eq -- "$pattern" <<<"$output"; then
    fail "$(printf '%q ' "$@" | cut -c1-200): status $found and: ${output:0:2000}"
  fi
}

# same ARGUMENT...: simulation and cost model print the same but for what only one of them knows.
same() {
  local simulated estimated
  simulated=$("$program" simulate --json "$@") || fail "simulate $*"
  grep -q '"matches_engine":true' <<<"$simulated" || fail "$*: $simulated"
  estimated=$("$program" simulate --json --cost-model "$@") || fail "simulate --cost-model $*"
  local known='s/"matches_engine":[a-z]*//; s/"wall_s":[-0-9.e]*//'
  [ "$(sed "$known" <<<"$simulated")" = "$(sed "$known" <<<"$estimated")" ] ||
    fail "$*: $simulated and $estimated"
}

same "a gorgeous, witty, seductive movie"
same --n 32 --threshold 0.01 "bad"
same --policy predicted --latency-target 1.5x --threshold 0.0001 --max-tokens 5 "it 's a charming but uneven film"

expect 0 'are, bit for bit, those of device arithmetic' --trace "$work/a.vcd" \
  --timeline "$work/a.json" --plot "$work/a.svg" "good"
grep -q '^\$enddefinitions' "$work/a.vcd" || fail "no VCD"
grep -q '^{"traceEvents":' "$work/a.json" || fail "no timeline"
grep -q '</svg>' "$work/a.svg" || fail "no plot"
expect 0 'matmul 16 x 384 x 384' --timing artifact "good"
expect 0 '"macs_gated":null,.*"matches_engine":null,"timing":"artifact"' --timing artifact --json "good"
expect 1 'for n = 16 alone' --timing artifact --n 8 "good"
expect 1 'sentence is too long.*auxiliary' "$(printf 'good %.0s' {1..200})"
expect 1 'cannot open|No such' --hardware "$work/none.yaml" "good"
expect 1 'cannot|No such' --plot "$work/none/a.svg" "good"

# The program without SystemC goes on as this one, which lies beside it.
"$(dirname "$program")/edgebert" simulate --json -- "good  fun" | grep -q '"text":"good  fun".*"matches_engine":true' ||
  fail "edgebert did not go on as $program"

# described SED_SCRIPT: a description that differs from the shipped one.
described() { sed "$1" "$hardware/edgebert-12nm.yaml" >"$work/hardware.yaml"; }
described 's/^vector_size:/vector_sizes:/'
expect 1 "hardware.yaml:[0-9]+: unknown key 'vector_sizes'" --hardware "$work/hardware.yaml" good
described '/^vector_size:/,/value/ s/value: 16/value: 12/'
expect 1 'hardware.yaml:[0-9]+: ' --hardware "$work/hardware.yaml" good
described '/^dram_bandwidth:/ s/.*/dram_bandwidth: {value: 0, unit: GB\/s}/'
expect 1 'hardware.yaml:[0-9]+: ' --hardware "$work/hardware.yaml" good
described '/^  data:/,/value/ s/value: .*/value: 4/'
expect 1 'bytes of the data buffers.*more than the 4096' --hardware "$work/hardware.yaml" good

# Ctrl-C ends it at once and leaves nothing half written.
mkdir "$work/out"
start=$SECONDS
timeout -s INT 1 "$program" simulate --threshold 0 --plot "$work/out/a.svg" \
  "$(printf 'good %.0s' {1..120})" >/dev/null 2>&1
status=$?
[ "$status" -eq 124 ] || [ "$status" -eq 130 ] || fail "interrupted, it ended with $status"
[ $((SECONDS - start)) -le 10 ] || fail "interrupted, it went on for $((SECONDS - start)) s"
[ -z "$(ls "$work/out")" ] || fail "interrupted, it left $(ls "$work/out")"

echo "$failures failed"
[ "$failures" -eq 0 ]
