#!/usr/bin/env bash
# Runs the program as a user would, with good and bad input, on the model in $EDGEBERT_MODEL; what takes models apart does
# so with $EDGEBERT_WHOLE_MODEL, which needs no base.
# usage: cli_test.sh PROGRAM
set -uo pipefail
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
checks=0

# expect STATUS PATTERN ARGUMENT...: the program must end with STATUS and print PATTERN, an extended
# regular expression: on stdout when it succeeds, as a single line on stderr and nothing on stdout
# when it fails. With $stdin as its input, lines of both kinds are expected, on stdout.
expect() {
  local status=$1 pattern=$2
  shift 2
  local output errors found
  output=$("$program" "$@" 2>"$work/stderr" <"${stdin:-/dev/null}")
  found=$?
  errors=$(<"$work/stderr")
  checks=$((checks + 1))
  if [ "$status" -ne 0 ] && [ -z "${stdin:-}" ]; then
    if [ -n "$output" ]; then
      failures=$((failures + 1))
      printf 'FAILED: edgebert %s: an error, yet stdout holds:\n%s\n' "$*" "${output:0:2000}"
    fi
    output=$errors
  fi
  if [ "$found" -ne "$status" ] || ! grep -Eq -- "$pattern" <<<"$output"; then
    failures=$((failures + 1))
    printf 'FAILED: edgebert %s\n  expected status %s and /%s/\n  found status %s and:\n%s\n' \
      "$(printf '%q ' "$@" | cut -c1-200)" "$status" "$pattern" "$found" "${output:0:2000}"
  elif [ "$status" -ne 0 ] && [ -z "${stdin:-}" ] && [ "$(wc -l <<<"$output")" -ne 1 ]; then
    failures=$((failures + 1))
    printf 'FAILED: edgebert %s: the error is not one line:\n%s\n' "$*" "$output"
  fi
}

# The main job.
expect 0 '^positive +[0-9.]+ %' run "a gorgeous, witty, seductive movie"
expect 0 '^negative +[0-9.]+ %' run "an utter waste of everyone's time"
expect 0 'exit +layer 12 of 12' run --threshold 0 "a gorgeous, witty, seductive movie"
expect 0 'boundary +.*estimated' run "good"
expect 0 'energy +load +supply' run "good"
expect 0 '"boundary":"system"' run --json "good"
expect 0 '"boundary":"on-chip"' run --json --boundary on-chip "good"
expect 2 "did you mean 'system'" run --boundary sytem "good"
expect 0 'saving' run --regulator switching --transition-time 100us --policy predicted "good"
expect 2 "did you mean 'switching'" run --regulator switchin "good"
expect 0 'saving' run --policy predicted --threshold 0.0001 --waveform "$work/waveform.csv" "good"
expect 0 '^positive' run --waveform "$work/waveform.csv" "good"
if ! grep -q '^time_s,voltage_v,frequency_hz,' "$work/waveform.csv"; then
  failures=$((failures + 1))
  printf 'FAILED: --waveform wrote no waveform\n'
fi
expect 2 'go with one text' run --file "$work/waveform.csv" --waveform "$work/waveform.csv"
expect 0 'they disagree by +[0-9.]+x' hardware --tokens 20
expect 0 'array +16 x 16, 2 accumulator tiles' hardware
expect 0 'tiled +[0-9]+ cycles alone at the nominal point' hardware --tokens 20
expect 0 'tiled +not this layer: the sentence is too long' hardware --tokens 200
expect 0 '"machine":\{"vector_size":16,.*"tiled":\{"cycles":' hardware --json
expect 0 '"jetson_tx2_estimated":\{"time_s"' hardware --json --regulator switching
expect 2 'expected at least 1' hardware --tokens 0
expect 0 '"cycles":[0-9]+,.*"matches_engine":null,"timing":"overlapped","n":8,"wall_s":' simulate \
  --cost-model --n 8 --json "good"
expect 0 'utilisation +[0-9.]+ %' simulate --cost-model "good"
cp "$program" "$work/alone"  # Away from edgebert-simulate.
here=$program program=$work/alone
expect 1 'built without SystemC' simulate "good"
expect 1 'built without libtorch' train --recipe recipe.yaml --help
program=$here
expect 2 'give a text' simulate --cost-model
expect 2 'expected 2, 4, 8, 16 or 32' simulate --cost-model --n 3 "good"
expect 2 'expected overlapped or artifact' simulate --timing overlap "good"
expect 2 'leave out one of both' simulate --cost-model --timing artifact "good"
expect 2 'go with neither' simulate --cost-model --plot "$work/plot.svg" "good"
expect 1 'sentence is too long.*auxiliary' simulate --cost-model "$(printf 'good %.0s' {1..200})"
expect 1 'positions' hardware --tokens 100000
expect 2 'such as 30ns' run --transition-time 30 "good"
expect 0 '"label":"positive",.*"exit_layer":[0-9]+,.*"entropy_nats":\[' run --json "good fun"
for key in text text_pair label probability tokens truncated layers exit_layer predicted_layer \
  entropy_nats policy arithmetic voltage_v frequency_hz latency_s latency_target_s energy_j \
  conventional_energy_j boundary wall_s load_energy_j load_conventional_energy_j energy_low_j \
  energy_high_j energy_parts_j weights_in weights_idle_w; do
  expect 0 "\"$key\":" run --json "good fun"
done
for place in dram sram reram; do
  expect 0 "\"weights_in\":\"$place\"" run --json --weights-in "$place" "good fun"
  expect 0 "weights +$place, [0-9.]+ MB.*idle" run --weights-in "$place" "good fun"
done
expect 0 '"dram":0.0,"dram_background":0.0,"weight_reads":[0-9.e-]+,"weight_leakage":[1-9]' \
  run --json --weights-in reram "good fun"
expect 0 '"weights_in":"dram"' run --json "good fun"
expect 2 '--weights-in: unknown place for weights .flash., expected dram, sram or reram' \
  run --weights-in flash "good fun"
for policy in conventional early-exit early-exit-static predicted; do
  expect 0 "\"policy\":\"$policy\"" run --json --policy "$policy" "it is long, but not bad"
done
expect 0 '"predicted_layer":[0-9]+' run --json --policy predicted --threshold 0.0001 "it is long"
expect 0 '"arithmetic":"fp32"' run --json --arithmetic fp32 "good"
expect 0 '"label":"positive",.*"arithmetic":"device"' run --json --arithmetic device "good fun"
expect 2 "unknown arithmetic .devise., did you mean 'device'" run --arithmetic devise "good"
expect 0 'with +"and the other"' run "one text" --pair "and the other"
expect 0 '"segment_ids":\[0,0,0,1,1\]' tokenize --json good --pair fun
expect 0 '"tokens":\["\[CLS\]","good","\[SEP\]"\]' tokenize --json good
expect 0 '^2204[[:space:]]+0[[:space:]]+good$' tokenize good
expect 0 'off_ramp.12.pooler.weight' inspect "$EDGEBERT_MODEL"
expect 0 '"zero_share"' inspect --json "$EDGEBERT_MODEL"

# A host's clock and energy counters, in a tree that stands for /sys.
cpu=$work/sys/devices/system/cpu/cpu0/cpufreq
zone=$work/sys/class/powercap/intel-rapl:0
mkdir -p "$cpu" "$zone" "$work/no-sys"
echo 'powersave userspace' >"$cpu/scaling_available_governors"
echo powersave >"$cpu/scaling_governor"
echo 800000 >"$cpu/scaling_min_freq"
echo 2400000 >"$cpu/scaling_max_freq"
echo '2400000 1600000 800000' >"$cpu/scaling_available_frequencies"
echo '<unsupported>' >"$cpu/scaling_setspeed"
echo package-0 >"$zone/name"
echo 123456 >"$zone/energy_uj"
echo 262143328850 >"$zone/max_energy_range_uj"
if taskset -c 0 true 2>/dev/null; then
  expect 0 'clock +2400 MHz, set by governor userspace' run --drive-host --sysfs-root "$work/sys" \
    --policy early-exit "good fun"
  expect 0 '"driven":true,.*"energy_source":"RAPL package-0".*"frequency_hz":\[2400000000.0\]' run \
    --json --drive-host --sysfs-root "$work/sys" --policy early-exit "good fun"
fi
if [ "$(<"$cpu/scaling_governor")" != powersave ]; then
  failures=$((failures + 1))
  echo "FAILED: the governor was not put back"
fi
expect 0 'clock +not driven: .*there is no CPU 0' run --drive-host --sysfs-root "$work/no-sys" "good"
expect 0 'energy not readable: RAPL: ' run --drive-host --sysfs-root "$work/no-sys" "good"
expect 0 '"not_driven_because":".*no CPU 0' run --json --drive-host --sysfs-root "$work/no-sys" "good"
expect 2 'go with --drive-host' run --sysfs-root "$work/no-sys" "good"
expect 2 'needs --json' run --drive-host --file "$work/none/lines"
expect 2 'a number from 0 up' run --drive-host --host-cpu=-1 "good"

# Help and version.
expect 0 'run .*Classify' --help
expect 0 '--latency-target' run --help
expect 0 '^edgebert [0-9]+\.[0-9]+' --version

# The embedding in resistive memory.
expect 0 '^values +mlc2 +[0-9]+' envm
expect 0 '"expected_faults":0.0,' envm --json --cells slc
expect 0 '"index_stride":30522,' envm --json --index-stride none
expect 0 'reram-gated is cheaper than' envm --costs --csv "$work/memories.csv"
expect 0 '"weight_memories":\[' envm --json --costs
expect 0 '"distinct_layers":12,"of_this_model":true' envm --json --costs
expect 0 '"distinct_layers":4,"of_this_model":false' envm --json --costs
expect 0 '^ +12\* dram ' envm --costs
mkdir "$work/envm"
printf 'sentence\tlabel\ngood fun\t1\na dull film\t0\n' >"$work/envm/dev.tsv"
expect 0 '"examples":2,.*"seeds":3,.*"mean_faults":5.0,' envm --json --data "$work/envm" --seeds 3 \
  --faults 5 --region index
expect 0 'answers changed  with 0 of 2 seeds' envm --data "$work/envm" --cells slc --seeds 2

# A base and a task file stand for the model.
split=$work/split
mkdir "$split"
expect 0 '^base .*embedding.ebm: .*SHA-256 [0-9a-f]{64}$' split "$EDGEBERT_WHOLE_MODEL" \
  --base-out "$split/embedding.ebm" --task-out "$split/sst2.ebm"
expect 0 '"base_bytes":[0-9]+,"base_sha256":"' split --json "$EDGEBERT_WHOLE_MODEL" \
  --base "$split/embedding.ebm" --task-out "$split/again.ebm"
if ! cmp -s "$split/sst2.ebm" "$split/again.ebm"; then
  failures=$((failures + 1))
  echo "FAILED: split gives two task files"
fi
expect 0 'looks for embedding.ebm in its own folder' split "$EDGEBERT_WHOLE_MODEL" \
  --base-out "$split/embedding.ebm" --task-out "$work/alone.ebm"
expect 0 '^positive' run --model "$split/sst2.ebm" "a gorgeous, witty, seductive movie"
expect 0 '"tokens":\["\[CLS\]","good","\[SEP\]"\]' tokenize --model "$split/sst2.ebm" --json good
expect 0 '^task file: .*SHA-256' inspect "$split/sst2.ebm"
expect 0 '"kind":"task","file_bytes":[0-9]+,"base":\{"file":".*embedding.ebm","bytes":' inspect --json \
  "$split/sst2.ebm"
expect 0 '^base file: .*SHA-256' inspect "$split/embedding.ebm"
expect 0 '"kind":"base".*"split_from"' inspect --json "$split/embedding.ebm"
expect 0 '"kind":"model","file_bytes":[0-9]+,"family"' inspect --json "$EDGEBERT_WHOLE_MODEL"
expect 1 'alone.ebm: is a task file, and there is no file .*/embedding.ebm with its base' run \
  --model "$work/alone.ebm" good
expect 1 'there is no file' inspect "$work/alone.ebm"
expect 0 '^positive' run --model "$work/alone.ebm" --base "$split/embedding.ebm" good
expect 1 'found a base file, expected a model or a task file' run --model "$split/embedding.ebm" good
expect 1 'found a whole model, expected a task file, since a base' run --model "$EDGEBERT_WHOLE_MODEL" \
  --base "$split/embedding.ebm" good
expect 1 'found a whole model, expected a base file' run --model "$work/alone.ebm" \
  --base "$EDGEBERT_WHOLE_MODEL" good
expect 1 'sst2.ebm: is there already' split "$EDGEBERT_WHOLE_MODEL" --base-out "$split/sst2.ebm" \
  --task-out "$work/x.ebm"
expect 2 'different files' split "$EDGEBERT_WHOLE_MODEL" --base-out "$work/x.ebm" --task-out "$work/x.ebm"
expect 2 'either --base-out FILE' split "$EDGEBERT_WHOLE_MODEL" --task-out "$work/x.ebm"
head -c 100000 "$split/embedding.ebm" >"$work/embedding.ebm"
expect 1 'alone.ebm: its base: .*embedding.ebm: header.*cut short' run --model "$work/alone.ebm" good

# Usage errors end with 2.
expect 2 'subcommand'
expect 2 "'rnu', did you mean 'run'" rnu "good"
expect 2 "'--thresold'.*did you mean '--threshold'" run --thresold 0.2 "good"
expect 2 'either a text or --file' run
expect 2 'either a text or --file' run good --file -
expect 2 'expected 4 to' run --max-tokens 3 good
expect 2 'expected 4 to' tokenize --max-tokens 3 good
expect 2 'goes with --file' run --pairs good
expect 2 'put -- before' run "-good"
expect 0 '^positive' run -- "-good"
expect 2 'unknown policy' run --policy $'two\nlines' good
expect 2 'threshold' run --threshold nan good
expect 2 'threshold' run --threshold=-1 good
expect 2 "'predcted'.*did you mean 'predicted'" run --policy predcted good
expect 2 '8ms' run --latency-target=-5ms good
expect 2 '8ms' run --latency-target nan good
expect 2 '8ms' run --latency-target 5 good
expect 2 'unknown arithmetic' run --arithmetic int4 good
expect 2 "unknown task 'sst', did you mean 'sst2'" eval --task sst --data "$work"
expect 2 "has no split 'test', expected dev" eval --task qnli --data "$work" --split test
expect 2 'split goes with --task' bench --split nonsense --workload tokens-9
expect 2 'max-tokens 3: expected 4 to' exits --data x --task sst2 --max-tokens 3
expect 2 'max-tokens 3: expected 4 to' envm --max-tokens 3
expect 2 'max-tokens 0: expected 4 to' plan --tokens 9 --max-tokens 0
expect 2 'tokens 0: expected 1 to' plan --tokens 0
expect 2 'expected dev or test' eval --task sst2 --data "$work" --split train
expect 2 'task.*required' eval --data "$work"
expect 2 'needs --calibrate' import "$work" -o "$work/x.ebm" --precision af8
expect 2 'needs --predictor' trace --threshold 0.2 --policy predicted "$work/none.csv"
expect 2 'either --task NAME, or --text-column' exits --data "$work"
expect 2 'go together' exits --data "$work" --text-column text
expect 2 'split goes with --task' exits --data x --text-column a --label-column b --split dev
expect 2 'largest loss is 2' calibrate --task sst2 --data "$work" --max-loss 2
expect 2 'confidence is 1' calibrate --task sst2 --data "$work" --confidence 1
expect 2 'unknown variant' trace --threshold 0.2 --variant dirty "$work/none.csv"
expect 2 "unknown cells 'qlc'" envm --cells qlc
expect 2 'expected a percentage' envm --prune 101
expect 2 "a number of rows or 'none'" envm --index-stride 0
expect 2 'goes with --faults' envm --region mask
expect 2 'unknown region' envm --faults 1 --region row
expect 2 'expected 1 to' envm --seeds 0
expect 2 '--faults -1: expected 0 to' envm --faults -1
expect 2 '--first-seed -1: expected 0 to' envm --first-seed -1
sweep=(sweep --out "$work/sweep" --trace "$work/entropies.csv")
expect 2 '--classes -3: expected 2 to 1024' "${sweep[@]}" --classes -3
expect 2 '--threads 100000: expected 0 to 256' "${sweep[@]}" --threads 100000
expect 2 '--token-classes -1: expected 0 to' "${sweep[@]}" --token-classes -1
expect 2 '--axis n is given twice' "${sweep[@]}" --axis n=8 --axis n=16
expect 2 '--n: expected a value, this one is empty' simulate --cost-model --n '' good
expect 2 'expected 1 to 30522' envm --index-stride 30523
expect 2 "'pacd', did you mean 'paced'" trace --threshold 0.2 --policy pacd "$work/none.csv"
expect 2 'either --policy or --compare' trace --threshold 0.2 --policy paced --compare "$work/none.csv"
expect 2 'go with --policy paced' trace --threshold 0.2 --max-forced 0.01 "$work/none.csv"
expect 2 'share from 0 to 1' trace --threshold 0.2 --policy paced --max-forced 2 "$work/none.csv"
expect 2 'needs --predictor' trace --threshold 0.2 --policy paced --replan predicted-layer "$work/none.csv"
expect 2 'knows each exit beforehand' run --policy oracle good
expect 2 'goes with --policy paced' run --policy early-exit --replan each-layer good
expect 2 'either a text or --tokens' plan
expect 2 'expected dram, sram or reram' trace --threshold 0.2 --weights-in tape "$work/none.csv"
expect 2 'makes no plan beforehand' plan --policy oracle good

# Data errors end with 1.
expect 1 'empty' run ""
expect 1 'nothing but blanks' run "   "
expect 1 'UTF-8' run $'caf\xe9'
expect 1 'shortest feasible' run --latency-target 1us good
expect 1 'cannot open' run --model "$work/none.ebm" good
: >"$work/empty.ebm"
expect 1 'empty.ebm' run --model "$work/empty.ebm" good
head -c 100000 "$EDGEBERT_MODEL" >"$work/truncated.ebm"
expect 1 'truncated.ebm' run --model "$work/truncated.ebm" good
head -c 4096 /dev/urandom >"$work/wrong.ebm"
expect 1 'wrong.ebm' run --model "$work/wrong.ebm" good
expect 1 'directory' run --model "$work" good
expect 1 'not a regular file' run --dump /dev/null good
expect 1 'cannot (write|open)' run --dump "$work/none/dump.json" good
expect 1 'neither is there' eval --task sst2 --data "$work"
printf 'text\tlabel\ngood\t1\n' >"$work/dev.tsv"
expect 1 "dev.tsv:1: no column 'sentence'" eval --task sst2 --data "$work"
printf 'sentence\tlabel\ngood\tyes\n' >"$work/dev.tsv"
expect 1 "dev.tsv:2: unknown label 'yes'" eval --task sst2 --data "$work"
printf 'text,class\ngood,yes\n' >"$work/own.csv"
expect 1 "own.csv:1: no column 'label', the header has: text, class" exits \
  --data "$work/own.csv" --text-column text --label-column label
expect 1 "own.csv:2: unknown label 'yes'.*negative, positive" calibrate \
  --data "$work/own.csv" --text-column text --label-column class
expect 1 'config.json' import "$work" -o "$work/x.ebm"
printf '0.1,0.2\n0.3\n' >"$work/ragged.csv"
expect 1 'ragged.csv:2: 1 columns' trace --threshold 0.2 "$work/ragged.csv"
printf '0.1,nan\n' >"$work/bad.csv"
expect 1 'bad.csv:1: column 2' trace --threshold 0.2 "$work/bad.csv"
printf '0.1,0.2\n0.1,-0.2\n' >"$work/bad.csv"
expect 1 'bad.csv:2: column 2: entropy -0.2 is outside' trace --threshold 0.2 "$work/bad.csv"
printf '0.7,0.2\n' >"$work/bad.csv"
expect 1 'bad.csv:1: column 1: entropy 0.7 is outside' trace --threshold 0.2 "$work/bad.csv"
printf '0.1,0.2\n0.3,0.1\n' >"$work/two.csv"
expect 1 'shortest feasible' trace --threshold 0.2 --latency-target 0.5x "$work/two.csv"
printf '7\n' >"$work/tokens"
expect 1 '2 sentences, but 1 token counts' trace --threshold 0.2 --tokens "$work/tokens" "$work/two.csv"
printf '1,0\n1,1\n' >"$work/labels"
expect 1 'labels:1: column 2: expected the right class' trace --threshold 0.2 --labels "$work/labels" "$work/two.csv"
expect 1 'expected 1 to 512' plan --tokens 10000
expect 2 'expected 1 to' plan --tokens 100000
if compgen -G "$work/*.part" >/dev/null; then
  failures=$((failures + 1))
  echo "FAILED: a temporary file was left behind"
fi

# A good evaluation.
printf 'sentence\tlabel\na gorgeous movie\t1\nan utter waste\t0\nnot good\t0\n' >"$work/dev.tsv"
expect 0 '"examples":3,.*"accuracy":1.0' eval --json --task sst2 --data "$work"
expect 0 'all layers: 100.00 % at layer 12' exits --task sst2 --data "$work" --split dev \
  --plot "$work/exits.svg"
grep -q '</svg>' "$work/exits.svg" || {
  failures=$((failures + 1))
  echo "FAILED: exits --plot wrote no picture"
}
printf 'class,text\npositive,"a gorgeous, witty movie"\nnegative,an utter waste\n' >"$work/own.csv"
own=(--data "$work/own.csv" --text-column text --label-column class)
expect 0 '"rule":"patience"' exits --json "${own[@]}"
# Two examples prove nothing: the threshold is 0, at which nothing leaves early.
expect 0 '"threshold_nats":0.0,.*"draws":20,"violations":0' calibrate --json --simulate 20 \
  --model "$EDGEBERT_WHOLE_MODEL" "${own[@]}" --out "$work/calibrated.ebm"
expect 0 'at most 0.01 below full depth.s with confidence 0.95' inspect "$work/calibrated.ebm"
expect 0 'exit +layer 12 of 12' run --model "$work/calibrated.ebm" good
expect 0 'written' calibrate "${own[@]}" --model "$split/sst2.ebm" --out "$split/calibrated.ebm"
expect 0 '^task file: ' inspect "$split/calibrated.ebm"
expect 0 '"file_bytes":[0-9]+,"base_bytes":[0-9]+' eval --json --task sst2 --data "$work" \
  --model "$split/calibrated.ebm"
expect 0 'all layers' exits "${own[@]}" --model "$work/alone.ebm" --base "$split/embedding.ebm"
expect 0 '"measured_p50_s":[0-9.e-]+,"measured_p99_s":.*"measured_full_depth_p99_s":' eval --json \
  --task sst2 --data "$work"
expect 0 '"host":\{"driven":.*"mean_frequency_hz":' eval --json --task sst2 --data "$work" \
  --drive-host --sysfs-root "$work/sys"
printf '0.5,0.3,0.1\n0.1,0.1,0.1\n' >"$work/trace.csv"
expect 0 '"mean_exit_layer":2.0,"exit_histogram":\[1,0,1\]' trace --json --threshold 0.2 \
  "$work/trace.csv"

expect 0 '"policy":"oracle",.*"misses":0,.*"of_oracle":1.0,.*"accuracy":null' trace --json --compare \
  --threshold 0.2 --latency-target 1.5x --boundary on-chip "$work/trace.csv"
printf '1,0,0,1\n0,0,1,1\n' >"$work/labels"
expect 0 '"weights_in":"sram"' trace --json --threshold 0.2 --weights-in sram "$work/trace.csv"
expect 0 'weights in reram, [0-9.]+ MB on' trace --compare --threshold 0.2 --weights-in reram \
  "$work/trace.csv"
expect 0 '"accuracy":1.0' trace --json --threshold 0.2 --labels "$work/labels" "$work/trace.csv"
for policy in conventional-static predicted-safe paced artifact-dvfs; do
  expect 0 "\"policy\":\"$policy\"" run --json --policy "$policy" good
done
for replan in never predicted-layer first-entropy each-layer; do
  expect 0 '"policy":"paced"' run --json --policy paced --replan "$replan" good
done
expect 0 '"policy":"oracle"' eval --json --task sst2 --data "$work" --policy oracle
expect 0 '"replan":"each-layer"' plan --json --tokens 25 --replan each-layer
expect 0 '"tokens":25,"policy":"paced",.*"reached":1.0' plan --json --tokens 25
expect 0 '"weights_in":"reram"' plan --json --tokens 25 --weights-in reram
expect 0 'layer  voltage' plan --policy early-exit-static --latency-target 1.5x "a good film"

# Lines from stdin: a bad line is reported with its number, the others go on, the status is 1.
printf 'good\n\nbad \xff\nnul \0 byte\nbad film\n' >"$work/lines"
stdin="$work/lines" expect 1 '"line":2,"error":' run --json --file -
stdin="$work/lines" expect 1 '"line":3,"error":.*UTF-8' run --json --file -
stdin="$work/lines" expect 1 '"line":4,"error":.*NUL' run --json --file -
stdin="$work/lines" expect 1 '"text":"bad film"' run --json --file -
printf 'good\nfun\n' >"$work/lines"
stdin="$work/lines" expect 0 '"text":"fun"' run --json --file -
expect 0 '"text":"fun"' run --json --file "$work/lines"

# A megabyte of text is truncated and says so.
head -c 1000000 /dev/zero | tr '\0' 'x' | sed 's/xxxxxxxxx/good fun /g' >"$work/long"
expect 0 '"tokens":512,"truncated":true' run --json --file "$work/long"
expect 0 'truncated' run --max-tokens 8 "one two three four five six seven eight nine ten"

stdin="$work/long" expect 0 '\(truncated\)$' run --file -
head -c 20000000 /dev/zero | tr '\0' 'x' >"$work/endless"
stdin="$work/endless" expect 0 '"truncated":true' run --json --file -

# How this machine computes changes no answer, and what it lacks is named.
expect 2 "--isa: instruction set 'mmx' is not among .*, which this machine has" run --isa mmx good
expect 2 '--threads 0: expected 1 to 256' run --threads 0 good
expect 2 '--weights bytes: expected codes or int16' run --weights bytes good
expect 0 '^positive  ' run --isa scalar --weights int16 --threads 2 "good fun"

# What cannot be written is an error.
checks=$((checks + 1))
if "$program" run good >/dev/full 2>/dev/null; then
  failures=$((failures + 1))
  echo "FAILED: a full disk went unnoticed"
fi

# --dump holds the states of all layers, also where the sentence leaves early.
expect 0 'layer 1 of 12' run --dump "$work/dump.json" "good fun"
checks=$((checks + 1))
if [ "$(grep -o '"layer":' "$work/dump.json" | wc -l)" -ne 13 ]; then
  failures=$((failures + 1))
  echo "FAILED: the dump does not hold the embedding and 12 layers"
fi

# Ctrl-C ends a command at once, with the status of a signal, and leaves nothing half written.
interrupt() {
  checks=$((checks + 1))
  "$program" "$@" < <(sleep 5) >"$work/stdout" 2>&1 &
  local pid=$! start status elapsed
  sleep 0.7
  if ! kill -INT "$pid" 2>/dev/null; then
    failures=$((failures + 1))
    printf 'FAILED: edgebert %s ended before it was interrupted:\n%s\n' "$*" "$(<"$work/stdout")"
    return
  fi
  start=$(date +%s%N)
  wait "$pid"
  status=$?
  elapsed=$((($(date +%s%N) - start) / 1000000))
  if [ "$status" -ne 130 ] || [ "$elapsed" -gt 1000 ]; then
    failures=$((failures + 1))
    echo "FAILED: interrupted, edgebert $* ended with $status after $elapsed ms"
  fi
}
interrupt run --file -
interrupt run --json --file - --drive-host --sysfs-root "$work/sys"
if [ "$(<"$cpu/scaling_governor")" != powersave ]; then
  failures=$((failures + 1))
  echo "FAILED: an interrupted program left the governor $(<"$cpu/scaling_governor")"
fi
checkpoint=$(dirname "$0")/golden/huggingface/bert-off-ramps
{ echo sentence; yes 'the film was good and the music was great' | head -n 400000; } >"$work/train.tsv"
mkdir "$work/out"
interrupt import "$checkpoint" --calibrate "$work/train.tsv" -o "$work/out/model.ebm"
if [ -n "$(ls "$work/out")" ]; then
  failures=$((failures + 1))
  echo "FAILED: an interrupted import left: $(ls "$work/out")"
fi
expect 0 'float32' import "$checkpoint" -o "$work/out/float32.ebm"
expect 1 'float32 ones.*--calibrate' simulate --cost-model --model "$work/out/float32.ebm" good
head -n 500 "$work/train.tsv" >"$work/small.tsv"
expect 0 'model.ebm: 4 layers' import "$checkpoint" --calibrate "$work/small.tsv" -o "$work/out/model.ebm"
expect 0 '"tokens":' run --json --model "$work/out/model.ebm" "the film was good"
expect 0 'calibration_text.*small.tsv' inspect --json "$work/out/model.ebm"

# Export, and import of what it wrote.
expect 0 'model.onnx: ONNX, float32, 4 of 4 layers' export --model "$work/out/model.ebm" --onnx "$work/model.onnx"
expect 0 'model.onnx: ONNX, float32, 2 of 4 layers' export --model "$work/out/model.ebm" --onnx "$work/model.onnx" --layers 2
expect 0 '4 off-ramps' export --model "$work/out/model.ebm" --huggingface "$work/exported"
expect 0 'back.ebm: 4 layers' import "$work/exported" -o "$work/back.ebm"
expect 2 'give --onnx FILE or --huggingface DIR' export
expect 2 '--layers goes with --onnx' export --huggingface "$work/exported" --layers 2
expect 2 'layers 0: expected 1 to' export --onnx "$work/model.onnx" --layers 0
expect 1 'expected 1 to 4' export --model "$work/out/model.ebm" --onnx "$work/model.onnx" --layers 5

# Timing: every figure has its place, and what cannot be done is said.
export XDG_CACHE_HOME=$work/cache
printf 'a fine film\nthe plot is dull\n' >"$work/lines.txt"
timing=(bench --model "$work/out/model.ebm" --file "$work/lines.txt" --rounds 1)
expect 0 'edgebert again .* over edgebert|cold start: load' "${timing[@]}" --csv "$work/rows.csv" --plot "$work/time.svg"
expect 0 '"ratio_to_edgebert":' "${timing[@]}" --workload text --json
expect 0 '"workload":"batch-2"' "${timing[@]}" --workload batch-2 --json
expect 0 '"shares":' "${timing[@]}" --workload tokens-9 --json
checks=$((checks + 1))
if ! grep -q '^runtime,version,workload,exits,' "$work/rows.csv" || ! grep -q '</svg>' "$work/time.svg"; then
  failures=$((failures + 1))
  echo "FAILED: bench wrote no rows or no plot"
fi
expect 2 '--threads 0: expected 1 to 256' bench --threads 0
expect 1 '/nowhere/rows.csv' bench --csv /nowhere/rows.csv --workload tokens-4 --rounds 1000000
expect 2 "isa|instruction set" bench --isa mmx
expect 2 'give one of them' bench --compare --against HEAD
expect 2 '--task and --data go together' bench --task sst2
expect 2 "unknown, did you mean 'tokens-128'" bench --workload token-128
expect 1 'takes 4 to' bench --workload tokens-10000
expect 2 'expected 4 to' bench --workload tokens-3
expect 2 'needs sentences' bench --workload batch-64
expect 1 'no-such is no commit' bench --against no-such --workload tokens-9

echo "$((checks - failures)) passed, $failures failed"
[ "$failures" -eq 0 ]
