"""The record of a run: one appender, entries in the order in which things happened, readers that only read.

An earlier thought was one log for each kind of happening (calls, events, faults). It could not answer "what came before
this", needed a clock to merge, and each reader had its own format. Hence one sequence. Its order is the replay; a
checker is a fold over it.

An entry is a tuple (number, instant, kind, data), cheap enough to be always on: 1,000,000 entries are kept whole, then
reads are only counted. Writes and errors are recorded whole, reads by their ids and the size of the answer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from faultzone.clock import stamp

#: The kinds of entry.
KINDS: Final = frozenset(
    "region call read refusal transition effect report stale event fault undo owed control advance bill notice summary "
    "verdict".split()
)
_SECRET: Final = frozenset({"Password", "AccessKeySecret", "SecurityToken", "UserData", "user_data"})
#: What needs no copy.
_SCALARS: Final = frozenset({str, int, bool, float, type(None)})

#: What is printed first and last of an entry, since a reader's lines may be cut.
_FIRST: Final = ("action", "code", "type", "from", "to", "instance")
_LONG: Final = frozenset({"parameters", "arguments", "answer"})
#: The parameters that are printed last.
_LAST: Final = ("InternetMaxBandwidthOut", "InstanceType", "ImageId", "RegionId")


class Entry(NamedTuple):
    """One happening: its number, its instant (ms), its kind and what there is to say."""

    number: int
    at: int
    kind: str
    data: Mapping[str, Any]

    def __str__(self) -> str:
        data = sorted(self.data.items(), key=lambda item: (_place(item[0]), item[0] in _LONG))
        said = " ".join(f"{key}={_short(_told_first(value) if key == 'parameters' else value)}" for key, value in data)
        return f"{self.number:>5}  {stamp(self.at)}  {self.kind:<10} {said}"


def _place(key: str) -> int:
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)


def _told_first(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call, those that nearly every call has last."""
    return dict(sorted(parameters.items(), key=lambda item: _LAST.index(item[0]) if item[0] in _LAST else -1))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, separators=(",", ":"))
    return text if len(text) <= 160 else text[:157] + "..."


def redacted(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the parameters of a call without what must not be written down: passwords, tokens, keys, user data."""
    return {
        name: "***" if name.rpartition(".")[2] in _SECRET else value if type(value) is str else _copied(value, redacted)
        for name, value in parameters.items()
    }


def copied(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that shares no list or mapping with the original: whoever holds the one cannot change the other."""
    return {name: value if type(value) is str else _copied(value, copied) for name, value in mapping.items()}


def _copied(value: Any, mapping: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Any:
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return mapping(value)
    if isinstance(value, list | tuple):
        return [_copied(each, mapping) for each in value]
    return value


class Journal:
    """The entries of one cloud.

    Args:
        limit: how many entries are kept before reads are only counted.
    """

    def __init__(self, limit: int = 1_000_000) -> None:
        self.entries: list[tuple[int, int, str, Mapping[str, Any]]] = []
        self.limit = limit
        self.reads_not_kept = 0
        self._sink: TextIO | None = None
        # Faults and their undo are recorded by the test's own thread, beside the calls of others.
        self._lock = threading.Lock()

    def append(self, at: int, kind: str, data: Mapping[str, Any]) -> None:
        """Record one happening at the instant `at`; the data must not be changed afterwards."""
        with self._lock:
            entries = self.entries
            if kind == "read" and len(entries) >= self.limit:
                self.reads_not_kept += 1
                return
            entry = (len(entries), at, kind, data)
            entries.append(entry)
            if self._sink is not None:
                self._sink.write(_line(entry))

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return map(Entry._make, self.entries)

    def of(self, *kinds: str, **data: object) -> list[Entry]:
        """The entries of these kinds whose data has these values."""
        return [
            entry
            for entry in self
            if (not kinds or entry.kind in kinds) and all(entry.data.get(key) == value for key, value in data.items())
        ]

    def tail(self, count: int = 20) -> list[Entry]:
        """The last `count` entries."""
        return [Entry._make(entry) for entry in self.entries[-count:]] if count else []

    def open(self, path: Path) -> None:
        """Write what there is and all that follows to `path`, a JSON object a line, handed over as it happens."""
        self.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            self._sink = path.open("w", encoding="utf-8", buffering=1)
            self._sink.writelines(map(_line, self.entries))

    def close(self) -> None:
        """Finish the file, if one was opened."""
        with self._lock:
            if self._sink is None:
                return
            if self.reads_not_kept:
                at = self.entries[-1][1] if self.entries else 0
                self._sink.write(_line((len(self.entries), at, "summary", {"reads_not_kept": self.reads_not_kept})))
            self._sink.close()
            self._sink = None


def _line(entry: tuple[int, int, str, Mapping[str, Any]]) -> str:
    number, at, kind, data = entry
    return json.dumps({"n": number, "at": at, "kind": kind, **data}, default=str, separators=(",", ":")) + "\n"


def load(path: Path) -> list[Entry]:
    """The entries of a stored journal. A last line cut short by a killed process is left out.

    Raises:
        ValueError: a line other than the last is not an entry.
    """
    entries = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        try:
            data = json.loads(line)
            entries.append(Entry(data.pop("n"), data.pop("at"), data.pop("kind"), data))
        except (ValueError, KeyError, TypeError, AttributeError):
            if index + 1 < len(lines):
                raise ValueError(f"{path}:{index + 1} is not a journal entry") from None
    return entries
