"""Reads the Hugging Face directory that `edgebert export --huggingface` writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


class Checkpoint:
    """A BERT encoder and the off-ramp after its last layer, as NumPy arrays."""

    def __init__(self, directory: str):
        from safetensors.numpy import load_file

        self.config = json.loads((Path(directory) / "config.json").read_text())
        if self.config["model_type"] != "bert":
            raise ValueError(f"a {self.config['model_type']} model: this peer runs BERT only")
        if self.config["hidden_act"] != "gelu":
            raise ValueError(
                f"activation {self.config['hidden_act']}: this peer has exact GELU only"
            )
        self.tensors = load_file(str(Path(directory) / "model.safetensors"))
        positions = self.config["max_position_embeddings"]
        spans = [span for group in self.config.get("attention_spans", []) for span in group]
        self.note = ""
        if any(0 < span < positions for span in spans):
            self.note = "spans between 0 and all positions are not obeyed; "
        if 0 in spans:
            self.note += "absent heads are computed, with weights of zero behind them"

    def layer(self, layer: int) -> str:
        """Name the prefix of the tensors that layer `layer`, from 0, uses."""
        return f"bert.encoder.layer.{self.config['layer_map'][layer]}."

    def linear(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Weight and bias of a module."""
        return self.tensors[name + ".weight"], self.tensors[name + ".bias"]

    def off_ramp(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Weight and bias of a part of the last off-ramp."""
        ramps = self.config["off_ramps"]
        number = 0 if ramps["shared"] else ramps["layers"][-1]
        return self.linear(f"off_ramps.{number}.{part}")

    def logits(self, states: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Compute the last off-ramp's logits of the last layer's states."""
        pooled = []
        for pooling in self.config["off_ramps"]["pooling"]:
            if pooling == "cls":
                pooled.append(states[:, 0])
            else:
                weights = mask[:, :, None].astype(np.float32)
                pooled.append((states * weights).sum(axis=1) / weights.sum(axis=1))
        weight, bias = self.off_ramp("pooler")
        hidden = np.tanh(np.concatenate(pooled, axis=-1) @ weight.T + bias)
        weight, bias = self.off_ramp("classifier")
        return hidden @ weight.T + bias
