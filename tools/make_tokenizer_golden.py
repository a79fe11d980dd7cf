#!/usr/bin/env python3
"""Writes tests/golden/{bert_words,wordpiece_*}.json from Hugging Face's `tokenizers`.

wordpiece_vocab.json is about the vocabulary of the shared model `sst2-12x384`, the others stand for themselves.
Needs `pip install tokenizers`.
"""

import argparse
import json
import os
import pathlib
import random

import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

import tokenizer_samples

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["the", "movie", "is", "and", "great", "un", "##aff", "##able", "##ing", "don", "caf", "##e", "cafe", "word", "##word", "ok",
         "##ab", "##abc", "abc", "mask", "cls", "##", "text", "##text"]


def bert_normalizer(cased):
    return normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=not cased)


def bert_tokenizer(pieces, cased):
    ids = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = bert_normalizer(cased)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def words(normalizer, text):
    return [word for word, _ in pre_tokenizers.BertPreTokenizer().pre_tokenize_str(normalizer.normalize_str(text))]


def small_vocabulary():
    """Some words, and a random half of the characters that the hostile texts come down to."""
    characters = {c for cased in (False, True) for text in tokenizer_samples.HOSTILE
                  for word in words(bert_normalizer(cased), text) for c in word}
    generator = random.Random(7)
    pieces = SPECIAL + WORDS
    for character in sorted(characters):
        keep = 1.0 if character.isascii() and character.islower() else 0.6
        pieces += [piece for piece in (character, "##" + character) if generator.random() < keep and piece not in pieces]
    return pieces


def case(backend, text, pair, maximum):
    backend.enable_truncation(max_length=maximum, strategy="longest_first")
    encoding = backend.encode(text, pair)
    return {"text": text, "pair": pair, "max_tokens": maximum, "ids": encoding.ids, "segment_ids": encoding.type_ids,
            "truncated": bool(encoding.overflowing)}


def cases(pieces, cased):
    backend = bert_tokenizer(pieces, cased)
    texts = tokenizer_samples.HOSTILE
    made = [case(backend, text, None, 128) for text in texts]
    generator = random.Random(8)
    for text in texts:
        made.append(case(backend, text, generator.choice(texts), generator.choice([4, 5, 7, 8, 16, 33, 128])))
    return made


def truncation(pieces):
    """[tokens of the text, tokens of the pair, maximum, kept of the text, kept of the pair]."""
    backend = bert_tokenizer(pieces, cased=False)
    rows = []
    for first in range(9):
        for second in range(9):
            for maximum in range(4, 22):
                ids = case(backend, "a " * first, "b " * second, maximum)["segment_ids"]
                rows.append([first, second, maximum, ids.count(0) - 2, ids.count(1) - 1])
    return rows


def fnv1a(value, data):
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def plane_hashes(cased):
    """For each plane of Unicode a hash of the words of "a?b" for every code point."""
    normalizer = bert_normalizer(cased)
    hashes = []
    for plane in range(17):
        value = 0xCBF29CE484222325
        for c in range(plane << 16, (plane + 1) << 16):
            if not 0xD800 <= c <= 0xDFFF:
                value = fnv1a(value, "\n".join(words(normalizer, "a%sb" % chr(c))).encode() + b"\0")
        hashes.append("%016x" % value)
    return hashes


def write(name, content):
    made_by = {"made_by": "tools/make_tokenizer_golden.py with tokenizers " + tokenizers.__version__}
    lines = ["%s: %s" % (json.dumps(key), "[\n%s\n]" % ",\n".join(json.dumps(entry) for entry in value)
                         if isinstance(value, list) and value and isinstance(value[0], (dict, list)) else json.dumps(value))
             for key, value in {**made_by, **content}.items()]
    (ROOT / "tests/golden" / name).write_text("{\n%s\n}\n" % ",\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("EDGEBERT_SHARED_DIR", ROOT.parent / "shared")))
    arguments = parser.parse_args()
    small = small_vocabulary()
    large = (arguments.shared / "models/sst2-12x384/vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    write("bert_words.json", {"uncased": plane_hashes(False), "cased": plane_hashes(True)})
    write("wordpiece_small.json", {"vocabulary": small, "uncased": cases(small, False), "cased": cases(small, True)})
    write("wordpiece_truncation.json", {"rows": truncation(small)})
    write("wordpiece_vocab.json", {"uncased": cases(large, False), "cased": cases(large, True)})
    bert_tokenizer(small, cased=False).save(str(ROOT / "tests/golden/wordpiece_tokenizer.json"), pretty=False)


if __name__ == "__main__":
    main()
