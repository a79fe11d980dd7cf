"""PyTorch with Hugging Face's BertModel on an exported directory, in float32."""

from __future__ import annotations

import protocol
from checkpoint import Checkpoint


class PyTorch(protocol.Runtime):
    """BertModel with scaled dot-product attention; the off-ramp in NumPy."""

    name = "pytorch"
    precision = "fp32"

    def __init__(self, arguments):
        import torch
        from transformers import BertConfig, BertModel

        torch.set_num_threads(arguments.threads)
        torch.set_grad_enabled(False)
        self.torch = torch
        self.checkpoint = Checkpoint(arguments.model)
        config = self.checkpoint.config
        keys = (
            "vocab_size",
            "hidden_size",
            "intermediate_size",
            "num_attention_heads",
            "num_hidden_layers",
            "max_position_embeddings",
            "type_vocab_size",
            "hidden_act",
            "layer_norm_eps",
        )
        described = BertConfig(**{key: config[key] for key in keys}, attn_implementation="sdpa")
        self.model = BertModel(described, add_pooling_layer=False).eval()
        state = self.model.state_dict()
        for name in state:
            source = "bert." + name
            if name.startswith("encoder.layer."):
                number, rest = name.removeprefix("encoder.layer.").split(".", 1)
                source = self.checkpoint.layer(int(number)) + rest
            if source in self.checkpoint.tensors:
                state[name] = torch.from_numpy(self.checkpoint.tensors[source])
        self.model.load_state_dict(state)
        self.version = torch.__version__
        self.isa = torch.backends.cpu.get_cpu_capability()
        self.note = self.checkpoint.note

    def run(self, inputs):
        arrays = {name: self.torch.from_numpy(array) for name, array in inputs.items()}
        if bool(inputs["attention_mask"].all()):
            del arrays["attention_mask"]  # Nothing is padded: no mask is faster.
        states = self.model(**arrays).last_hidden_state.numpy()
        return self.checkpoint.logits(states, inputs["attention_mask"])


if __name__ == "__main__":
    protocol.serve(PyTorch)
