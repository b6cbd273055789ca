"""The smallest request of each action, and values that its parameters have: the tables of tests/api/requests.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from faultzone.api.products import VERSIONS
from faultzone.api.readers import Fraction, JsonTexts, Texts, Whole, Wholes, Word, read_json_texts_by_name
from faultzone.api.request import Parameter, Request
from faultzone.api.values import read_flag
from faultzone.cli.actions import implemented
from faultzone.editions import EDITIONS, Edition
from tests.support.combinations import ROWS

FILE: Final[Mapping[str, Any]] = tomllib.loads((Path(__file__).parents[1] / "api" / "requests.toml").read_text("utf-8"))
#: Product -> action -> its smallest request, with words in the place of ids.
MINIMAL: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = FILE["requests"]
_VALUES: Final[Mapping[str, Any]] = FILE["values"]
_REFUSED: Final[Mapping[str, str]] = FILE["refused"]
_BESIDE: Final[Mapping[str, Any]] = FILE["beside"]


class Way(NamedTuple):
    """The way to a parameter, or to a field of one.

    Attributes:
        edition: in which it is there.
        product, request: the action.
        path: the parameter, and the fields to the one that is meant.
    """

    edition: Edition
    product: str
    request: type[Request]
    path: tuple[Parameter, ...]

    def __str__(self) -> str:
        return f"{self.edition.name} {self.product} {self.action} {self.name}"

    @property
    def action(self) -> str:
        """The name of the action."""
        return self.request.__name__

    @property
    def last(self) -> Parameter:
        """The parameter that is meant."""
        return self.path[-1]

    @property
    def name(self) -> str:
        """The names on the way, such as `DataDisk.Size`."""
        return ".".join(each.name for each in self.path)

    def given(self, value: object) -> dict[str, Any]:
        """The smallest request with this value and what it needs, with words in the place of ids."""
        asked = dict(MINIMAL[self.product][self.action])
        first = self.path[0].name
        for name in (first, self.name, f"{self.action}.{first}", f"{self.action}.{self.name}"):
            asked |= _BESIDE.get(name, {})
        return {**asked, self.path[0].name: _put(asked.get(self.path[0].name), self.path, value)}


def _put(known: Any, path: tuple[Parameter, ...], value: object) -> Any:
    """A structure, or a list of one, with the value of the field to which a path leads, and with what is known."""
    outer, *fields = path
    if not fields:
        return value
    held = dict((known[0] if isinstance(known, list) else known) or {})
    held[fields[0].name] = _put(held.get(fields[0].name), (*fields,), value)
    return [held] if outer.repeated else held


def ways(edition: Edition) -> Iterator[Way]:
    """All parameters that an edition has and does not refuse, those of structures by their fields."""

    def below(product: str, request: type[Request], path: tuple[Parameter, ...]) -> Iterator[Way]:
        last = path[-1]
        if last.refused or (last.since is not None and not edition.has(last.since)):
            return
        if last.fields is None:
            yield Way(edition, product, request, path)
        for each in dict.fromkeys((last.fields or {}).values()):
            yield from below(product, request, (*path, each))

    for product in VERSIONS:
        for name, request in implemented(product).items():
            if name == request.__name__ and edition.has(request.since):
                for each in request.parameters.values():
                    yield from below(product, request, (each,))


#: Name of an edition, product and action -> the ways to its parameters.
BY_ACTION: Final[dict[tuple[str, str, str], list[Way]]] = {}
for _edition in EDITIONS:
    for _way in ways(_edition):
        BY_ACTION.setdefault((_edition.name, _way.product, _way.action), []).append(_way)


def refused(way: Way, asked: Mapping[str, Any]) -> Collection[str]:
    """The codes with which a call may be refused whatever the value is, or for what it says together: the rows of
    tests/api/combinations.toml whose parameters it has."""
    names = (f"{way.action}.{way.name}", way.name, *(name for name, value in asked.items() if value != ""))
    given = {name: _alike(value) for name, value in asked.items()}
    return {_REFUSED[name] for name in names if name in _REFUSED} | {
        row.code for row in ROWS if row.action == way.action and _alike(row.wrong).items() <= given.items()
    }


def _alike(value: Any) -> Any:
    """A value in the form in which it is compared: `true` is what the text of it is."""
    if isinstance(value, Mapping):
        return {name: _alike(each) for name, each in value.items()}
    if isinstance(value, list):
        return str([_alike(each) for each in value])
    return str(value).lower()


def valid(way: Way, draw: Random) -> Any:
    """A value that the parameter takes, drawn."""
    reader = way.last.reader(way.edition.date)
    names = [f"{way.action}.{way.name}", *([way.name] if len(way.path) > 1 else ())]
    if not isinstance(reader, Word):
        names.append(way.last.name)
    named = next((_VALUES[name] for name in names if name in _VALUES), None)
    many = isinstance(reader, Texts | JsonTexts)
    asked = MINIMAL[way.product][way.action].get(way.name)
    if asked is not None and not isinstance(reader, Word | Whole) and reader is not read_flag:
        return asked
    if named is not None:
        return [draw.choice(named)] if many else draw.choice(named)
    match reader:
        case Word():
            return draw.choice([*reader.among, *reader.spelling])
        case Whole():
            least = 1 if reader.least is None else reader.least
            return draw.randint(least, least + 9 if reader.most is None else reader.most)
        case Fraction():
            return draw.choice([0.5, "0.97", 4])
        case Wholes():
            return [draw.randint(reader.least, 3)]
        case Texts() if reader.among:
            return [draw.choice(reader.among)]
    if reader is read_flag:
        return draw.choice([True, False, "true", "False"])
    if reader is read_json_texts_by_name:
        return {"name": "web"}
    return ["web"] if many else "web"
