"""What the workers of `edgebert bench` have in common: JSON lines on stdin and stdout.

A worker loads its model, says on a line of its own what it is, and answers each request with the
time that each sentence took. Times cover the runtime's own call alone: arrays are made before it,
and the pipe is not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from abc import ABC, abstractmethod

import numpy as np


class Runtime(ABC):
    """A model in one runtime, ready to classify."""

    name: str
    version: str
    precision: str
    isa: str = "the runtime's choice"
    note: str = ""

    @abstractmethod
    def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        """Compute the logits [batch x classes] of input_ids, attention_mask and token_type_ids."""


def padded(sentences: list[dict]) -> dict[str, np.ndarray]:
    """Lay the sentences out as int64 arrays [batch x longest], padded at the end."""
    longest = max(len(sentence["ids"]) for sentence in sentences)
    arrays = {
        name: np.zeros((len(sentences), longest), dtype=np.int64)
        for name in ("input_ids", "attention_mask", "token_type_ids")
    }
    for row, sentence in enumerate(sentences):
        length = len(sentence["ids"])
        arrays["input_ids"][row, :length] = sentence["ids"]
        arrays["attention_mask"][row, :length] = 1
        arrays["token_type_ids"][row, :length] = sentence["segments"]
    return arrays


def answer(runtime: Runtime, request: dict) -> dict:
    """Run a request's sentences, one by one or as one batch."""
    sentences = request["sentences"]
    groups = [sentences] if request.get("batch") else [[sentence] for sentence in sentences]
    milliseconds, labels = [], []
    for group in groups:
        inputs = padded(group)
        begin = time.perf_counter_ns()
        logits = runtime.run(inputs)
        milliseconds.append((time.perf_counter_ns() - begin) * 1e-6)
        labels.extend(int(label) for label in np.argmax(logits, axis=-1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"ms": milliseconds, "labels": labels, "peak_bytes": peak}


def serve(load) -> None:
    """Answer requests until the input ends. `load` makes a Runtime of the parsed arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--precision", default="fp32")
    arguments = parser.parse_args()
    # Whatever a library prints shall not stand between the answers.
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def send(message: dict) -> None:
        output.write(json.dumps(message) + "\n")
        output.flush()

    begin = time.perf_counter_ns()
    try:
        runtime = load(arguments)
    except ImportError as error:
        send({"error": f"not installed: {error}"})
        return
    except Exception as error:  # Whatever a runtime raises, the others go on.
        send({"error": f"{type(error).__name__}: {error}"})
        return
    send(
        {
            "runtime": runtime.name,
            "version": runtime.version,
            "precision": runtime.precision,
            "isa": runtime.isa,
            "note": runtime.note,
            "load_ms": (time.perf_counter_ns() - begin) * 1e-6,
        }
    )
    for line in sys.stdin:
        try:
            send(answer(runtime, json.loads(line)))
        except Exception as error:
            send({"error": f"{type(error).__name__}: {error}"})
            return
