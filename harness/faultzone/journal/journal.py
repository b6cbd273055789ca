"""The record of a run: one appender, entries in the order in which they were made, readers that only read.

It is one sequence and not a log for each kind (calls, events, faults): those could not answer "what came before this",
would need a clock to be merged, and each reader would have its own format. Its order is the replay; a checker is a fold
over it.

An entry is a tuple (number, instant, kind, data), cheap enough to be always on. Writes are recorded whole, reads by
their parameters and the size of the answer, refusals by their parameters, long ones cut. What changes nothing is
bounded: of equal refusals the first thousand are kept, and of reads and refusals what fits into a number of entries and
of characters. Beyond that they are counted: a `summary` says how many there were, of what, and when the last was.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

from faultzone.clock import CLOCK_END, stamp
from faultzone.errors import UsageError
from faultzone.journal.ignored import Ignored

if TYPE_CHECKING:
    from pathlib import Path

#: The kinds of entry.
KINDS: Final = frozenset(
    "region call read refusal transition effect report stale event fault undo owed control advance bill notice summary "
    "verdict operation probe".split()
)
#: What needs no copy.
_SCALARS: Final = frozenset({str, int, bool, float, type(None)})

#: Of equal refusals, those of one action with one code, so many are kept.
_EQUAL: Final = 1000
#: Characters of an action's name by which refusals are distinguished.
_NAME_MOST: Final = 64
#: Characters of a refused call that are kept: of one value, and of all.
_VALUE_MOST: Final = 1024
_VALUES_MOST: Final = 4096
#: One of so many reads is measured.
_SAMPLE: Final = 64
#: Of a value with more parts than these, nobody looks how long they are.
_FEW: Final = 4
#: What a number, a name in a list and the like count for.
_SMALL: Final = 16

#: What is printed first and last of an entry, since a reader's lines may be cut.
_FIRST: Final = ("action", "code", "type", "from", "to", "instance", "not_kept", "count")
_LONG: Final = frozenset({"parameters", "arguments", "answer"})
#: The parameters that are printed last.
_LAST: Final = ("InternetMaxBandwidthOut", "InstanceType", "ImageId", "RegionId")


class Entry(NamedTuple):
    """One entry: its number, its instant (ms), its kind and its data."""

    number: int
    at: int
    kind: str
    data: Mapping[str, Any]

    def __str__(self) -> str:
        data = sorted(self.data.items(), key=lambda item: (_place(item[0]), item[0] in _LONG))
        said = " ".join(f"{key}={_short(_usual_last(value) if key == 'parameters' else value)}" for key, value in data)
        return f"{self.number:>5}  {stamp(self.at)}  {self.kind:<10} {said}"


def _place(key: str) -> int:
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)


def _usual_last(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call, those that nearly every call has last."""
    return dict(sorted(parameters.items(), key=lambda item: _LAST.index(item[0]) if item[0] in _LAST else -1))


def _short(value: object) -> str:
    shown = value if isinstance(value, str) else _json(value)
    shown = shown if len(shown) <= 160 else shown[:157] + "..."
    # One line of text, whatever a name or an output has in it.
    return shown if shown.isprintable() else "".join(each if each.isprintable() else _escaped(each) for each in shown)


def _escaped(character: str) -> str:
    return character.encode("unicode-escape").decode("ascii")


def _json(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))


def copied(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that shares no list or mapping with the original: whoever holds the one cannot change the other."""
    return {name: value if type(value) in _SCALARS else _copied(value) for name, value in mapping.items()}


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind is dict or isinstance(value, Mapping):
        return copied(value)
    if kind is list or isinstance(value, list | tuple):
        return [each if type(each) in _SCALARS else _copied(each) for each in value]
    return value


def cut(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an entry says, without more than the beginning of a long value and of many parameters."""
    return _cut(data)[0]


def _cut(data: Mapping[str, Any]) -> tuple[Mapping[str, Any], int]:
    """What there is to say of a refusal, long values cut; and how many characters that are, in about."""
    size = 0
    for name, value in data.get("parameters", {}).items():
        size += len(name) + _rough(value)
    for name, value in data.items():
        if name != "parameters":
            size += _rough(value)
    if size <= _VALUE_MOST:
        return data, size + _SMALL
    kept = {name: _cut_parameters(value) if name == "parameters" else _cut_value(value) for name, value in data.items()}
    return kept, _size(kept)


def _rough(value: Any) -> int:
    """How many characters a value has, in about: more than are kept, if that would take long to find out."""
    if type(value) is str:
        return len(value)
    if type(value) is dict and len(value) <= _FEW:
        # What most calls answer.
        return sum(len(each) if type(each) is str else _VALUES_MOST for each in value.values()) + _SMALL * len(value)
    return _SMALL if type(value) in _SCALARS else _VALUES_MOST


def _cut_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    size = 0
    for number, (name, value) in enumerate(parameters.items()):
        if size > _VALUES_MOST:
            kept["..."] = f"and {len(parameters) - number} more parameters"
            break
        short = name if len(name) <= _VALUE_MOST else f"{name[:64]}... ({len(name)} characters)"
        kept[short] = _cut_value(value)
        size += len(short) + _size(kept[short])
    return kept


def _cut_value(value: Any) -> Any:
    """A value, or its beginning and how long it is."""
    if type(value) in _SCALARS and type(value) is not str:
        return value
    shown = value if isinstance(value, str) else _json(value)
    return value if len(shown) <= _VALUE_MOST else f"{shown[:256]}... ({len(shown)} characters)"


def _size(value: Any) -> int:
    return len(value) if type(value) is str else _SMALL if type(value) in _SCALARS else len(_json(value))


class Journal:
    """The entries of one cloud.

    Args:
        limit: how many entries are kept before reads and refusals are only counted.
        size: how many characters of reads and of refusals are kept, in about, of each.
    """

    def __init__(self, limit: int = 1_000_000, size: int = 128 << 20) -> None:
        self.entries: list[tuple[int, int, str, Mapping[str, Any]]] = []
        self.limit, self.size = limit, size
        self._sink: TextIO | None = None
        self._held = {"read": 0, "refusal": 0}
        self._refusals = 0
        #: What is told of each entry that is kept: its instant, kind and data. It may append nothing.
        self.watchers: list[Callable[[int, str, Mapping[str, Any]], object]] = []
        #: The parameters of calls that no edition has.
        self.ignored: Ignored = {}
        self._mark = ""
        #: How many entries there are when a read is next looked at.
        self._watched = 0
        #: How many refusals of a kind there are.
        self._refused: dict[tuple[object, ...], int] = {}
        #: What is only counted: the summary of each kind, and the number of its entry.
        self._summaries: dict[tuple[object, ...], tuple[int, dict[str, Any]]] = {}
        # Faults and their undo are recorded by the test's own thread, beside the calls of others.
        self._lock = threading.Lock()

    def append(self, at: int, kind: str, data: Mapping[str, Any]) -> None:
        """Append an entry at the instant `at`; the data must not be changed afterwards."""
        with self._lock:
            entries = self.entries
            if kind == "read" and len(entries) >= self._watched:
                if not self._watch(at, data):
                    return
            elif kind == "refusal":
                kept = self._refuse(at, data)
                if kept is None:
                    return
                data = kept
            entry = (len(entries), at, kind, data)
            entries.append(entry)
            if self._sink is not None:
                self._sink.write(_line(entry))
            if self.watchers:
                for each in [*self.watchers]:
                    each(at, kind, data)

    def _watch(self, at: int, read: Mapping[str, Any]) -> bool:
        """Whether there is room for a read. One of some is measured: to measure each would take longer than to keep
        it."""
        if len(self.entries) >= self.limit or self._held["read"] > self.size:
            self._watched = 0
            self._count(at, "read", ("read",), {})
            return False
        self._held["read"] += _SAMPLE * _size(read)
        self._watched = min(len(self.entries) + _SAMPLE, self.limit)
        return True

    def _refuse(self, at: int, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What is kept of a refusal; None where it is counted."""
        action, code = str(data.get("action", ""))[:_NAME_MOST], data.get("code")
        key: tuple[object, ...] = ("refusal", action, code, data.get("account"), data.get("edge"))
        seen = self._refused.get(key, 0)
        # Whatever the number of reads, there is room for refusals.
        full = self._refusals >= max(_EQUAL, self.limit // 10) or self._held["refusal"] > self.size
        if full or seen >= _EQUAL:
            of = {name: data[name] for name in ("code", "account", "edge") if name in data}
            if seen:
                of = {"action": action, **of}
            else:  # So many kinds are not distinguished.
                key = ("refusal", code)
                of = {"code": code}
            self._count(at, "refusal", key, of)
            return None
        self._refused[key] = seen + 1
        self._refusals += 1
        kept, size = _cut(data)
        self._held["refusal"] += size
        return kept

    def _count(self, at: int, kind: str, key: tuple[object, ...], of: Mapping[str, Any]) -> None:
        """Count what is not kept. Its summary stands where the first of them would; the file gets it now and then."""
        if key not in self._summaries:
            self._summaries[key] = (len(self.entries), {"not_kept": kind, **of, "count": 0, "until": at})
            self.entries.append((len(self.entries), at, "summary", self._summaries[key][1]))
        number, said = self._summaries[key]
        said["count"] += 1
        said["until"] = at
        if str(said["count"]).strip("0") == "1":
            self._write(number)

    def _write(self, number: int) -> None:
        if self._sink is not None:
            self._sink.write(_line(self.entries[number]))

    @property
    def mark(self) -> str:
        """What tells this journal from any other, also from that of an equal cloud in another process."""
        if not self._mark:
            self._mark = os.urandom(6).hex()
        return self._mark

    def __repr__(self) -> str:
        return f"Journal({len(self.entries)} entries)"

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return map(Entry._make, self.entries)

    def of(self, *kinds: str, **data: object) -> list[Entry]:
        """The entries of these kinds whose data has these values; a handle stands for its ID."""
        wanted = {key: getattr(value, "id", value) for key, value in data.items()}
        return [
            entry
            for entry in self
            if (not kinds or entry.kind in kinds) and all(entry.data.get(key) == value for key, value in wanted.items())
        ]

    def tail(self, count: int = 20) -> list[Entry]:
        """The last `count` entries."""
        return [Entry._make(entry) for entry in self.entries[-count:]] if count else []

    def page(self, first: int, count: int) -> list[Entry]:
        """Up to `count` entries from the number `first` on."""
        return [Entry._make(entry) for entry in self.entries[first : first + count]]

    def open(self, path: Path) -> None:
        """Write what there is and all that follows to `path`, a JSON object a line, handed over as it happens.

        The file is its owner's alone, from the first byte.
        """
        self.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            self._sink = open_private(path)
            self._sink.writelines(map(_line, self.entries))

    def close(self) -> None:
        """Finish the file, if one was opened; the summaries are in it as they are now."""
        with self._lock:
            if self._sink is None:
                return
            for number, _ in self._summaries.values():
                self._write(number)
            self._sink.close()
            self._sink = None


def open_private(path: Path) -> TextIO:
    """A file to be written that its owner alone can read; what was there is replaced, unless it is no file."""
    with suppress(FileNotFoundError):
        if stat.S_ISREG(mode := path.lstat().st_mode) or stat.S_ISLNK(mode):
            path.unlink()
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", buffering=1)


def _line(entry: tuple[int, int, str, Mapping[str, Any]]) -> str:
    number, at, kind, data = entry
    return json.dumps({"n": number, "at": at, "kind": kind, **data}, default=str, separators=(",", ":")) + "\n"


def lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The lines of a stored journal, of a journal or of its entries."""
    return map(_line, list(entries))


class Stored(NamedTuple):
    """A stored journal.

    Attributes:
        path: its file.
        entries: what it has.
        cut: the number of its last line, if that is cut short by a killed process and left out; 0 if it is whole.
    """

    path: Path
    entries: list[Entry]
    cut: int = 0

    @property
    def told(self) -> str:
        """What a reader has to know of the file besides its entries; empty for one that is whole."""
        rest = "is cut short and left out: the run may have gone on"
        return f"{self.path}: the last line, {self.cut}, {rest}" if self.cut else ""


def load(path: Path) -> list[Entry]:
    """The entries of a stored journal. A last line cut short by a killed process is left out.

    Raises:
        ValueError: it is no file, or a line other than the last is not an entry.
    """
    return _load(path).entries


def stored(path: Path) -> Stored:
    """A stored journal that a user names.

    Raises:
        UsageError: there is no such file, it is no journal, or it has no entry.
    """
    try:
        found = _load(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: expected a journal (*.ndjson): {error}") from None
    if not found.entries:
        raise UsageError(f"{path}: expected a journal (*.ndjson), found no entry")
    return found


def _load(path: Path) -> Stored:
    if not path.is_file() and path.exists():
        raise ValueError("it is no file")
    entries: list[Entry] = []
    #: A summary is written several times; the last counts.
    summaries: dict[int, int] = {}
    with path.open("rb") as file:
        wrong = 0
        for index, line in enumerate(file, 1):
            if wrong:
                raise ValueError(f"{path}:{wrong} is not a journal entry")
            entry = _read(line)
            if entry is None:
                wrong = index
            elif entry.kind == "summary" and entry.number in summaries:
                entries[summaries[entry.number]] = entry
            else:
                if entry.kind == "summary":
                    summaries[entry.number] = len(entries)
                entries.append(entry)
    return Stored(path, entries, wrong)


def _read(line: bytes) -> Entry | None:
    """The entry that a line holds, if it does."""
    try:
        data = json.loads(line)
        entry = Entry(data.pop("n"), data.pop("at"), data.pop("kind"), data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    right = type(entry.number) is int and type(entry.at) is int and 0 <= entry.at <= CLOCK_END
    return entry if right and isinstance(entry.kind, str) else None
