#!/bin/bash
# Asks CPUID, through a library whose instructions mask_package.py has replaced, for what cpuid_mask.c hides and keeps.
# usage: cpuid_mask_test.sh PEERS   (the folder bench/peers)
set -eu
for tool in cc objdump python3; do
  if ! command -v "$tool" >/dev/null; then
    echo "SKIPPED: no $tool"
    exit 77
  fi
done
if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "SKIPPED: for Linux on x86-64"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/probe.c" <<'C'
#include <cpuid.h>
/* 0F A2 is in the constant as well, where it must stay. */
unsigned constant(void) { return 0x12A20F34u; }
void probe(unsigned leaf, unsigned* r) { __cpuid_count(leaf, 0, r[0], r[1], r[2], r[3]); }
C
cat >"$work/main.c" <<'C'
#include <stdio.h>
unsigned constant(void);
void probe(unsigned leaf, unsigned* r);
int main(void) {
  unsigned vendor[4], features[4];
  probe(0, vendor);
  probe(7, features);
  printf("%x %x %x %x avx2 %u avx512f %u avx512vnni %u constant %x\n", vendor[0], vendor[1], vendor[2], vendor[3],
         features[1] >> 5 & 1, features[1] >> 16 & 1, features[2] >> 11 & 1, constant());
  return 0;
}
C
cc -O1 -shared -fPIC -o "$work/libprobe.so" "$work/probe.c"
cc -O1 -o "$work/main" "$work/main.c" -L"$work" -lprobe -Wl,-rpath,"$work"
cc -O1 -shared -fPIC -o "$work/mask.so" "$1/cpuid_mask.c"
plain=$("$work/main")

PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$1 python3 -c "
import pathlib, mask_package
library = pathlib.Path('$work/libprobe.so')
assert mask_package.replace_cpuid(library) == 1
assert mask_package.replace_cpuid(library) == 0
"
if "$work/main" >/dev/null 2>&1; then
  echo "FAILED: the replaced instruction does not fault"
  exit 1
fi
masked=$(CPUID_MASK_REPLACED=1 LD_PRELOAD=$work/mask.so "$work/main")
expected=$(sed -E 's/(avx512[a-z]+) [01]/\1 0/g' <<<"$plain")
if [ "$masked" != "$expected" ]; then
  printf 'FAILED: masked   %s\n        expected %s\n        unmasked %s\n' "$masked" "$expected" "$plain"
  exit 1
fi
echo "$plain"
echo "$masked"
