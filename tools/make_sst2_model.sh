#!/usr/bin/env bash
# Rebuilds models/sst2.ebm from the trained checkpoint and the SST-2 training sentences:
#   tools/make_sst2_model.sh [CHECKPOINT_DIRECTORY [TRAIN_TSV]]
# Takes about a minute; the same inputs give the same bytes.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
checkpoint=${1:-$root/../shared/models/sst2-12x384}
train=${2:-$root/../shared/data/sst2/train.tsv}
exec "$root/edgebert" import "$checkpoint" --calibrate "$train" --threshold 0.2 \
  --provenance "$root/models/sst2-provenance.json" -o "$root/models/sst2.ebm"
