#!/bin/bash
# Finds, in the program's machine code, the instructions that the kernels are written for.
# usage: instruction_test.sh PROGRAM
set -u
if ! command -v objdump >/dev/null; then
  echo "SKIPPED: no objdump to take the program apart"
  exit 77
fi
if [ "$(uname -m)" != x86_64 ]; then
  echo "SKIPPED: these instructions are x86-64's"
  exit 77
fi
code=$(mktemp)
trap 'rm -f "$code"' EXIT
objdump -d -C --no-show-raw-insn "$1" >"$code"

failures=0
# expect FUNCTION INSTRUCTION LEAST: at least LEAST lines like INSTRUCTION in functions like FUNCTION.
expect() {
  local found
  found=$(awk -v name="$1" -v instruction="$2" '
    /^[0-9a-f]+ <.*>:$/ { inside = $0 ~ name }
    inside && $0 ~ instruction { ++found }
    END { print found + 0 }' "$code")
  if [ "$found" -lt "$3" ]; then
    failures=$((failures + 1))
    echo "FAILED: $found of at least $3 '$2' in '$1'"
  fi
}
rows='edgebert::.anonymous namespace.::MultiplyRows<'
expect "${rows}12ul>.*PanelProduct" 'vpdpwssd .*%zmm' 24
expect "${rows}edgebert::.anonymous namespace.::AvxVnni, 6ul>" '[{]vex[}] vpdpwssd .*%ymm|vpdpwssd .*%ymm' 12
expect "${rows}edgebert::.anonymous namespace.::Avx2, 6ul>" 'vpmaddwd .*%ymm' 12
expect 'DecodePanelAvx512' 'vpmaddubsw .*%zmm' 2
expect 'DecodePanelAvx2' 'vpmaddubsw .*%ymm' 2
expect 'edgebert::.anonymous namespace.::MultiplyLow' 'tdpbssd' 6
expect 'edgebert::.anonymous namespace.::MultiplyHigh' 'tdpbssd' 6
expect 'edgebert::.anonymous namespace.::MultiplyLow' 'vperm[it]2b .*%zmm' 2
exit $((failures > 0))
