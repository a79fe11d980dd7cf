"""CTranslate2's encoder on a model that prepare.py converted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import protocol
from checkpoint import Checkpoint


class CTranslate2(protocol.Runtime):
    """An Encoder; the off-ramp in NumPy."""

    name = "ctranslate2"

    def __init__(self, arguments):
        import ctranslate2

        self.ctranslate2 = ctranslate2
        self.checkpoint = Checkpoint(str(Path(arguments.model) / "checkpoint"))
        compute_type = "int8_float32" if arguments.precision == "int8" else "float32"
        self.encoder = ctranslate2.Encoder(
            arguments.model,
            device="cpu",
            compute_type=compute_type,
            intra_threads=arguments.threads,
            inter_threads=1,
        )
        self.version = ctranslate2.__version__
        self.precision = arguments.precision
        self.note = self.checkpoint.note

    def run(self, inputs):
        view = self.ctranslate2.StorageView.from_array
        mask = inputs["attention_mask"]
        output = self.encoder.forward_batch(
            view(inputs["input_ids"].astype(np.int32)),
            view(mask.sum(axis=1).astype(np.int32)),
            token_type_ids=inputs["token_type_ids"].tolist(),
        )
        return self.checkpoint.logits(np.array(output.last_hidden_state), mask)


if __name__ == "__main__":
    protocol.serve(CTranslate2)
