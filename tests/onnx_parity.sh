#!/usr/bin/env bash
# Compares an exported ONNX model with the engine, in the Python that has ONNX Runtime: the one that $EDGEBERT_PEERS_PYTHON
# names, else that of `bench --compare`, else the system's.
# usage: onnx_parity.sh PROGRAM MODEL
set -euo pipefail
python=${EDGEBERT_PEERS_PYTHON:-${XDG_CACHE_HOME:-$HOME/.cache}/edgebert/peers/bin/python}
if ! command -v "$python" >/dev/null; then
  python=python3
fi
if ! command -v "$python" >/dev/null; then
  echo "skipped: no python3"
  exit 77
fi
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$(dirname "${BASH_SOURCE[0]}")/../bench/peers/check_export.py" "$@"
