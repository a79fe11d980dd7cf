#!/usr/bin/env python3
"""Trains one student for each technique of a recipe alone and left out, on a short schedule, and tabulates them.

Every student learns from the same teacher (TEACHER, the output folder of a training that has finished with the same
teacher section) for --epochs epochs with the recipe's other hyper-parameters. A run that has finished in --out is not
trained again; one that was interrupted goes on. Prints a Markdown table: accuracy of all layers on all evaluation
splits together, the earliest mean exit layer that loses at most a point by entropy exits (in hindsight), sparsity,
heads off, bytes.

Needs: Debian's python3-yaml, and `edgebert-train` and `edgebert` built (./edgebert train --help builds both).
Usage: ablate.py --recipe recipes/sst2.yaml --teacher out/sst2 --base e5-small-v2 --data ../shared/data --out out/ablation
"""

import argparse
import copy
import json
import os
import pathlib
import shutil
import subprocess
import sys

import yaml

TECHNIQUES = ["unlabelled", "embedding_sparsity", "pruning", "attention_span", "quantization"]


def without(student, names):
    student = copy.deepcopy(student)
    for name in names:
        student.pop(name, None)
        if name == "embedding_sparsity":
            student[name] = 0
    return student


def variants(student):
    """Names and student sections, everything first."""
    present = [name for name in TECHNIQUES if student.get(name)]
    yield "everything", student
    yield "off-ramps only", without(student, present)
    for name in present:
        yield f"only {name}", without(student, [other for other in present if other != name])
    for name in present:
        yield f"without {name}", without(student, [name])
    labels_only = copy.deepcopy(student)
    labels_only.pop("unlabelled", None)
    labels_only.setdefault("distillation", {})["weight"] = 0
    yield "without distillation", labels_only
    if "pruning" in student:
        for key, value in (("method", "movement"), ("granularity", "vector"), ("scope", "global")):
            changed = copy.deepcopy(student)
            changed["pruning"][key] = value
            yield f"pruning by {value}", changed


def train(arguments, name, recipe):
    folder = arguments.out / name.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("teacher.ebm", "teacher.json"):
        if not (folder / file).exists():
            try:
                os.link(arguments.teacher / file, folder / file)
            except OSError:
                shutil.copy(arguments.teacher / file, folder / file)
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe, indent=2))  # JSON is YAML.
    result = folder / f"{recipe['name']}.ebm"
    if not result.exists():
        subprocess.run(
            [arguments.programs / "edgebert-train", "train", "--recipe", path, "--base", arguments.base,
             "--data", arguments.data, "--out", folder, "--resume"],
            stdout=subprocess.DEVNULL, check=True)
    return folder, result


def measure(arguments, recipe, folder, model):
    run = [arguments.programs / "edgebert"]
    exits = json.loads(subprocess.run(
        run + ["exits", "--model", model, "--task", recipe["task"], "--data", arguments.data, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
    evaluation = json.loads(subprocess.run(
        run + ["eval", "--model", model, "--task", recipe["task"], "--data", arguments.data, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
    earliest = [row["mean_exit_layer"] for row in exits["earliest"]
                if row["rule"] == "entropy" and row["max_loss"] == 0.01]
    return {"accuracy": exits["full_depth_accuracy"], "exit": earliest[0] if earliest else None,
            "encoder_sparsity": evaluation["encoder_sparsity"], "heads_off": evaluation["heads_off"],
            "bytes": model.stat().st_size}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("recipe", "teacher", "base", "data", "out"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--epochs", type=float, default=0.25, help="of each student [0.25]")
    parser.add_argument("--programs", type=pathlib.Path, default=pathlib.Path("build/release"),
                        help="folder of edgebert and edgebert-train [build/release]")
    arguments = parser.parse_args()
    recipe = yaml.safe_load(arguments.recipe.read_text())
    recipe["student"]["schedule"]["epochs"] = arguments.epochs
    print("| student | accuracy, all layers | mean exit at a point less | encoder zeros | heads off of 12 | MB |")
    print("|---|---|---|---|---|---|")
    for name, student in variants(recipe["student"]):
        changed = dict(recipe, student=student)
        folder, model = train(arguments, name, changed)
        row = measure(arguments, changed, folder, model)
        print(f"| {name} | {row['accuracy']:.2%} | {row['exit']:.2f} | {row['encoder_sparsity']:.1%} | "
              f"{row['heads_off']:.2f} | {row['bytes'] / 1e6:.1f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
