"""Copies an installed package into a folder, its CPUID instructions for cpuid_mask.c to answer.

For processors on which CPUID cannot be made to fault. In every shared library of the copy, CPUID
(0F A2) becomes INT 0xA2 (CD A2), which is as long and faults in any program. The disassembler finds
them: the same two bytes also stand inside other instructions. A copy of the version that is
installed is left alone.

Needs: objdump (Debian: binutils).
Usage: mask_package.py PACKAGE FOLDER
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import pathlib
import re
import shutil
import struct
import subprocess
import sys

CPUID = b"\x0f\xa2"
INTERRUPT = b"\xcd\xa2"
STAMP = "masked-version.txt"
LOADED = 1  # PT_LOAD


def load_segments(image: bytes) -> list[tuple[int, int, int]]:
    """Address, file offset and size of what a 64-bit little-endian ELF file maps."""
    if image[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a 64-bit little-endian ELF file")
    (table,) = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    segments = []
    for header in range(table, table + count * size, size):
        kind, _, offset, address, _, file_size = struct.unpack_from("<IIQQQQ", image, header)
        if kind == LOADED:
            segments.append((address, offset, file_size))
    return segments


def cpuid_addresses(library: pathlib.Path) -> list[int]:
    listing = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", library], check=True, capture_output=True, text=True
    ).stdout
    return [int(found, 16) for found in re.findall(r"^\s*([0-9a-f]+):\s+cpuid\s*$", listing, re.M)]


def replace_cpuid(library: pathlib.Path) -> int:
    """Returns how many instructions were replaced."""
    addresses = cpuid_addresses(library)
    image = bytearray(library.read_bytes())
    segments = load_segments(bytes(image))
    for address in addresses:
        (at,) = (
            address - start + offset
            for start, offset, size in segments
            if start <= address < start + size
        )
        if image[at : at + 2] != CPUID:
            raise ValueError(f"{library}: no CPUID at {address:#x}")
        image[at : at + 2] = INTERRUPT
    if addresses:
        library.write_bytes(image)
    return len(addresses)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package")
    parser.add_argument("folder", type=pathlib.Path)
    arguments = parser.parse_args()
    version = importlib.metadata.version(arguments.package)
    stamp = arguments.folder / STAMP
    if stamp.exists() and stamp.read_text() == version:
        return
    found = importlib.util.find_spec(arguments.package)
    if found is None or not found.submodule_search_locations:
        sys.exit(f"{arguments.package} is not an installed package")
    shutil.rmtree(arguments.folder, ignore_errors=True)
    copy = arguments.folder / arguments.package
    shutil.copytree(found.submodule_search_locations[0], copy)
    libraries = [path for path in copy.rglob("*.so*") if path.is_file() and not path.is_symlink()]
    replaced = sum(replace_cpuid(library) for library in libraries)
    if replaced == 0:
        sys.exit(f"{arguments.package} has no CPUID instruction in its libraries")
    stamp.write_text(version)


if __name__ == "__main__":
    main()
