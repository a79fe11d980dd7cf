"""Makes the files that the peers run of an exported ONNX file or Hugging Face directory.

usage: prepare.py fuse MODEL.onnx OUT.onnx
       prepare.py quantize QInt8|QUInt8 MODEL.onnx OUT.onnx
       prepare.py openvino-int8 MODEL.onnx CALIBRATION.json OUT.xml
       prepare.py ctranslate2 DIRECTORY OUT
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
from protocol import padded


def fuse(model: str, output: str) -> None:
    """ONNX Runtime's transformer optimiser, with all its fusions for BERT."""
    from onnxruntime.transformers import optimizer

    optimized = optimizer.optimize_model(model, model_type="bert", num_heads=0, hidden_size=0)
    optimized.save_model_to_file(output)


def quantize(weight_type: str, model: str, output: str) -> None:
    """ONNX Runtime's dynamic quantisation to int8."""
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # Shapes and types are not inferred through the fused operators; all of the model is float32.
    quantize_dynamic(
        model,
        output,
        weight_type=QuantType[weight_type],
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )


def openvino_int8(model: str, calibration: str, output: str) -> None:
    """NNCF's post-training quantisation for transformers."""
    import nncf
    import openvino

    sentences = json.loads(Path(calibration).read_text())
    dataset = nncf.Dataset([padded([sentence]) for sentence in sentences])
    quantized = nncf.quantize(
        openvino.Core().read_model(model),
        dataset,
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(sentences),
    )
    openvino.save_model(quantized, output, compress_to_fp16=False)


def ctranslate2(directory: str, output: str) -> None:
    """CTranslate2's specification of a BERT encoder, filled from the checkpoint."""
    from checkpoint import Checkpoint
    from ctranslate2.specs import common_spec, transformer_spec

    checkpoint = Checkpoint(directory)
    config = checkpoint.config
    spec = transformer_spec.TransformerEncoderModelSpec(
        transformer_spec.TransformerEncoderSpec(
            config["num_hidden_layers"],
            config["num_attention_heads"],
            pre_norm=False,
            activation=common_spec.Activation.GELU,
            layernorm_embedding=True,
            num_source_embeddings=2,
            embeddings_merge=common_spec.EmbeddingsMerge.ADD,
        )
    )

    def set_linear(target, *names):
        pairs = [checkpoint.linear(name) for name in names]
        target.weight = np.concatenate([weight for weight, _ in pairs])
        target.bias = np.concatenate([bias for _, bias in pairs])

    def set_norm(target, name):
        target.gamma, target.beta = checkpoint.linear(name)

    encoder = spec.encoder
    tables = "bert.embeddings."
    encoder.embeddings[0].weight = checkpoint.tensors[tables + "word_embeddings.weight"]
    encoder.embeddings[1].weight = checkpoint.tensors[tables + "token_type_embeddings.weight"]
    encoder.position_encodings.encodings = checkpoint.tensors[tables + "position_embeddings.weight"]
    set_norm(encoder.layernorm_embedding, tables + "LayerNorm")
    encoder.scale_embeddings = False
    for number, layer in enumerate(encoder.layer):
        prefix = checkpoint.layer(number)
        attention = prefix + "attention."
        set_linear(
            layer.self_attention.linear[0],
            *(attention + "self." + name for name in ("query", "key", "value")),
        )
        set_linear(layer.self_attention.linear[1], attention + "output.dense")
        set_norm(layer.self_attention.layer_norm, attention + "output.LayerNorm")
        set_linear(layer.ffn.linear_0, prefix + "intermediate.dense")
        set_linear(layer.ffn.linear_1, prefix + "output.dense")
        set_norm(layer.ffn.layer_norm, prefix + "output.LayerNorm")
    spec.config.layer_norm_epsilon = config["layer_norm_eps"]
    vocabulary = json.loads((Path(directory) / "tokenizer.json").read_text())["model"]["vocab"]
    spec.register_vocabulary(sorted(vocabulary, key=vocabulary.get))
    spec.validate()
    os.makedirs(output, exist_ok=True)
    spec.save(output)
    shutil.copytree(directory, Path(output) / "checkpoint", dirs_exist_ok=True)


COMMANDS = {
    "fuse": fuse,
    "quantize": quantize,
    "openvino-int8": openvino_int8,
    "ctranslate2": ctranslate2,
}


def main(command: str, *arguments: str) -> None:
    """Run a command so that its output is there whole or not at all."""
    *inputs, output = arguments
    unfinished = Path(output + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    COMMANDS[command](*inputs, str(unfinished / Path(output).name))
    # The file that is looked for comes last: "model.bin" before "model.xml".
    for file in sorted(unfinished.iterdir()):
        os.replace(file, Path(output).parent / file.name)
    unfinished.rmdir()


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except ImportError as error:
        sys.exit(f"not installed: {error}")
