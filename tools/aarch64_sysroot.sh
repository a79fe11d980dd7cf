#!/usr/bin/env bash
# Unpacks Debian's arm64 libraries that cross-building needs into a folder, for `cmake --preset aarch64`.
#
# Needs: Debian's g++-aarch64-linux-gnu, and qemu-user to run what is built; apt, and the network.
# Usage: tools/aarch64_sysroot.sh build/aarch64-sysroot
set -euo pipefail

if [[ $# -ne 1 || $1 == -* ]]; then
  echo "usage: $0 FOLDER" >&2
  exit 2
fi
packages=(libc6 libstdc++6 libgcc-s1 zlib1g zlib1g-dev liblzma5 liblzma-dev libssl3 libssl-dev
  libfmt9 libfmt-dev libhwy1 libhwy-dev libxxhash0 libxxhash-dev libyaml-cpp0.7 libyaml-cpp-dev libutf8proc2 libutf8proc-dev
  libonnx1 libonnxifi libonnx-dev libprotobuf32 libprotobuf-lite32 libprotobuf-dev libsentencepiece0 libsentencepiece-dev
  libgtest-dev libgmock-dev libbenchmark1debian libbenchmark-dev)
headers=(nlohmann-json3-dev libcli11-dev)
mkdir -p "$1"
folder=$(realpath "$1")
state=$folder/.apt
mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/debs"
# An apt state of its own: this machine's stays as it is.
apt=(apt-get -q -o "APT::Architectures=arm64" -o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state/cache")
"${apt[@]}" update
(cd "$state/debs" && "${apt[@]}" download "${packages[@]/%/:arm64}" "${headers[@]}")
for deb in "$state"/debs/*.deb; do
  dpkg -x "$deb" "$folder"
done
rm -rf "$state"
echo "$folder: $((${#packages[@]} + ${#headers[@]})) packages"
