#!/usr/bin/env python3
"""Makes the small random checkpoints of tests/golden/huggingface.

Each folder is a checkpoint as transformers saves it, and expected.json, which holds
  tensors   this project's tensor names with shape and FNV-1a hash of the float32 values,
            taken from the modules of the transformers model rather than from names in the file;
  examples  texts with the ids and segment ids of transformers' tokenizer, the logits of every
            off-ramp [off-ramps][classes], and for the first two texts the hidden states
            [layers + 1][tokens][hidden], number 0 before layer 1; all computed in fp32.

Weights are far larger than at a usual initialisation, and LayerNorm's gains and biases are
not 1 and 0, so that an operation left out or misplaced changes the results visibly.

Needs: torch, transformers, tokenizers, sentencepiece, safetensors (made with torch 2.15, transformers
5.23, tokenizers 0.23, sentencepiece 0.2.3, safetensors 0.8).
Usage: make_golden_models.py [DIRECTORY]
"""

import io
import json
import pathlib
import sys

import numpy
import safetensors.torch
import sentencepiece
import torch
import transformers
from torch import nn
from transformers import AlbertConfig, BertConfig

TEXTS = [
    ("the film was good", None),
    ("a bad, slow plot", "the music was great"),
    ("Café ŒUVRE 42!", None),
    ("never again", "not even with friends, not for a day"),
    ("the story is long and the acting is bad but the music is good", None),
]

CORPUS = """the film was good and the music was great
a bad slow plot with bad acting and a long story
the story is long and the acting is bad but the music is good and the end is great
not even with friends not for a day and never again
i was glad to see a film with a good story and a great end
it was a bad day for a slow film
friends say the plot is good but the acting is not
we never saw the end of the long film again
42 days and 7 nights of music was a great time
the cafe was good the day was long and we were glad
""".splitlines()

WORDS = """the a is was not good bad great film plot music story acting end day and but with for friends
never again even long slow 42 ##s ##ing ##ed ##ly""".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def word_piece_vocabulary(cased):
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces += list(",.!?-'") + list("0123456789") + list(LETTERS)
    pieces += ["##" + letter for letter in LETTERS]
    if cased:
        pieces += ["C", "é", "##é", "The"]
    return list(dict.fromkeys(pieces + WORDS))


def write_word_piece(folder, form, cased=False):
    vocabulary = word_piece_vocabulary(cased)
    vocab_txt = folder / "vocab.txt"
    vocab_txt.write_text("".join(piece + "\n" for piece in vocabulary), encoding="utf-8")
    tokenizer = transformers.BertTokenizer(
        vocab={piece: i for i, piece in enumerate(vocabulary)}, do_lower_case=not cased)
    if form == "tokenizer.json":
        vocab_txt.unlink()
        tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json",
               {"do_lower_case": not cased, "tokenizer_class": "BertTokenizer"})
    return tokenizer, len(vocabulary)


def write_sentence_piece(folder, form):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=model, model_type="unigram", vocab_size=62,
        pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"],
        user_defined_symbols=["(", ")", '"', "-", "."], normalization_rule_name="identity",
        num_threads=1, minloglevel=2)
    spiece = folder / "spiece.model"
    spiece.write_bytes(model.getvalue())
    write_json(folder / "tokenizer_config.json",
               {"do_lower_case": True, "keep_accents": False, "tokenizer_class": "AlbertTokenizer"})
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    vocabulary = [(processor.id_to_piece(i), processor.get_score(i))
                  for i in range(processor.get_piece_size())]
    tokenizer = transformers.AlbertTokenizer(vocab=vocabulary)
    if form == "tokenizer.json":
        spiece.unlink()
        tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer, len(vocabulary)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)

    def normal(parameter, mean, deviation):
        parameter.data.copy_(mean + deviation * torch.randn(parameter.shape, generator=generator))

    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            normal(module.weight, 1.0, 0.2)
            normal(module.bias, 0.0, 0.2)
        elif isinstance(module, nn.Linear):
            normal(module.weight, 0.0, 0.15)
            normal(module.bias, 0.0, 0.1)
        elif isinstance(module, nn.Embedding):
            normal(module.weight, 0.0, 0.2)


def linear(name, module):
    return {name + ".weight": module.weight, name + ".bias": module.bias}


def norm(name, module):
    return {name + ".gain": module.weight, name + ".bias": module.bias}


def encoder_tensors(encoder):
    """This project's names of an encoder's tensors."""
    embeddings = encoder.embeddings
    tensors = {
        "embedding.word": embeddings.word_embeddings.weight,
        "embedding.position": embeddings.position_embeddings.weight,
        "embedding.segment": embeddings.token_type_embeddings.weight,
        **norm("embedding.norm", embeddings.LayerNorm),
    }
    if isinstance(encoder, transformers.AlbertModel):
        tensors |= linear("embedding.projection", encoder.encoder.embedding_hidden_mapping_in)
        layers = [group.albert_layers[0] for group in encoder.encoder.albert_layer_groups]
        parts = [(layer.attention, layer.attention.dense, layer.attention.LayerNorm, layer.ffn,
                  layer.ffn_output, layer.full_layer_layer_norm) for layer in layers]
    else:
        layers = list(dict.fromkeys(encoder.encoder.layer))
        parts = [(layer.attention.self, layer.attention.output.dense,
                  layer.attention.output.LayerNorm, layer.intermediate.dense, layer.output.dense,
                  layer.output.LayerNorm) for layer in layers]
    for i, (attention, output, attention_norm, up, down, feed_forward_norm) in enumerate(parts):
        for projection in ("query", "key", "value"):
            tensors |= linear(f"layer.{i}.attention.{projection}", getattr(attention, projection))
        tensors |= linear(f"layer.{i}.attention.output", output)
        tensors |= norm(f"layer.{i}.attention.norm", attention_norm)
        tensors |= linear(f"layer.{i}.feed_forward.up", up)
        tensors |= linear(f"layer.{i}.feed_forward.down", down)
        tensors |= norm(f"layer.{i}.feed_forward.norm", feed_forward_norm)
    return tensors


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def described(tensor):
    array = tensor.detach().numpy().astype("<f4")
    return {"shape": list(array.shape), "fnv1a": fnv1a(array.tobytes())}


def floats(tensor):
    """Nested lists whose numbers read back as exactly the same fp32 values."""
    if tensor.dim() == 0:
        return float(str(numpy.float32(tensor.item())))
    return [floats(row) for row in tensor]


class HiddenStates:
    """Records what enters layer 1 and what leaves each layer, in the order of execution."""

    def __init__(self, encoder):
        self.states = []
        if isinstance(encoder, transformers.AlbertModel):
            modules = [encoder.encoder.embedding_hidden_mapping_in,
                       *encoder.encoder.albert_layer_groups]
        else:
            modules = [encoder.embeddings, *dict.fromkeys(encoder.encoder.layer)]
        for module in modules:
            module.register_forward_hook(self.record)

    def record(self, _module, _inputs, output):
        state = output[0] if isinstance(output, tuple) else output
        self.states.append(state[0].detach())


class OffRamps(nn.Module):
    """This project's off-ramps: pooled vector, dense, tanh, dense; one after every layer."""

    def __init__(self, config):
        super().__init__()
        settings = config.off_ramps
        width = config.hidden_size * len(settings["pooling"])
        self.pooling = settings["pooling"]
        self.off_ramps = nn.ModuleDict({
            str(layer): nn.ModuleDict({
                "pooler": nn.Linear(width, settings["pooler_size"]),
                "classifier": nn.Linear(settings["pooler_size"], config.num_labels),
            }) for layer in range(1, config.num_hidden_layers + 1)})

    def forward(self, layer, state):
        pools = {"cls": state[0], "mean": state.mean(dim=0)}
        pooled = torch.cat([pools[name] for name in self.pooling])
        ramp = self.off_ramps[str(layer)]
        return ramp["classifier"](torch.tanh(ramp["pooler"](pooled)))


def logits_of(model, ramps, encoder, inputs, states):
    if ramps is not None:
        encoder(**inputs)
        return torch.stack([ramps(layer, state)
                            for layer, state in enumerate(states[1:], start=1)])
    output = model(**inputs)
    return output.logits if hasattr(output, "logits") else torch.empty(0, 0)


def make(directory, name, config, tokenizer_form, seed, classifies=True, dtype=torch.float32,
         cased=False, off_ramps=False):
    folder = directory / name
    folder.mkdir(parents=True, exist_ok=True)
    is_albert = isinstance(config, AlbertConfig)
    if is_albert:
        tokenizer, size = write_sentence_piece(folder, tokenizer_form)
    else:
        tokenizer, size = write_word_piece(folder, tokenizer_form, cased)
    config.vocab_size = size
    family = "Albert" if is_albert else "Bert"
    kind = family + ("ForSequenceClassification" if classifies else "Model")
    model = getattr(transformers, kind)(config).eval()
    encoder = getattr(model, family.lower()) if classifies else model
    ramps = None
    if off_ramps:
        groups = config.num_hidden_layers // config.num_hidden_groups
        distinct = list(encoder.encoder.layer)[:config.num_hidden_groups]
        encoder.encoder.layer = nn.ModuleList(
            [distinct[i // groups] for i in range(config.num_hidden_layers)])
        ramps = OffRamps(config).eval()
        randomize(ramps, seed + 1)
    randomize(model, seed)
    model.to(dtype)
    if off_ramps:
        save_with_off_ramps(folder, model, encoder, ramps, distinct)
    else:
        model.save_pretrained(folder)
    model.to(torch.float32)
    (folder / "model.safetensors").chmod(0o644)

    tensors = encoder_tensors(encoder)
    if ramps is not None:
        for layer, ramp in ramps.off_ramps.items():
            tensors |= linear(f"off_ramp.{layer}.pooler", ramp["pooler"])
            tensors |= linear(f"off_ramp.{layer}.classifier", ramp["classifier"])
    elif classifies:
        last = f"off_ramp.{config.num_hidden_layers}"
        tensors |= linear(last + ".pooler", encoder.pooler if is_albert else encoder.pooler.dense)
        tensors |= linear(last + ".classifier", model.classifier)

    recorder = HiddenStates(encoder)
    examples = []
    for number, (text, pair) in enumerate(TEXTS):
        ids = tokenizer(text, pair, return_token_type_ids=True)
        inputs = {key: torch.tensor([ids[key]]) for key in ("input_ids", "token_type_ids")}
        recorder.states.clear()
        with torch.no_grad():
            logits = logits_of(model, ramps, encoder, inputs, recorder.states)
        assert len(recorder.states) == config.num_hidden_layers + 1
        example = {"text": text, "pair": pair, "input_ids": ids["input_ids"],
                   "segment_ids": ids["token_type_ids"], "logits": floats(logits)}
        if number < 2:
            example["hidden_states"] = floats(torch.stack(recorder.states))
        examples.append(example)
    expected = {"architecture": kind,
                "tensors": {key: described(tensors[key]) for key in sorted(tensors)},
                "examples": examples}
    (folder / "expected.json").write_text(
        json.dumps(expected, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def save_with_off_ramps(folder, model, encoder, ramps, distinct):
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    tensors = {"bert.embeddings." + key: value
               for key, value in encoder.embeddings.state_dict().items() if "weight" in key or
               "bias" in key}
    for i, layer in enumerate(distinct):
        tensors |= {f"bert.encoder.layer.{i}.{key}": value
                    for key, value in layer.state_dict().items()}
    tensors |= ramps.state_dict()
    safetensors.torch.save_file({key: value.contiguous() for key, value in tensors.items()},
                                folder / "model.safetensors", metadata={"format": "pt"})


def bert(**changes):
    return BertConfig(**{"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                         "intermediate_size": 64, "max_position_embeddings": 48} | changes)


def albert(**changes):
    return AlbertConfig(**{"embedding_size": 16, "hidden_size": 32, "num_hidden_layers": 4,
                           "num_attention_heads": 4, "intermediate_size": 64,
                           "max_position_embeddings": 48} | changes)


def main():
    directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                             pathlib.Path(__file__).parent.parent / "tests/golden/huggingface")
    transformers.utils.logging.set_verbosity_error()
    # Five layers in three groups: 2, 2 and 1.
    make(directory, "albert-groups", albert(num_hidden_layers=5, num_hidden_groups=3),
         "spiece.model", seed=1)
    make(directory, "albert-shared", albert(embedding_size=24, hidden_size=48,
                                            num_attention_heads=3, hidden_act="gelu"),
         "tokenizer.json", seed=2)
    make(directory, "albert-fp16", albert(num_hidden_layers=3), "spiece.model", seed=3,
         dtype=torch.float16)
    make(directory, "bert-gelu", bert(num_hidden_layers=3), "vocab.txt", seed=4)
    three = {0: "entailment", 1: "neutral", 2: "contradiction"}
    make(directory, "bert-3class-pairs",
         bert(hidden_size=48, num_attention_heads=2, hidden_act="gelu_pytorch_tanh",
              layer_norm_eps=1e-5, id2label=three,
              label2id={label: i for i, label in three.items()}),
         "vocab.txt", seed=5)
    make(directory, "bert-model", bert(hidden_act="relu"), "vocab.txt", seed=6, classifies=False,
         cased=True)
    make(directory, "bert-bf16", bert(), "vocab.txt", seed=7, dtype=torch.bfloat16)
    make(directory, "bert-tokenizer-json", bert(num_attention_heads=2), "tokenizer.json", seed=8)
    ramps = {"count": 4, "pooling": ["cls", "mean"], "pooler_size": 24, "activation": "tanh"}
    make(directory, "bert-off-ramps",
         bert(num_hidden_layers=4, num_hidden_groups=2, off_ramps=ramps), "vocab.txt", seed=9,
         off_ramps=True)


if __name__ == "__main__":
    main()
