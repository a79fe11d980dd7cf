#!/usr/bin/env python3
"""Writes src/edgebert/text/bert_unicode_tables.cc: how Hugging Face's `tokenizers` sees each code point.

The package classifies characters by tables of its own, older than those of any current Unicode library,
so its behaviour over all code points is the specification. Needs `pip install tokenizers`.
"""

import argparse
import pathlib
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def bert_normalizer(**enabled):
    steps = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**{**steps, **enabled}).normalize_str


def ranges(code_points, value=lambda c: None):
    """Runs of neighbours with one value, as [first, last, value]."""
    runs = []
    for c in code_points:
        if runs and runs[-1][1] == c - 1 and runs[-1][2] == value(c):
            runs[-1][1] = c
        else:
            runs.append([c, c, value(c)])
    return runs


def table(comment, declaration, runs):
    entries = []
    for first, last, value in runs:
        entries.append("{0x%04X, 0x%04X%s}," % (first, last, "" if value is None else ", %d" % value))
    lines, line = [], "   "
    for entry in entries:
        if len(line) + 1 + len(entry) > 100:
            lines.append(line)
            line = "   "
        line += " " + entry
    lines.append(line)
    return "// %s\n%s = {\n%s\n};\n" % (comment, declaration, "\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=pathlib.Path,
                        default=pathlib.Path(__file__).parent.parent / "src/edgebert/text/bert_unicode_tables.cc")
    arguments = parser.parse_args()

    clean = bert_normalizer(clean_text=True)
    strip = bert_normalizer(strip_accents=True)
    nfd = normalizers.NFD().normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str

    removed = [c for c in CODE_POINTS if clean(chr(c)) == ""]
    marks = [c for c in CODE_POINTS if nfd(chr(c)) == chr(c) and strip(chr(c)) == ""]
    punctuation = [c for c in CODE_POINTS if [word for word, _ in split("a%sb" % chr(c))] == ["a", chr(c), "b"]]

    # A character that is kept and has a combining class still changes places with its neighbours:
    # it moves before U+0345 (class 240) or after U+0334 (class 1).
    reordered = [c for c in CODE_POINTS
                 if c not in set(marks) and nfd(chr(c)) == chr(c)
                 and (nfd("\u0345" + chr(c)) != "\u0345" + chr(c) or nfd(chr(c) + "\u0334") != chr(c) + "\u0334")]
    for a in reordered:
        for b in reordered:
            swaps = unicodedata.combining(chr(a)) > unicodedata.combining(chr(b))
            assert (nfd(chr(a) + chr(b)) == chr(b) + chr(a)) == swaps or a == b, (hex(a), hex(b))

    text = "// Made by tools/make_bert_unicode_tables.py from `tokenizers` %s; do not edit.\n\n" % tokenizers.__version__
    text += '#include "edgebert/text/bert_unicode_tables.h"\n\nnamespace edgebert::bert_unicode {\nnamespace {\n\n'
    text += table("Dropped by the text cleaning.", "constexpr CodePointRange kRemovedRanges[]", ranges(removed))
    text += "\n" + table("Dropped as accents.", "constexpr CodePointRange kNonspacingMarkRanges[]", ranges(marks))
    text += "\n" + table("Words of their own.", "constexpr CodePointRange kPunctuationRanges[]", ranges(punctuation))
    text += "\n" + table("Not dropped as accents, and with a canonical combining class other than 0.",
                         "constexpr CombiningRange kReorderedRanges[]",
                         ranges(reordered, lambda c: unicodedata.combining(chr(c))))
    text += "\n}  // namespace\n\n"
    for name, kind in (("Removed", "CodePointRange"), ("NonspacingMark", "CodePointRange"),
                       ("Punctuation", "CodePointRange"), ("Reordered", "CombiningRange")):
        text += "const std::span<const %s> k%s(k%sRanges);\n" % (kind, name, name)
    text += "\n}  // namespace edgebert::bert_unicode\n"
    arguments.output.write_text(text)


if __name__ == "__main__":
    main()
