"""The escapes of `echo -e`, and `printf`, as bash has them.

What depends on the locale or on the precision of the machine (`\\u`, `%e`, `%g`, `%a`, a width of letters beyond ASCII)
is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from faultzone.substrate.shell import NotUnderstood, Session

_NAMED: Final = {"a": 7, "b": 8, "e": 27, "E": 27, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}
_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{1,2}|0[0-7]{0,3}|[1-7][0-7]{0,2}|.)", re.DOTALL)
_DIRECTIVE: Final = re.compile(
    r"%(?P<flags>[-+ 0#]*)(?P<width>\*|[0-9]*)(?:(?P<dot>\.)(?P<precision>\*|[0-9]*))?(?P<kind>.)"
)
_INTEGER: Final = re.compile(r"([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_DECIMAL: Final = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})")
#: A field of more than this is nothing that a test reads.
_WIDEST: Final = 10_000
#: A number of more digits is more than any machine's.
_LONGEST: Final = 64


class _Ends(Exception):
    """`\\c`: nothing is written after what is the argument."""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def unescaped(text: str, of: str) -> bytes:
    """What `of` (`echo`, `format`, or `%b`) writes for a text with escapes.

    Raises:
        _Ends: with what is written before a `\\c`.
    """
    written, position = bytearray(), 0
    while (match := _ESCAPE.search(text, position)) is not None:
        written += _bytes(text[position : match.start()])
        position = match.end()
        body = match[1]
        if body[0] in "uU" or body == "x" or (body == "c" and of == "format"):
            raise NotUnderstood(f"the escape {match[0]!r}")
        if body == "c":
            raise _Ends(bytes(written))
        if body[0] == "x":
            written.append(int(body[1:], 16))
        elif body[0] in "01234567":
            octal, position = _octal(body, of, match.start() + 1)
            written += octal
        elif body in _NAMED:
            written.append(_NAMED[body])
        elif of == "format" and body in "\"'?":
            written += _bytes(body)
        else:
            written += _bytes(match[0])
    return bytes(written + _bytes(text[position:]))


def _octal(body: str, of: str, start: int) -> tuple[bytes, int]:
    """The byte of an octal escape, and where it ends: echo wants a 0 first, a format counts it among three digits."""
    if of == "echo" and body[0] != "0":
        return b"\\" + body[:1].encode(), start + 1
    digits = body if of != "format" else body[:3]
    return bytes([int(digits, 8) & 255]), start + len(digits)


def echo(session: Session, arguments: list[str]) -> int:
    """`echo`, with `-n`, `-e` and `-E` in any combination."""
    given = list(arguments)
    newline, escapes = True, False
    while given and re.fullmatch(r"-[neE]+", given[0]):
        option = given.pop(0)
        newline = newline and "n" not in option
        for letter in option:
            escapes = escapes if letter == "n" else letter == "e"
    text, options = " ".join(given), arguments[: len(arguments) - len(given)]
    if session.plain_sh and ("\\" in text or options not in ([], ["-n"])):
        raise NotUnderstood("options and escapes of `echo` in a shell that is not bash (begin with #!/bin/bash)")
    try:
        session.write((unescaped(text, "echo") if escapes else _bytes(text)) + (b"\n" if newline else b""))
    except _Ends as end:
        session.write(end.args[0])
    return 0


def printf(session: Session, arguments: list[str]) -> int:
    """`printf`: the format is used again for as long as there are arguments."""
    given = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not given and not session.plain_sh:
        session.write("printf: usage: printf [-v var] format [arguments]\n")
        return 2
    if not given or (given is arguments and given[0].startswith("-")):
        raise NotUnderstood.of("printf", arguments)
    form, values = given[0], iter(given[1:])
    left = len(given) - 1
    written = bytearray()
    try:
        while True:
            used = _once(form, values, written, session)
            left -= used
            if left <= 0 or not used:
                break
    except _Ends as end:
        written += end.args[0]
    session.write(bytes(written))
    return 0


def _once(form: str, values: Iterator[str], written: bytearray, session: Session) -> int:
    """Write a format once; tells how many arguments it asks for."""
    asked, position = 0, 0

    def take() -> str | None:
        nonlocal asked
        asked += 1
        return next(values, None)

    while position < len(form):
        if form.startswith("%%", position):
            written += b"%"
            position += 2
            continue
        if form[position] != "%":
            end = form.find("%", position)
            text = form[position:] if end < 0 else form[position:end]
            if session.plain_sh and re.search(r"\\[^nt\\]", text):
                raise NotUnderstood(f"the format {form!r} in a shell that is not bash (begin with #!/bin/bash)")
            written += unescaped(text, "format")
            position += len(text)
            continue
        directive = _DIRECTIVE.match(form, position)
        if directive is None:
            raise NotUnderstood(f"the format {form!r}")
        position = directive.end()
        flags = set(directive["flags"])
        width = _size(directive["width"], take)
        if width < 0:
            flags, width = flags | {"-"}, -width
        precision = _size(directive["precision"] or "", take) if directive["dot"] else None
        written += _field(directive["kind"], take(), flags, width, precision)
    return asked


def _size(text: str, take: Callable[[], str | None]) -> int:
    """A width or precision, which may be an argument."""
    if text == "*":
        text = take() or "0"
    if not re.fullmatch(r"-?[0-9]{1,5}", text or "0") or abs(int(text or "0")) > _WIDEST:
        raise NotUnderstood(f"the width {text!r} of a field")
    return int(text or "0")


def _field(kind: str, value: str | None, flags: set[str], width: int, precision: int | None) -> bytes:
    if kind in "sbc":
        return _text_field(kind, value, flags, width, precision)
    if precision is not None and precision < 0:
        precision = None
    if kind in "diouxX":
        sign, digits = _integer(kind, value, flags, precision)
    elif kind == "f":
        sign, digits = _fixed(value, flags, 6 if precision is None else precision)
        precision = None
    else:
        raise NotUnderstood(f"the format %{kind}")
    zeros = "0" in flags and "-" not in flags and precision is None
    if zeros:
        # What comes before the digits of a hexadecimal number stands before the zeros too.
        base = digits[:2] if digits[:2] in ("0x", "0X") else ""
        digits = base + digits[len(base) :].rjust(width - len(sign) - len(base), "0")
    text = sign + digits
    return _bytes(text.ljust(width) if "-" in flags else text.rjust(width))


def _text_field(kind: str, value: str | None, flags: set[str], width: int, precision: int | None) -> bytes:
    raw = _bytes(value or "") if kind != "b" else b""
    if kind == "b":
        raw = unescaped(value or "", "%b") if not (width or precision is not None) else _plain(value or "")
    if kind == "c":
        if not value or flags - {"-"}:
            raise NotUnderstood("%c without a letter")
        raw, precision = raw[: len(_plain(value[0]))], None
    if width or precision is not None:
        if not raw.isascii() or flags - {"-"}:
            raise NotUnderstood("a field of a width for letters beyond ASCII")
        raw = raw if precision is None or precision < 0 else raw[:precision]
    return raw.ljust(width) if "-" in flags else raw.rjust(width)


def _plain(text: str) -> bytes:
    if not text.isascii() or "\\" in text:
        raise NotUnderstood(f"a field of {text!r}")
    return text.encode()


def _integer(kind: str, value: str | None, flags: set[str], precision: int | None) -> tuple[str, str]:
    """The sign and the digits of a whole number."""
    number = 0
    if value is not None:
        letter = re.fullmatch(r"['\"]([ -~])", value)
        match = _INTEGER.fullmatch(value)
        if letter is not None:
            number = ord(letter[1])
        elif match is None or len(value) > _LONGEST:
            raise NotUnderstood(f"the number {value!r}")
        else:
            digits = match[2]
            number = int(digits, 8) if digits[0] == "0" and digits[1:].isdigit() else int(digits, 0)
            number = -number if match[1] == "-" else number
    if not -(1 << 63) <= number < 1 << 63:
        raise NotUnderstood(f"the number {value!r}")
    if kind not in "di":
        unsigned = number & ((1 << 64) - 1)
        digits = format(unsigned, {"u": "d", "o": "o", "x": "x", "X": "X"}[kind])
        sign, number = "", unsigned
    else:
        sign = "-" if number < 0 else "+" if "+" in flags else " " if " " in flags else ""
        digits = str(abs(number))
    if precision is not None:
        digits = "" if not precision and not number else digits.rjust(precision, "0")
    if "#" in flags and kind == "o" and not digits.startswith("0"):
        digits = "0" + digits
    if "#" in flags and kind in "xX" and number:
        digits = f"0{kind}{digits}"
    return sign, digits


def _fixed(value: str | None, flags: set[str], precision: int) -> tuple[str, str]:
    """The sign and the digits of a number with a point; what lies half-way and is not exact there is refused."""
    if value is not None and not _DECIMAL.fullmatch(value):
        raise NotUnderstood(f"the number {value!r}")
    if precision > 12 or "#" in flags:
        raise NotUnderstood(f"%f with {precision} digits")
    try:
        number = Decimal(value or "0")
        rounded = format(abs(number), f".{precision}f")
        half = abs(abs(number) - Decimal(rounded)) * 2 == Decimal(1).scaleb(-precision)
        if half and Decimal(float(number)) != number:
            raise NotUnderstood(f"the number {value!r} with {precision} digits")
    except InvalidOperation:
        raise NotUnderstood(f"the number {value!r}") from None
    sign = "-" if (value or "").startswith("-") else "+" if "+" in flags else " " if " " in flags else ""
    return sign, rounded
