"""A picture of text, as a baseline JPEG in shades of grey.

Each character is one block of 8 by 8 pixels, so that a picture is made of the few blocks that its characters have. All
Huffman codes of a table have one length, so that a code is the number of its symbol.
"""

from __future__ import annotations

from functools import cache
from math import cos, pi, sqrt
from operator import mul
from struct import pack
from typing import Final

COLUMNS: Final = 80
ROWS: Final = 25
_BLOCK: Final = 8

#: Of each printable ASCII character five columns of seven pixels, the lowest bit on top.
_GLYPHS: Final = bytes.fromhex(
    "0000000000 00005F0000 0007000700 147F147F14 242A7F2A12 2313086462 3649562050 0005030000 001C224100 0041221C00"
    "2A1C7F1C2A 08083E0808 0050300000 0808080808 0060600000 2010080402 3E5149453E 00427F4000 4261514946 2141454B31"
    "1814127F10 2745454539 3C4A494930 0171090503 3649494936 064949291E 0036360000 0056360000 0008142241 1414141414"
    "4122140800 0201510906 324979413E 7E1111117E 7F49494936 3E41414122 7F4141221C 7F49494941 7F09090901 3E4149497A"
    "7F0808087F 00417F4100 2040413F01 7F08142241 7F40404040 7F020C027F 7F0408107F 3E4141413E 7F09090906 3E4151215E"
    "7F09192946 4649494931 01017F0101 3F4040403F 1F2040201F 3F4038403F 6314081463 0708700807 6151494543 007F414100"
    "0204081020 0041417F00 0402010204 4040404040 0001020400 2054545478 7F48444438 3844444420 384444487F 3854545418"
    "087E090102 0C5252523E 7F08040478 00447D4000 2040443D00 7F10284400 00417F4000 7C04180478 7C08040478 3844444438"
    "7C14141408 081414187C 7C08040408 4854545420 043F444020 3C4040207C 1C2040201C 3C4030403C 4428102844 0C5050503C"
    "4464544C44 0008364100 00007F0000 0041360800 1008081008"
)
_WIDTH: Final = 5
_FIRST, _LAST = " ", "~"
#: What a character that is none of them is shown as.
_UNKNOWN: Final = "?"

#: Each coefficient is told in steps of so much.
_STEP: Final = 24
#: The order in which the coefficients of a block are told: along its diagonals, to and fro.
_ORDER: Final = sorted(
    ((row, column) for row in range(_BLOCK) for column in range(_BLOCK)),
    key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]),
)
_DC: Final = bytes(range(12))
_END, _SIXTEEN_ZEROS = 0x00, 0xF0
_AC: Final = bytes([_END, _SIXTEEN_ZEROS, *(run << 4 | size for run in range(16) for size in range(1, 11))])
_DC_BITS, _AC_BITS = 4, 8


def picture(text: str) -> bytes:
    """The last lines of a text, white on black, as a screen of 25 lines with 80 characters shows them."""
    lines: list[str] = []
    for line in text.splitlines():
        lines += [line[start : start + COLUMNS] for start in range(0, max(len(line), 1), COLUMNS)]
    shown = "".join(f"{line:<{COLUMNS}}" for line in [*lines[-ROWS:], *[""] * ROWS][:ROWS])
    bits, before = [], 0
    for character in shown:
        level, rest = _coded(character if _FIRST <= character <= _LAST else _UNKNOWN)
        bits += [_number(level - before, f"0{_DC_BITS}b"), rest]
        before = level
    told = "".join(bits)
    told += "1" * (-len(told) % 8)
    scan = int(told, 2).to_bytes(len(told) // 8, "big").replace(b"\xff", b"\xff\x00")
    return _HEAD + scan + b"\xff\xd9"


def _number(value: int, code: str, run: int = 0) -> str:
    """The code of the size of a number, with the zeros before it, and its bits, inverted in a negative one."""
    size = abs(value).bit_length()
    symbol = format(size if code == f"0{_DC_BITS}b" else _AC.index(run << 4 | size), code)
    return symbol + (format(value if value > 0 else value + (1 << size) - 1, f"0{size}b") if size else "")


@cache
def _coded(character: str) -> tuple[int, str]:
    """The brightness of the block of a character, and the code of all else in it."""
    numbers = _transformed(character)
    bits, run = [], 0
    for value in numbers[1:]:
        if value == 0:
            run += 1
            continue
        bits += [format(_AC.index(_SIXTEEN_ZEROS), f"0{_AC_BITS}b")] * (run // 16)
        bits.append(_number(value, f"0{_AC_BITS}b", run % 16))
        run = 0
    if run:
        bits.append(format(_AC.index(_END), f"0{_AC_BITS}b"))
    return numbers[0], "".join(bits)


def _transformed(character: str) -> list[int]:
    """The cosine transform of the block of a character, in steps, in the order in which it is told."""
    at = (ord(character) - ord(_FIRST)) * _WIDTH
    columns = (*_GLYPHS[at : at + _WIDTH], *[0] * (_BLOCK - _WIDTH))
    pixels = [[127 if column >> row & 1 else -128 for column in columns] for row in range(_BLOCK)]
    waves = _waves()
    # First along the rows, then along the columns of what that gives.
    rows = [[sum(map(mul, line, wave)) for wave in waves] for line in pixels]
    both = [[sum(map(mul, line, wave)) for wave in waves] for line in zip(*rows, strict=True)]
    return [round(both[across][down] / _STEP) for down, across in _ORDER]


@cache
def _waves() -> list[list[float]]:
    """The waves of a cosine transform, each with its weight."""
    return [
        [(0.5 if each else sqrt(1 / 8)) * cos((2 * place + 1) * each * pi / 16) for place in range(_BLOCK)]
        for each in range(_BLOCK)
    ]


def _segment(marker: int, body: bytes) -> bytes:
    return pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _table(number: int, bits: int, symbols: bytes) -> bytes:
    """A Huffman table in which all codes have so many bits."""
    counts = [0] * 16
    counts[bits - 1] = len(symbols)
    return _segment(0xC4, bytes([number, *counts]) + symbols)


_HEAD: Final = b"".join(
    [
        b"\xff\xd8",
        _segment(0xE0, b"JFIF\0" + pack(">HBHHBB", 0x0101, 0, 1, 1, 0, 0)),
        _segment(0xDB, bytes([0, *[_STEP] * 64])),
        _segment(0xC0, pack(">BHHB", 8, ROWS * _BLOCK, COLUMNS * _BLOCK, 1) + bytes([1, 0x11, 0])),
        _table(0x00, _DC_BITS, _DC),
        _table(0x10, _AC_BITS, _AC),
        _segment(0xDA, bytes([1, 1, 0x00, 0, 63, 0])),
    ]
)
