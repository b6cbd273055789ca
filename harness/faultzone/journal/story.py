"""What a journal says of a whole run, for a reader: what was broken, refused and run in guests, and what came last.

Each is a fold over the entries; times are those since the first of them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from faultzone.clock import in_words
from faultzone.journal.journal import Journal
from faultzone.journal.redaction import quoted, script, text
from faultzone.journal.timeline import is_of, said

#: What a reader looks for first; the journal has more.
_SHOWN: Final = frozenset("call refusal transition event fault undo stale bill notice summary".split())
#: States through which an instance only passes.
_PASSING: Final = frozenset({"Pending", "Starting", "Stopping"})
#: Parameters that nearly every call has.
_USUAL: Final = frozenset({"InternetMaxBandwidthOut", "InstanceType", "ImageId", "RegionId", "PageSize", "PageNumber"})
#: More than so many ids are counted.
_IDS_MOST: Final = 3
#: Characters of one parameter and of one output that are shown.
_VALUE_MOST: Final = 60
_OUTPUT_MOST: Final = 400


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened.

    Attributes:
        at: when, in milliseconds since the first entry.
        said: what.
    """

    at: int
    said: str

    @property
    def when(self) -> str:
        """The time since the first entry, as `+4 d 12 h`."""
        return f"+{in_words(self.at)}"


@dataclass(frozen=True, slots=True)
class Run:
    """A script that ran in a guest.

    Attributes:
        at: when it ended, in milliseconds since the first entry.
        instance: where.
        script: what ran; empty where the journal does not say.
        ended: how: `exit code 2`, or what else became of it.
        output: what it wrote.
        good: whether it exited with 0.
    """

    at: int
    instance: str
    script: str
    ended: str
    output: str
    good: bool

    @property
    def when(self) -> str:
        """The time since the first entry."""
        return f"+{in_words(self.at)}"


def faults(journal: Journal) -> list[Moment]:
    """What was broken, and when that ended. A fault that could not be brought about has broken nothing."""
    return [
        Moment(at, _fault(kind, data))
        for at, kind, data in _since_start(journal)
        if kind in ("fault", "undo") and "not_injected" not in data
    ]


def refusals(journal: Journal) -> list[Moment]:
    """What was asked and refused."""
    return [Moment(at, _refusal(data)) for at, kind, data in _since_start(journal) if kind == "refusal"]


def runs(journal: Journal) -> list[Run]:
    """The scripts that have ended in guests."""
    scripts: dict[tuple[object, object], str] = {}
    found = []
    for at, kind, data in _since_start(journal):
        key = (data.get("run"), data.get("instance"))
        if kind == "effect" and data.get("effect") == "RunScript":
            scripts[key] = script(str(data.get("script", "")))
        elif kind == "report" and data.get("report") in _ENDS:
            code = data.get("exit_code")
            ended = _ENDS[data["report"]] or ("broke" if code is None else f"exit code {code}")
            output = str(data.get("output") or "").strip()[-_OUTPUT_MOST:]
            found.append(Run(at, str(data["instance"]), scripts.get(key, ""), ended, text(output), code == 0))
    return found


#: How a run ends, by the report that says so; an empty one has an exit code.
_ENDS: Final = {"RunEnded": "", "RunTimedOut": "timed out", "RunRefused": "could not be started"}


def last(journal: Journal, count: int, instance: str = "") -> list[Moment]:
    """The last things that a reader looks for. Changes of state in a row are one thing: nine instances that boot are
    one line.

    Args:
        journal: what happened.
        count: how many.
        instance: only what is of this instance, and faults.
    """
    found: list[Moment] = []
    moves = _Moves()
    scripts: dict[object, str] = {}
    for at, kind, data in _since_start(journal):
        if kind not in _SHOWN or (kind == "summary" and "not_kept" not in data) or "not_injected" in data:
            continue
        if kind == "call" and data.get("action") == "CreateCommand":
            made = data.get("answer") or {}
            scripts[made.get("CommandId")] = _content((data.get("parameters") or {}).get("CommandContent"))
        if instance and not (is_of(instance, kind, data) or kind in ("fault", "undo")):
            continue
        if kind in ("transition", "event"):
            moves.add(at, kind, data)
        elif not (kind == "call" and data.get("action") == "CreateCommand"):
            found += moves.end()
            found.append(Moment(at, _entry(kind, data, scripts)))
    found += moves.end()
    return found[-count:]


def _since_start(journal: Journal) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Instant since the first entry, kind and data of all entries."""
    entries = list(journal.entries)
    for _, at, kind, data in entries:
        yield at - entries[0][1], kind, data


@dataclass(slots=True)
class _Moves:
    """Changes of state in a row, of instances, events and runs, each by what it is of and by its id."""

    paths: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    whose: dict[tuple[str, str], tuple[int, str, str]] = field(default_factory=dict)

    def add(self, at: int, kind: str, data: Mapping[str, Any]) -> None:
        """Take one in."""
        if kind == "event":
            key, whose = (f"{data['type']} of ", str(data["event"])), str(data.get("instance"))
        elif "run" in data:
            key, whose = (f"run {data['run']} on ", str(data.get("target"))), str(data.get("target"))
        else:
            key, whose = ("", str(data["instance"])), str(data["instance"])
        path = self.paths.setdefault(key, [_state(data["from"])])
        if path[-1] != _state(data["to"]):
            path.append(_state(data["to"]))
        # Where it is; an event and a run are where their instance is.
        host = "" if key[0] else str(data.get("host") or "")
        self.whose[key] = at, whose, host

    def end(self) -> list[Moment]:
        """The changes as lines, one for each path that was taken; nothing is left of them here."""
        alike: dict[tuple[str, tuple[str, ...]], list[tuple[int, str, str]]] = {}
        for key, path in self.paths.items():
            alike.setdefault((key[0], _short(path)), []).append(self.whose[key])
        found = []
        for (of, way), members in alike.items():
            subject = _ids([name for _, name, _ in members], "instances")
            where = f" on {members[0][2]}" if len(members) == 1 and members[0][2] else ""
            found.append(Moment(max(at for at, _, _ in members), f"{of}{subject}: {' -> '.join(way)}{where}"))
        self.paths.clear()
        self.whose.clear()
        return sorted(found, key=lambda each: each.at)


def _state(state: object) -> str:
    return "new" if state is None else str(state)


def _short(path: Sequence[str]) -> tuple[str, ...]:
    """A path without the states through which an instance only passes, unless it comes back to where it was."""
    kept = [state for number, state in enumerate(path) if number in (0, len(path) - 1) or state not in _PASSING]
    return tuple(path if kept[0] == kept[-1] else kept)


def _ids(ids: Sequence[str], things: str) -> str:
    return ", ".join(ids) if len(ids) <= _IDS_MOST else f"{len(ids)} {things}"


def _entry(kind: str, data: Mapping[str, Any], scripts: Mapping[object, str]) -> str:
    """One entry in few words; the script of a command in place of its id."""
    if kind == "call":
        made = _made(data.get("answer"))
        return f"{called(data, scripts)}{f' -> {made}' if made else ''}"
    if kind == "refusal":
        return _refusal(data)
    if kind in ("fault", "undo"):
        return _fault(kind, data)
    if kind == "notice" and "fault" in data:
        return _of_a_plan(data)
    return f"{kind} {said(kind, data)}"


def _of_a_plan(data: Mapping[str, Any]) -> str:
    """A fault that was planned, or skipped when it was due."""
    fault = {key: value for key, value in data.items() if key not in ("what", "after", "why")}
    when = f", in {in_words(data['after'])}" if isinstance(data.get("after"), int) else ""
    why = f": {data['why']}" if data.get("why") else ""
    return f"{data['what']}: {named(fault)}{when}{why}"


def _fault(kind: str, data: Mapping[str, Any]) -> str:
    return f"{'end of ' if kind == 'undo' else ''}{named(data)}"


def named(fault: Mapping[str, Any]) -> str:
    """A fault with its fields, from what JSON or a journal has of it."""
    given = {key: value for key, value in fault.items() if key not in ("fault", "number", "region")}
    fields = ", ".join(f"{key}={quoted(value, 200)}" for key, value in given.items() if value is not None)
    return f"{fault['fault']}({fields})"


def _refusal(data: Mapping[str, Any]) -> str:
    """A refused call; what is usual in one is shown where the code names it, or where there is nothing else."""
    code = str(data.get("code"))
    usual = frozenset(name for name in _USUAL if name not in code)
    usual = usual if (data.get("parameters") or {}).keys() - usual else frozenset()
    return f"{called(data, usual=usual) if data.get('action') else 'a call'} refused: {code}"


def called(
    data: Mapping[str, Any],
    scripts: Mapping[object, str] = MappingProxyType({}),
    usual: frozenset[str] = _USUAL,
) -> str:
    """A call as its action with the parameters that say what was asked."""
    shown = []
    for name, value in (data.get("parameters") or {}).items():
        if name == "CommandId" and value in scripts:
            shown.append(f"script={quoted(scripts[value], _VALUE_MOST)}")
        elif name == "CommandContent":
            shown.append(f"script={quoted(_content(value), _VALUE_MOST)}")
        elif name not in usual and value is not None:
            shown.append(f"{name}={_value(value)}")
    ignored = f", ignored: {', '.join(map(str, data['ignored']))}" if data.get("ignored") else ""
    return f"{data['action']}({', '.join(shown)}){ignored}"


def _content(value: object) -> str:
    """A script that was given in Base64, without the secrets that it quotes."""
    try:
        return script(base64.b64decode(str(value), validate=True).decode())
    except ValueError:
        return script(str(value))


def _value(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) > _IDS_MOST:
        return f"[{quoted(value[0])}, and {len(value) - 1} more]"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(quoted, value))}]"
    return quoted(value, _VALUE_MOST)


def _made(answer: object) -> str:
    """The ids that an answer names."""
    ids = [each for each in _leaves(answer) if each.partition("-")[0] in ("i", "ds", "lt", "c", "t", "e")]
    return _ids(ids, "ids")


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name != "RequestId":
                yield from _leaves(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each)
    elif isinstance(value, str):
        yield value
