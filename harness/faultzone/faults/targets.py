"""How a target is named: by its ID, by what a test holds of it, or by a description that is read when it is due.

A description is text, so that it travels as JSON: `host_of(newest(instance))`. Functions of the same names write it:

    newest("instance")  oldest("host")  rank(2, "instance")  all("agent")    by age, the oldest first; hosts by number
    all("agent", image="centos_7")  all("subscription", expires_with="i-1")  those with something in common
    all("instance", name="web-*")  all("agent", tag="owner=王秀英")           those of a name, or with a tag
    host_of(newest("instance"))  rack_of("i-1")  zone_of("cn-hangzhou-a-h01")  from an instance to where it is

`all` stands for several targets, each of which the fault hits. An agent stands for an instance that runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from faultzone.errors import UsageError

#: What there is to be described, and what each is where a fault names it.
KINDS: Final = {
    "instance": "instance",
    "agent": "instance",
    "subscription": "instance",
    "host": "host",
    "rack": "rack",
    "switch": "switch",
    "zone": "zone",
}
#: From what a description leads on, and to what.
STEPS: Final = {
    "host_of": (("instance",), "host"),
    "rack_of": (("instance", "host"), "rack"),
    "switch_of": (("instance", "host"), "switch"),
    "zone_of": (("instance", "host"), "zone"),
}
CHOICES: Final = ("newest", "oldest", "rank", "all")
#: The fields of faults that name a target, and of which kind it is.
FIELDS: Final = {
    "host": "host",
    "peer": "host",
    "rack": "rack",
    "switch": "switch",
    "zone": "zone",
    "instance": "instance",
    "about": "instance",
    "item": "instance",
}
#: What all of a kind may have in common, and of which kinds.
_INSTANCES: Final = ("instance", "agent", "subscription")
COMMON: Final = {"image": _INSTANCES, "name": _INSTANCES, "tag": _INSTANCES, "expires_with": ("subscription",)}

_FORM: Final = re.compile(r"([a-z_]+)\((.*)\)", re.ASCII)
_RANK: Final = re.compile(r"(\d{1,9})(?:, *([a-z]+))?", re.ASCII)
#: A value, and one that has to be quoted as JSON quotes it.
_BARE: Final = r'[^\s(),="]+'
_SHARED: Final = re.compile(rf'([a-z]+), *([a-z_]+)=({_BARE}|"(?:[^"\\]|\\.)+")')
_INSTANCE: Final = re.compile(r"i-[\w-]+", re.ASCII)
_ARTICLE: Final = {kind: f"{'an' if kind == 'instance' else 'a'} {kind}" for kind in sorted(set(KINDS.values()))}
#: How many descriptions a description may hold, one within the other, brackets of its values among them.
_DEEPEST: Final = 20
_EXAMPLE: Final = "a description such as host_of(newest(instance)), rank(2, host) or all(agent)"


class Named(Protocol):
    """Something with an id, such as an `Instance`."""

    id: str


class Described(NamedTuple):
    """A description.

    Attributes:
        how: a choice, or a step from what is described further in.
        of: what is chosen from, such as `instance`; or where a step begins: a description, or an ID.
        place: of a rank, counted from 1.
        common: what all have in common, and its value; None for all that there are.
    """

    how: str
    of: Described | str
    place: int = 0
    common: tuple[str, str] | None = None

    @property
    def kind(self) -> str:
        """What it leads to: `instance`, `host` or `zone`."""
        return STEPS[self.how][1] if self.how in STEPS else KINDS[str(self.of)]


def id_of(target: str | Named, what: str) -> str:
    """The id of an instance or of another target that may be given by its handle.

    Raises:
        UsageError: it is neither an id nor a handle.
    """
    found = target if isinstance(target, str) else getattr(target, "id", None)
    if not isinstance(found, str):
        raise UsageError.expected(what, target, "an ID, or an object that has one, such as an Instance")
    return found


def ids_of(targets: str | Named | Iterable[str | Named], what: str) -> list[str]:
    """The IDs of one target, or of several.

    Raises:
        UsageError: one is neither an ID nor a handle.
    """
    if isinstance(targets, str) or not isinstance(targets, Iterable):
        return [id_of(targets, what)]
    return [id_of(each, what) for each in targets]


def zone_of_host(host: str) -> str:
    """The ID of the zone of the host of an ID: `cn-hangzhou-a` of `cn-hangzhou-a-h01`."""
    return host.rpartition("-h")[0]


def descriptions(kind: str) -> list[str]:
    """Descriptions that lead to a kind of target, such as `host_of(newest(instance))` to a host."""
    begin = "newest(instance)"
    steps = [f"{step}({begin})" for step, (_, to) in STEPS.items() if to == kind]
    chosen = [how for how in CHOICES if how != "rank"]
    return [*steps, *(f"{how}({of})" for of, to in KINDS.items() if to == kind for how in chosen)]


def is_described(target: str) -> bool:
    """Whether this is a description, and no ID: none has a bracket."""
    return "(" in target


def described(text: str) -> Described:
    """A description that is read.

    Raises:
        UsageError: it is none.
    """
    if text.count("(") > _DEEPEST:
        raise UsageError.expected("target", text, _EXAMPLE)
    form = _FORM.fullmatch(text)
    how, within = form.groups() if form else ("", "")
    if how in STEPS:
        begin = described(within) if is_described(within) else within
        if not within or (isinstance(begin, Described) and begin.kind not in STEPS[how][0]):
            raise UsageError.expected("target", text, _EXAMPLE)
        return Described(how, begin)
    ranked = _RANK.fullmatch(within) if how == "rank" else None
    shared = _SHARED.fullmatch(within) if how == "all" else None
    kind = (ranked[2] or "instance") if ranked else shared[1] if shared else within
    if shared and kind not in COMMON.get(shared[2], ()):
        forms = ", ".join(f"all(agent, {each}=...)" for each in COMMON if "agent" in COMMON[each])
        raise UsageError.expected("target", text, f"{forms} or all(subscription, expires_with=...)")
    if how not in CHOICES or kind not in KINDS or (how == "rank") != (ranked is not None):
        raise UsageError.expected("target", text, _EXAMPLE)
    place = int(ranked[1]) if ranked else 0
    if ranked and not place:
        raise UsageError.expected_whole("rank", place, 1)
    return Described(how, kind, place, (shared[2], _unquoted(text, shared[3])) if shared else None)


def _unquoted(text: str, value: str) -> str:
    """What a value says.

    Raises:
        UsageError: it begins with a quote, and is none of JSON.
    """
    try:
        return str(json.loads(value)) if value.startswith('"') else value
    except ValueError:
        raise UsageError.expected("target", text, f"{value} in the quotes of JSON") from None


def see_target(field: str, target: str) -> None:
    """See that a description in a field of a fault leads to what the field names.

    Raises:
        UsageError: it does not, or is none.
    """
    if is_described(target) and (found := described(target).kind) != FIELDS[field]:
        wanted = FIELDS[field]
        step = "" if wanted == "instance" else f": write {wanted}_of(...)"
        raise UsageError(f"{field}={target!r}: it describes {_ARTICLE[found]}, expected {_ARTICLE[wanted]}{step}")


# What writes descriptions


def host(id: str) -> str:
    """The host of this ID."""
    return id


def newest(kind: str) -> str:
    """The newest of a kind."""
    return _written("newest", kind)


def oldest(kind: str) -> str:
    """The oldest of a kind."""
    return _written("oldest", kind)


def rank(place: int, kind: str = "instance") -> str:
    """The second oldest of a kind, the third …, counted from 1."""
    return _written("rank", f"{place}, {kind}")


def all(
    kind: str,
    *,
    image: str | None = None,
    name: str | None = None,
    tag: str | None = None,
    expires_with: str | Named | None = None,
) -> str:
    """All of a kind, each of which a fault hits.

    Args:
        kind: such as `host`, `instance`, `agent` or `subscription`.
        image: only the instances of the image of this ID.
        name: only the instances of this name; `*` stands for any text.
        tag: only the instances with this tag, such as `owner=王秀英`, or with any tag of this key, such as `owner`.
        expires_with: only the subscriptions that end when that of this instance does, itself included.

    Raises:
        UsageError: there is no such kind, or it has nothing of that in common.
    """
    other = None if expires_with is None else id_of(expires_with, "expires_with")
    common = {"image": image, "name": name, "tag": tag, "expires_with": other}
    given = [f", {what}={_quoted(value)}" for what, value in common.items() if value is not None]
    return _written("all", f"{kind}{''.join(given)}")


def host_of(instance: str | Named) -> str:
    """The host of an instance, or of one that is described."""
    return _written("host_of", id_of(instance, "instance"))


def rack_of(target: str | Named) -> str:
    """The rack of an instance or a host, or of one that is described."""
    return _written("rack_of", id_of(target, "target"))


def switch_of(target: str | Named) -> str:
    """The switch of an instance or a host, or of one that is described."""
    return _written("switch_of", id_of(target, "target"))


def zone_of(target: str | Named) -> str:
    """The zone of an instance or a host, or of one that is described."""
    return _written("zone_of", id_of(target, "target"))


def _quoted(value: str) -> str:
    return value if re.fullmatch(_BARE, value) else json.dumps(value, ensure_ascii=False)


def _written(how: str, of: str) -> str:
    text = f"{how}({of})"
    described(text)
    return text


def target_of(field: str, value: object) -> object:
    """What a field of a fault is given: the ID of a handle. Where a host, a rack, a switch or a zone is meant, an
    instance stands for the one that it is on when the fault comes."""
    kind = FIELDS[field]
    if kind != "instance" and _is_instance(value):
        return _written(f"{kind}_of", id_of(value, field))  # type: ignore[arg-type]
    return value if isinstance(value, str) or value is None or kind != "instance" else id_of(value, field)  # type: ignore[arg-type]


def _is_instance(target: object) -> bool:
    """Whether this is the handle of an instance, or its ID: no other ID of a target begins so."""
    return _INSTANCE.fullmatch(target) is not None if isinstance(target, str) else hasattr(type(target), "host")
