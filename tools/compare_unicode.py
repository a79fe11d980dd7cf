#!/usr/bin/env python3
"""Compares utf8proc's Unicode properties with those of Hugging Face's `tokenizers`.

Prints, over all code points, where the two differ (the tables of src/edgebert/text/albert_unicode.cc
settle these differences) and the digest of `tokenizers` that albert_unicode_test.cc expects.

Needs the Python package `tokenizers` and the shared library of utf8proc.
"""

import ctypes
import ctypes.util
import struct

from tokenizers import normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
FNV_OFFSET, FNV_PRIME, MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1
DECOMPOSE_COMPATIBLE = (1 << 4) | (1 << 2)
MARKS = (6, 7, 8)


def lead_byte_map():
    """A character map with "Y" for any string that starts with a byte of valid UTF-8, so that the
    length of a mapped pair tells whether the pair is one grapheme."""
    units = [0] * 512
    units[0] = 256 << 10  # The root's children start at unit 256.
    for byte in range(1, 0xF5):
        # The leaf of `byte` lies at unit 1, which no child of the root can take.
        position = 256 ^ byte
        units[position] = byte | (1 << 8) | ((position ^ 1) << 10)
    units[1] = 1 << 31
    trie = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(trie)) + trie + b"Y\0"


class Reference:
    """Hugging Face's side."""

    def __init__(self):
        self.fold = normalizers.Sequence(
            [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
        )
        self.decompose = normalizers.NFKD().normalize_str
        self.strip = normalizers.StripAccents().normalize_str
        self.lower = normalizers.Lowercase().normalize_str
        self.split = pre_tokenizers.WhitespaceSplit().pre_tokenize_str
        self.segment = normalizers.Precompiled(lead_byte_map()).normalize_str

    def is_white_space(self, c):
        return len(self.split("a" + chr(c) + "b")) == 2

    def is_boundary(self, left, right):
        return len(self.segment(chr(left) + chr(right))) == 2


class Utf8proc:
    def __init__(self):
        self.library = ctypes.CDLL(ctypes.util.find_library("utf8proc"))
        self.library.utf8proc_version.restype = ctypes.c_char_p
        self.library.utf8proc_grapheme_break_stateful.restype = ctypes.c_bool
        self.library.utf8proc_decompose_char.restype = ctypes.c_ssize_t
        self.library.utf8proc_decompose_char.argtypes = [
            ctypes.c_int32, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p]

    def decompose(self, c):
        buffer, state = (ctypes.c_int32 * 32)(), ctypes.c_int(0)
        length = self.library.utf8proc_decompose_char(
            c, buffer, 32, DECOMPOSE_COMPATIBLE, ctypes.byref(state))
        return sorted(buffer[:length])

    def is_mark(self, c):
        return self.library.utf8proc_category(c) in MARKS

    def lower(self, c):
        return chr(self.library.utf8proc_tolower(c))

    def is_boundary(self, left, right):
        state = ctypes.c_int32(0)
        return self.library.utf8proc_grapheme_break_stateful(left, right, ctypes.byref(state))


def neighbours(c):
    """The pairs whose boundary can matter: graphemes of fewer than six bytes."""
    pairs = [(ord("a"), c), (c, ord("b"))]
    return pairs + [(c, 0x308)] if c < 0x10000 else pairs


def digest(reference):
    value = FNV_OFFSET
    for c in CODE_POINTS:
        flags = int(reference.is_white_space(c))
        for bit, (left, right) in enumerate(neighbours(c), 1):
            flags |= int(reference.is_boundary(left, right)) << bit
        record = (reference.fold.normalize_str(chr(c)) + "\0" + reference.lower(chr(c))).encode()
        for byte in record + bytes([flags]):
            value = ((value ^ byte) * FNV_PRIME) & MASK
    return value


def print_ranges(title, code_points):
    ranges = []
    for c in code_points:
        if ranges and ranges[-1][1] == c - 1:
            ranges[-1][1] = c
        else:
            ranges.append([c, c])
    print(f"{title}: {len(code_points)}")
    print("  " + " ".join(f"{a:04X}" if a == b else f"{a:04X}-{b:04X}" for a, b in ranges))


def main():
    reference, utf8proc = Reference(), Utf8proc()
    print("utf8proc", utf8proc.library.utf8proc_version().decode())
    print_ranges("decomposition differs", [
        c for c in CODE_POINTS
        if sorted(map(ord, reference.decompose(chr(c)))) != utf8proc.decompose(c)])
    print_ranges("only utf8proc: mark", [
        c for c in CODE_POINTS if utf8proc.is_mark(c) and reference.strip(chr(c))])
    print_ranges("only tokenizers: mark", [
        c for c in CODE_POINTS if not utf8proc.is_mark(c) and not reference.strip(chr(c))])
    print_ranges("lower case differs", [
        c for c in CODE_POINTS if reference.lower(chr(c)) != utf8proc.lower(c)])
    print_ranges("grapheme boundary differs", [
        c for c in CODE_POINTS
        if any(reference.is_boundary(*pair) != utf8proc.is_boundary(*pair)
               for pair in neighbours(c))])
    print(f"digest of tokenizers: 0x{digest(reference):016X}")


if __name__ == "__main__":
    main()
