#!/usr/bin/env python3
"""Compares the ids of this project's tokenizers with those of Hugging Face's fast tokenizers.

Texts: every text file of the shared data, hostile texts, random texts, and every code point of Unicode.
Each text is encoded alone and as a pair, with many maxima. Exits with 1 when anything differs.
Needs `pip install tokenizers transformers sentencepiece protobuf`, and the build target `tokenize_lines`.
"""

import argparse
import bz2
import gzip
import io
import json
import lzma
import os
import pathlib
import random
import subprocess
import sys
import tarfile
import tempfile

import tokenizers

import tokenizer_samples

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPENERS = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}


def file_streams(path):
    """The binary streams of a file, or of the members of an archive."""
    if ".tar" in path.suffixes:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile():
                    yield archive.extractfile(member)
        return
    with OPENERS.get(path.suffix, open)(path, "rb") as stream:
        yield stream


def json_texts(value):
    """All strings in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for member in value.values() if isinstance(value, dict) else value:
            yield from json_texts(member)


def data_texts(folder, lines_per_stream):
    """Lines of valid UTF-8 of all files below `folder`; tab-separated lines give every field as well as the line."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        for stream in file_streams(path):
            if path.suffix == ".json":
                yield from json_texts(json.load(stream))
                continue
            for number, line in enumerate(io.BufferedReader(stream)):
                if number == lines_per_stream:
                    break
                try:
                    yield line.rstrip(b"\n").decode("utf-8")
                except UnicodeDecodeError:
                    continue


def code_point_texts(size=64):
    """Every code point, between letters and at both ends of words."""
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    for start in range(0, len(points), size):
        yield " ".join("a%sb %s" % (c, c) for c in points[start:start + size])


def requests(texts, seed):
    """[text, pair or None, maximum] for every text: alone, and with its neighbour as a pair."""
    generator = random.Random(seed)

    def maximum(lowest, highest, *of):
        # The reference makes an object of every part that it cuts off: few tokens of a long text take it minutes.
        return max(generator.randint(lowest, highest), min(512, max(map(len, of)) // 20))

    made = [[text, None, 512] for text in texts]
    made += [[text, None, maximum(3, 40, text)] for text in texts[::3]]
    for first, second in zip(texts[::2], texts[1::2]):
        if min(len(first), len(second)) > 5000:
            continue  # It makes one for each two parts cut off, which no memory holds.
        made.append([first, second, maximum(4, generator.choice([8, 33, 128, 512]), first, second)])
    short = sorted(texts, key=len)[len(texts) // 4: len(texts) // 4 + 4000]
    for first, second in zip(short[::2], short[1::2]):  # Similar lengths: ties.
        made += [[first, second, generator.randint(4, 40)] for _ in range(6)]
    return made


def expected(backend, batch):
    """The answers of Hugging Face's tokenizer `backend`, grouped by maximum for speed."""
    answers = [None] * len(batch)
    groups = {}
    for index, (_, _, maximum) in enumerate(batch):
        groups.setdefault(maximum, []).append(index)
    for maximum, indices in groups.items():
        backend.enable_truncation(max_length=maximum, strategy="longest_first")
        inputs = [(batch[i][0], batch[i][1]) if batch[i][1] is not None else batch[i][0] for i in indices]
        for index, encoding in zip(indices, backend.encode_batch(inputs)):
            answers[index] = {"ids": encoding.ids, "segment_ids": encoding.type_ids,
                              "truncated": bool(encoding.overflowing)}
    return answers


def run(command, batch):
    """The answers of `command` to the requests, one JSON object each."""
    text = "".join(json.dumps(request) + "\n" for request in batch)
    output = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    answers = [json.loads(line) for line in output.decode().splitlines()]
    if len(answers) != len(batch):
        sys.exit("%s: %d answers to %d requests" % (command, len(answers), len(batch)))
    return answers


def compare(name, command, backend, batch, show):
    mismatches, tokens, pairs = 0, 0, 0
    for start in range(0, len(batch), 10000):
        part = batch[start:start + 10000]
        for request, got, want in zip(part, run(command, part), expected(backend, part)):
            tokens += len(want["ids"])
            pairs += request[1] is not None
            mismatches += got != want
            if got != want and mismatches <= show:
                print("%s: %s\n  expected %s\n  got      %s" % (name, json.dumps(request)[:2000], want, got))
    print("%s: %d texts, %d pairs, %d tokens: %d mismatches"
          % (name, len(batch) - pairs, pairs, tokens, mismatches), flush=True)
    return mismatches


def bert_tokenizer(vocabulary, cased):
    from transformers import BertTokenizerFast
    return BertTokenizerFast(str(vocabulary), do_lower_case=not cased).backend_tokenizer


def albert_tokenizer(model):
    """ALBERT's published pipeline over a spiece.model, in which a comma parts from the digit before it."""
    from sentencepiece import sentencepiece_model_pb2
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.read_bytes())

    def score(piece):
        text = piece.piece
        return piece.score - (100 if len(text) > 1 and text[-1] == "," and text[-2].isdigit() else 0)

    vocabulary = [(piece.piece, score(piece)) for piece in proto.pieces]
    names = [name for name, _ in vocabulary]
    backend = tokenizers.Tokenizer(tokenizers.models.Unigram(vocabulary, proto.trainer_spec.unk_id, False))
    backend.normalizer = tokenizers.normalizers.Sequence([
        tokenizers.normalizers.Replace("``", '"'), tokenizers.normalizers.Replace("''", '"'),
        tokenizers.normalizers.NFKD(), tokenizers.normalizers.StripAccents(), tokenizers.normalizers.Lowercase(),
        tokenizers.normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)])
    backend.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
        tokenizers.pre_tokenizers.WhitespaceSplit(), tokenizers.pre_tokenizers.Metaspace()])
    backend.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(name, names.index(name)) for name in ("[CLS]", "[SEP]")])
    backend.add_special_tokens(["<pad>", "<unk>", "[CLS]", "[SEP]", tokenizers.AddedToken("[MASK]", lstrip=True)])
    return backend


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/tests/tokenize_lines")
    parser.add_argument("--shared", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("EDGEBERT_SHARED_DIR", ROOT.parent / "shared")))
    parser.add_argument("--lines-per-file", type=int, default=2000, help="of each file or archive member")
    parser.add_argument("--sample", type=int, help="how many of all texts to take, at random (default: all)")
    parser.add_argument("--random", type=int, default=20000, help="how many random texts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5, help="mismatches to print in full")
    arguments = parser.parse_args()

    vocabulary = arguments.shared / "models/sst2-12x384/vocab.txt"
    if not vocabulary.exists():
        sys.exit("%s is absent: set EDGEBERT_SHARED_DIR or --shared" % vocabulary)
    texts = list(data_texts(arguments.shared / "data", arguments.lines_per_file))
    texts += tokenizer_samples.HOSTILE
    texts += [first + second for first in tokenizer_samples.HOSTILE for second in tokenizer_samples.HOSTILE]
    texts += tokenizer_samples.random_texts(arguments.random, arguments.seed)
    texts += ["x" * 100000, "\u0301" * 50000 + "\u302e\u302f" * 1000, "a." * 50000, "[SEP]" * 20000]
    texts += code_point_texts()
    if arguments.sample is not None and arguments.sample < len(texts):
        texts = random.Random(arguments.seed).sample(texts, arguments.sample)
    batch = requests(texts, arguments.seed)
    print("%d texts" % len(texts), flush=True)

    mismatches = 0
    for cased in (False, True):
        backend = bert_tokenizer(vocabulary, cased)
        command = [str(arguments.binary), "--vocab", str(vocabulary)] + ["--cased"] * cased
        mismatches += compare("vocab.txt, " + ("cased" if cased else "uncased"), command, backend, batch, arguments.show)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tokenizer.json"
        backend = bert_tokenizer(vocabulary, cased=False)
        backend.save(str(path))
        mismatches += compare("tokenizer.json", [str(arguments.binary), "--tokenizer", str(path)], backend,
                              batch[::10], arguments.show)
        model = arguments.shared / "models/albert-base-v2-tokenizer/spiece.model"
        backend = albert_tokenizer(model)
        backend.save(str(path))
        mismatches += compare("spiece.model", [str(arguments.binary), "--sentencepiece", str(model)], backend, batch,
                              arguments.show)
        mismatches += compare("ALBERT's tokenizer.json", [str(arguments.binary), "--tokenizer", str(path)], backend,
                              batch[::10], arguments.show)
    sys.exit(1 if mismatches else 0)


if __name__ == "__main__":
    main()
