"""Texts that tokenizers get wrong, shared by make_tokenizer_golden.py and compare_tokenizers.py."""

import random

HOSTILE = [
    "", " ", "\t\n\r ", "\u3000\u00a0\u2028\u2029", "[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "[cls]", "[ CLS ]",
    "[CLS", "CLS]", "[[CLS]]", "[CLS][SEP][MASK][PAD][UNK]", "a[MASK]b", "a [MASK] b", "a\u3000[MASK]\u3000b",
    "[MASK][MASK] [MASK]", "[MASK\u0301]", "[M\u00adASK]", "\uff3bCLS\uff3d", "<pad>", "<unk>", "\uff1cpad\uff1e", "[unused0]",
    "the movie is [MASK] and [SEP] great", "##ing", "# #ing", "##", "a##b", "the ##the",
    "caf\u00e9 cafe\u0301 CAF\u00c9 CAFE\u0301", "\u0301", "a\u0301\u0301\u0301\u0301b", "e" + "\u0301" * 200, "\u0301" * 101 + "a",
    "\u1e9b\u0323 q\u0307\u0323 q\u0323\u0307", "\u01d5\u1ea4\u1edd \u0344 \u0345\u0391", "\u302e\u302fa\u302f\u302e \U0001d15e\U0001d16d\U0001d165",
    "\u0345\u302e\u0334\u302f\u0345", "\U0001e000\u302e\U0001d165\U0001e001", "\u0130stanbul \u0130\u0130 \u0131\u015f\u0131k", "Stra\u00dfe \u1e9e \ufb01ne \ufb03",
    "\u03a3\u03a4\u0399\u0393\u039c\u0391\u03a3 \u03c2\u03c3", "\u01c4\u01c5\u01c6", "\u212b\u212a\u2126", "\u1c89\ua7cb\ua7da \U00010d50 \U00016ea0",
    "\u4e2d\u6587\u5b57\u7b26 mixed\u4e2d\u6587text", "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3001\u3002", "\uff21\uff22\uff23\uff11\uff12 \uff76\uff9e",
    "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab", "\uf900\ufa30\U0002f800\U00020000\U0002a700\U0002b820", "\u9fff\u3400\u4dbf\u4dc0",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 ok \u2764\ufe0f \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd", "a\u200db\u200cc\ufeffd\u200be",
    "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u0627\u0644\u0633\u064e\u0651\u0644\u0627\u0645\u064f \u202bRTL\u202c \u200f\u200e", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e04\u0e23\u0e31\u0e1a", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0915\u094d\u0937\u093f",
    "\u0000", "a\u0000b", "a\u0001b\u007fc\u0080d\u009fe\u00adf", "\ufffd", "a\ufffdb", "\ufeffBOM", "\ue000\U000f0000\U0010fffd", "\ufffe\uffff\U0010ffff",
    "\u0378\u0530\U000e0080", "\u000b\u000c\u0085\u001c\u001f", "line\r\nbreak\rand\ntab\t.", "\u180e\u2060\u2061\u061c",
    "don't can't we'll it's \u2019tis `quoted' ``a'' \"b\"", "$5.00 a+b=c ^x~y|z <tag/> {a} @b #c %d &e *f", "\u00a1hola! \u00bfqu\u00e9? \u00a7 \u00b6 \u00b7 \u00ab\u00bb",
    "\u2010\u2013\u2014\u2026\u2018\u2019\u201c\u201d\u2030\u203d", "\u166d \u2e43 \u2e52 \u1734 \U000111c9 \U00011935\U00011930 \U00011938", "...!!!???", "-" * 300,
    "x" * 99, "x" * 100, "x" * 101, "\u00e9" * 100, "\u00e9" * 101, "\u4e2d" * 150, "e\u0301" * 100, "e\u0301" * 101, "\u0130" * 50 + "x", "\u0130" * 51,
    "\uac00" * 33, "\uac00" * 34 + "b", "\uac01" * 34, "a" * 100 + "." + "b" * 101, "unaffable unbelievably antidisestablishmentarianism",
    "1234567890 3.14159 1e-5 0xDEADBEEF", "http://user@example.com/path?query=1#frag", "word" * 25, "a " * 600, "\u0300 a \u0300",
]

# Ranges of which random texts are made, weighted towards what real text and trouble hold.
RANGES = [(0x20, 0x7E), (0x20, 0x7E), (0x61, 0x7A), (0x61, 0x7A), (0x00, 0x1F), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F),
          (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0xFFF), (0x1100, 0x11FF), (0x1AB0, 0x1AFF), (0x1DC0, 0x1EFF), (0x1F00, 0x206F),
          (0x20D0, 0x214F), (0x2E00, 0x30FF), (0x4E00, 0x4EFF), (0xA000, 0xABFF), (0xAC00, 0xAD00), (0xF900, 0xFFFF),
          (0x10000, 0x11FFF), (0x1D100, 0x1D24F), (0x1E000, 0x1EFFF), (0x1F300, 0x1F6FF), (0x20000, 0x2FFFF), (0xE0000, 0x10FFFF)]


def random_texts(count, seed):
    generator = random.Random(seed)
    texts = []
    for _ in range(count):
        parts = []
        ranges = generator.sample(RANGES, generator.randint(1, 4))
        for _ in range(generator.randint(1, 60)):
            kind = generator.random()
            if kind < 0.03:
                parts.append(generator.choice(["[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "[", "]", "<pad>"]))
            elif kind < 0.15:
                parts.append(" ")
            else:
                parts.append(chr(generator.randint(*generator.choice(ranges))))
        texts.append("".join(parts).encode("utf-8", "ignore").decode())
    return texts
