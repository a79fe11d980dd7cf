"""Compares an exported ONNX model with this engine's float32 arithmetic.

usage: check_export.py PROGRAM MODEL

Exits with 77 where ONNX Runtime is not installed, and with 1 where a logit differs by 1e-3 or more.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

TOLERANCE = 1e-3
SKIPPED = 77
TEXTS = (
    "good",
    "an utter waste of everyone's time",
    "a gorgeous, witty, seductive movie",
    "it is neither as funny as it hopes nor as dull as its first half hour lets one fear",
    "the plot, such as it is, " + "goes on and on and " * 20 + "ends",
)


def own_logits(program: str, model: str, text: str, folder: Path) -> tuple[dict, dict[int, list]]:
    """Run a text: its tokens, and the logits after every layer with an off-ramp."""
    dump = folder / "dump.json"
    command = [program, "run", "--model", model, "--arithmetic", "fp32", "--threshold", "0"]
    subprocess.run([*command, "--dump", str(dump), text], check=True, stdout=subprocess.DEVNULL)
    layers = json.loads(dump.read_text())["layers"]
    tokenize = [program, "tokenize", "--model", model, "--json", text]
    tokens = json.loads(subprocess.run(tokenize, check=True, capture_output=True).stdout)
    sentence = {"ids": tokens["ids"], "segments": tokens["segment_ids"]}
    return sentence, {layer["layer"]: layer["logits"] for layer in layers if layer.get("logits")}


def main(program: str, model: str) -> int:
    """Check full depth and the first off-ramp, one by one and padded to a batch."""
    try:
        import numpy as np
        import onnxruntime
        from protocol import padded
    except ImportError as error:
        print(f"skipped: {error}; run edgebert bench --compare once, or install onnxruntime")
        return SKIPPED
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = [own_logits(program, model, text, folder) for text in TEXTS]
        depths = sorted(own[0][1])
        for layer in {depths[0], depths[-1]}:
            file = folder / f"{layer}.onnx"
            export = [program, "export", "--model", model, "--onnx", str(file)]
            subprocess.run([*export, "--layers", str(layer)], check=True, stdout=subprocess.DEVNULL)
            session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
            expected = np.array([logits[layer] for _, logits in own])
            sentences = [sentence for sentence, _ in own]
            alone = np.concatenate(
                [session.run(["logits"], padded([sentence]))[0] for sentence in sentences]
            )
            together = session.run(["logits"], padded(sentences))[0]
            for logits in (alone, together):
                worst = max(worst, float(np.abs(logits - expected).max()))
    print(f"{model}: logits differ by at most {worst:.2g}, expected less than {TOLERANCE}")
    return 0 if worst < TOLERANCE else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
