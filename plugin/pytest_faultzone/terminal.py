"""How a failed test with a region is shown: one screen at the terminal's width, in pytest's colours.

What is wrong comes first, then where in the user's own files, then what the region has to say. It is put into a form of
plain lists where the test was run, so that it travels from workers, and drawn where the terminal is.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unicodedata import combining, east_asian_width

if TYPE_CHECKING:
    import pytest

#: The attribute of a report that carries its story, between processes too.
STORY: Final = "faultzone"
#: Columns of what is written where nobody knows how wide the reader's terminal is.
WIDTH: Final = 120
_NARROWEST: Final = 20
#: Where the terminal is narrower, a block's name stands above it.
_BESIDE: Final = 60
_NAME: Final = 10
#: How a line of what is wrong begins, as everywhere in pytest.
_WRONG: Final = "E   "
#: Lines of one row beyond which it is cut, where a block's name stands beside it and where above it.
_ROW_LINES: Final = 3
_NARROW_ROW_LINES: Final = 6


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines with a name.

    Attributes:
        name: a word or two.
        rows: each a time or another short text, perhaps empty, and what is said of it.
        form: `rows`, of which each is cut where it is long; `text`, which is not; `command`, one line of a shell; or
            `verbatim`, lines that a reader copies.
    """

    name: str
    rows: list[tuple[str, str]]
    form: str = "rows"


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in a file of the user's, and the statement there; the function is empty where none is known."""

    file: str
    line: int
    function: str
    source: list[str]


@dataclass(frozen=True, slots=True)
class Story:
    """What is shown of a failed test.

    Attributes:
        wrong: what is wrong, in the words of the exception; empty where pytest's own traceback is shown.
        frames: the way to it through the user's files.
        blocks: what the region has to say.
    """

    wrong: list[str] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """It as a report carries it between processes."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Story:
        """It from what a report carries."""
        blocks = [
            Block(each["name"], [(at, said) for at, said in each["rows"]], each["form"]) for each in told["blocks"]
        ]
        return cls(list(told["wrong"]), [Frame(**each) for each in told["frames"]], blocks)


class Shown:
    """What a report has for `longrepr`: the story of a failure, drawn when and where it is written.

    Args:
        plain: what pytest has made of the failure. All that is not drawn here is its.
        story: what is shown in its place, and after it.
    """

    def __init__(self, plain: Any, story: Story) -> None:
        self._plain, self.story = plain, story

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    def __str__(self) -> str:
        own_style = [] if self._wrong else [str(self._plain)]
        return "\n".join([*own_style, *(line for line, _ in self.lines(WIDTH, "utf-8"))])

    @property
    def _wrong(self) -> Sequence[str]:
        # Of a test that passes and should not, pytest has a mere text.
        return self.story.wrong or (self._plain.splitlines() if isinstance(self._plain, str) else ())

    @property
    def reprcrash(self) -> Any:
        """Where it failed, and what is wrong: for the short summary of pytest and for other reports."""
        if isinstance(self._plain, str):
            return SimpleNamespace(path="", lineno=0, message=self._plain)
        crash = self._plain.reprcrash
        return replace(crash, message="\n".join(self._wrong)) if crash is not None and self._wrong else crash

    def toterminal(self, tw: Any) -> None:
        """Write it."""
        encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
        if not self._wrong:
            self._plain.toterminal(tw)
        for line, markup in self.lines(tw.fullwidth, encoding):
            named = markup.pop("named", 0)
            if named:
                tw.write(line[:named], bold=True)
            tw.line(line[named:], **markup)

    def lines(self, width: int, encoding: str) -> Iterator[tuple[str, dict[str, int]]]:
        """The lines of it, none wider than `width` columns, each with its colours and the length of its bold name."""
        most = max(width, _NARROWEST)
        story = self.story
        for wrong in self._wrong:
            for line in fold(writable(wrong, encoding), most - len(_WRONG)):
                yield f"{_WRONG}{line}".rstrip(), {"red": True, "bold": True}
        for number, frame in enumerate(story.frames):
            if number == 0:
                yield "", {}
            function = f": in {frame.function}" if frame.function else ""
            place = writable(f"{frame.file}:{frame.line}{function}", encoding)
            for line in fold(place, most):
                yield line, {"bold": True}
            for source in frame.source:
                for line in fold(writable(source, encoding), most - 4):
                    yield f"    {line}".rstrip(), {}
        for number, block in enumerate(story.blocks):
            if number == 0:
                yield "", {}
            yield from _block(block, most, encoding)


def _block(block: Block, width: int, encoding: str) -> Iterator[tuple[str, dict[str, int]]]:
    beside = width >= _BESIDE and block.form != "verbatim"
    # What is copied stands at the margin.
    indent = " " * (_NAME if beside else 0 if block.form == "verbatim" else 2)
    if not beside and block.name:
        yield block.name, {"bold": True}
    at_width = max((columns(at) for at, _ in block.rows), default=0)
    first = True
    for at, said in block.rows:
        lead = f"{at:<{at_width}}  " if at_width else ""
        room = width - len(indent) - columns(lead)
        margin: set[int] = set()
        if block.form == "command":
            folded = list(_command(writable(said, encoding), room, width))
            lines = [line for line, _ in folded]
            margin = {number for number, (_, at_margin) in enumerate(folded) if at_margin}
        elif block.form == "verbatim":
            lines = [line for each in said.split("\n") for line in _code(writable(each, encoding), room)]
        else:
            lines = [line for each in said.split("\n") for line in fold(writable(each, encoding), room)]
            most = _ROW_LINES if beside else _NARROW_ROW_LINES
            lines = _cut(lines, room, most) if block.form == "rows" else lines
        for number, line in enumerate(lines):
            named = beside and first
            before = f"{block.name:<{_NAME}}" if named else indent
            shown = f"{before}{lead if number == 0 else ' ' * len(lead)}{line}".rstrip()
            shown = line if number in margin else shown
            yield shown, {"named": len(block.name)} if named else {}
            first = False


def _cut(lines: Sequence[str], room: int, most: int) -> list[str]:
    if len(lines) <= most:
        return list(lines)
    # What it came to stands at its end: the code of a refusal, what a call made, what a script wrote last.
    kept = lines[most - 2]
    while kept and columns(kept) + 4 > room:
        kept = kept[:-1]
    return [*lines[: most - 2], f"{kept} ...", lines[-1]]


def _command(said: str, room: int, width: int) -> Iterator[tuple[str, bool]]:
    """A command over several lines, which a shell takes as one, and whether each must stand at the margin.

    A word that is too long for a line goes on at the margin of the next, since blanks before it would end it.
    """
    line, at_margin = "", False
    for word in shlex.split(said):
        whole = shlex.quote(word)
        if line and columns(line) + columns(whole) + 3 > room:
            yield f"{line} \\", at_margin
            line, at_margin = "", False
        if line or columns(whole) + 2 <= room:
            line = f"{line} {whole}" if line else whole
            continue
        part = ""
        for each in word:
            if columns(shlex.quote(part + each)) + 2 > (width if at_margin else room):
                yield f"{shlex.quote(part)}\\", at_margin
                at_margin, part = True, ""
            part += each
        line = shlex.quote(part)
    yield line, at_margin


#: Where code within brackets may go on in the next line: after a comma or an opening bracket outside of strings.
_PARTS: Final = re.compile(r"""(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^,(\[{'"]|['"])*(?:[,(\[{]\s*|$)""")


def _code(line: str, room: int) -> list[str]:
    """A line of code as it is if there is room, else over several lines that mean the same."""
    if columns(line) <= room:
        return [line]
    before = line[: len(line) - len(line.lstrip())]
    if line.lstrip().startswith('"""'):
        return [f"{before}{each}" for each in fold(line.strip(), room - len(before))]
    lines = [before]
    for part in filter(None, _PARTS.findall(line.strip())):
        if lines[-1].strip() and columns(lines[-1]) + columns(part.rstrip()) > room:
            lines[-1] = lines[-1].rstrip()
            lines.append(f"{before}    ")
        lines[-1] += part
    return [each.rstrip() for each in lines]


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


#: A word with the blanks after it.
_PIECES: Final = re.compile(r"\S+\s*")


def fold(text: str, room: int) -> list[str]:
    """A line as several that have room, at the ends of words where that can be; its indentation stays."""
    room = max(room, 1)
    if columns(text) <= room:
        return [text]
    indent = text[: len(text) - len(text.lstrip())]
    indent = indent if len(indent) < room // 2 else ""
    lines, taken = [indent], len(indent)
    for word in _PIECES.findall(text):
        long = columns(word.rstrip())
        if taken + long > room >= len(indent) + long:
            lines.append(indent)
            taken = len(indent)
        for part in [word] if taken + long <= room else word:
            wide = columns(part)
            if taken + columns(part.rstrip()) > room:
                lines.append(indent)
                taken = len(indent)
            lines[-1] += part
            taken += wide
    return [line.rstrip() for line in lines if line.strip()] or [""]


def width() -> int:
    """The columns of the terminal that is written to; the variable `COLUMNS` sets them without one."""
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, _NARROWEST)


def writable(said: str, encoding: str) -> str:
    """A line in the characters of an encoding: what it lacks is escaped, and what a terminal would obey."""
    if not said.isprintable():
        said = "".join(
            each if each.isprintable() else each.encode("unicode-escape").decode() for each in said.expandtabs(4)
        )
    try:
        said.encode(encoding)
    except UnicodeEncodeError:
        return said.encode(encoding, "backslashreplace").decode(encoding)
    except LookupError:
        pass
    return said


def draw(report: pytest.TestReport) -> None:
    """Let a report that carries a story be drawn so."""
    if (told := getattr(report, STORY, None)) and not isinstance(report.longrepr, Shown):
        report.longrepr = Shown(report.longrepr, Story.of(told))  # type: ignore[assignment]
