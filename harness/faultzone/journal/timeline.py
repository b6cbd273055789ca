"""What a journal says of one instance, for a reader: a line for each thing that happened to it or around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from faultzone.clock import in_words, stamp
from faultzone.faults.targets import id_of
from faultzone.journal.journal import Journal

if TYPE_CHECKING:
    from faultzone.faults.targets import Named

#: Faults and their undo are shown in every timeline: a fault of a host does not name its instances.
_AROUND: Final = frozenset({"fault", "undo"})


def timeline(journal: Journal, instance: str | Named) -> str:
    """What the journal has of an instance, a line for each entry, with the time since the first of them.

    Reads are left out. Faults and their undo are in it from the first entry of the instance on.

    Args:
        journal: the record of the run, such as `region.journal`.
        instance: it, or its ID.

    Raises:
        UsageError: `instance` is neither.
    """
    instance_id = id_of(instance, "instance")
    lines: list[str] = []
    first: int | None = None
    host: object = None
    for _, at, kind, data in journal.entries:
        if kind == "read" or not (is_of(instance_id, kind, data) or (_is_around(kind, data) and first is not None)):
            continue
        first = at if first is None else first
        moved = ""
        if kind == "transition" and "instance" in data and data.get("host") != host:
            moved = f", host {_or_none(host)} -> {_or_none(data.get('host'))}"
            host = data.get("host")
        lines.append(f"{stamp(at)} {'+' + in_words(at - first):>14}  {kind:<10} {said(kind, data)}{moved}")
    return "\n".join(lines) or f"the journal has nothing of {instance_id}"


def _is_around(kind: str, data: Mapping[str, Any]) -> bool:
    """Whether an entry is shown in the timeline of every instance, as are the entries on what was not kept."""
    return kind in _AROUND or "not_kept" in data


def is_of(instance_id: str, kind: str, data: Mapping[str, Any]) -> bool:
    """Whether an entry is of the instance: it names it, or is a call that asks for it or made it."""
    if instance_id in (data.get("instance"), data.get("target")):
        return True
    return kind in ("call", "refusal", "control") and any(
        names(data.get(each), instance_id) for each in ("parameters", "arguments", "answer")
    )


def names(value: object, resource: str) -> bool:
    """Whether a value is, or holds, the ID of a resource, be it in JSON text."""
    if isinstance(value, str):
        return value.startswith(resource) or f'"{resource}' in value
    if isinstance(value, Mapping):
        return any(names(each, resource) for each in value.values())
    return isinstance(value, list | tuple) and any(names(each, resource) for each in value)


def said(kind: str, data: Mapping[str, Any]) -> str:
    """One entry in few words."""
    if kind == "transition":
        why = f" ({data['why']})" if "why" in data else ""
        run = f"{data['run']}: " if "run" in data else ""
        return f"{run}{_or_none(data['from'])} -> {data['to']}{why}"
    if kind == "event":
        due = f", due {stamp(data['not_before'])}" if data["not_before"] is not None else ""
        return f"{data['event']} {data['type']}: {_or_none(data['from'])} -> {data['to']}{due}"
    if kind == "call":
        return str(data["action"])
    if kind == "refusal":
        return f"{data['action']} refused: {data['code']}" if "action" in data else f"refused: {data.get('code')}"
    if "not_kept" in data:
        of = " ".join(str(data[each]) for each in ("action", "code") if each in data)
        return f"not kept: {data['count']} more of {data['not_kept']} {of}".rstrip()
    name = data.get(kind, data.get("fault", data.get("verb", data.get("what", ""))))
    left_out = {kind, "fault", "number", "verb", "what", "instance", "region", "user_data", "script", "output"}
    rest = [f"{key}={value}" for key, value in data.items() if key not in left_out and value not in (None, "")]
    return " ".join([str(name), *rest])


def _or_none(value: object) -> str:
    return "none" if value is None else str(value)
