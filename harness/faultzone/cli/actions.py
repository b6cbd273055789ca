"""The list of what is implemented, made from the request classes themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from faultzone.api.ecs import ECS
from faultzone.api.products import VERSIONS, host_of
from faultzone.api.request import Parameter, Request
from faultzone.editions import EDITIONS, Date, Edition, date_text
from faultzone.model.core.dispatch import ACTIONS, NOT_SIMULATED


def implemented(product: str = ECS) -> dict[str, type[Request]]:
    """Name of an action of a product, aliases included -> its request class, by name."""
    return {name: entry.request for (of, name), entry in sorted(ACTIONS.items()) if of == product}


def render_markdown() -> str:
    """The page docs/actions.md: each action with the edition that first has it and the parameters that it takes."""
    lines = [
        "# Actions",
        "",
        "Every action that a region answers, with the parameters that it takes; any other action answers",
        "`InvalidAction`. A parameter in bold is mandatory; one with a date came with that edition of the",
        "documentation, and a region of an earlier edition refuses it with `UnsupportedParameter`. One that is",
        "*inert* is taken and changes nothing, in every edition or from the named one on, and [below](#what-is-inert)",
        "is why. What the documentation has and a region does not simulate is refused with a sentence",
        "([below](#what-is-refused)). A name that no edition has is ignored, as the service does it, and the journal",
        'says so; a region with `unknown="refuse"` refuses it.',
        "This page is made from the code.",
        "",
        *_shares(),
        "",
        *_table(ECS),
        "",
        "## Products beside ECS",
        "",
        "A request names its product by its version, or by a host name of the cloud. The version of a product that is",
        "not here is refused with `InvalidVersion`.",
    ]
    for product, version in VERSIONS.items():
        if product != ECS:
            lines += ["", f"### {product} {version}", "", *_table(product)]
    return "\n".join([*lines, "", *_inert(), "", *_refused()]) + "\n"


def products_table() -> str:
    """The table of docs/products.md: each product beside ECS with its version, its endpoint and its actions."""
    lines = ["| product | version | endpoint | actions |", "|---|---|---|---|"]
    for product, version in VERSIONS.items():
        if product != ECS:
            actions = ", ".join(implemented(product))
            lines.append(f"| `{product}` | {version} | `{host_of(product, '<region>')}` | {actions} |")
    return "\n".join(lines) + "\n"


def _table(product: str) -> Iterator[str]:
    """The actions of a product."""
    yield "| action | since | parameters |"
    yield "|---|---|---|"
    for name, request in implemented(product).items():
        if name != request.__name__:
            yield f"| {name} | {date_text(request.since)} | the same as {request.__name__} |"
            continue
        region = ["**RegionId**"] if request.needs_region else ["RegionId"]
        shown = ", ".join(
            region
            + [
                _render(each, {*getattr(request, "mandatory", ())} - {*getattr(request, "instead", ())})
                for each in _flat(request.parameters.values())
                if not each.parameter.refused
            ]
        )
        yield f"| {name} | {date_text(request.since)} | {shown} |"


def _kind(parameter: Parameter, edition: Edition) -> str:
    """What becomes of a parameter in an edition that has it."""
    if parameter.refused:
        return "refused"
    inert = parameter.inert is not None and edition.has(parameter.inert)
    return "inert" if inert and not (parameter.acts is not None and edition.has(parameter.acts)) else "acts"


def _shares() -> Iterator[str]:
    """How many parameters, those of fields included, act, are inert and are refused, by edition."""
    yield "| edition | actions | parameters | act | inert | refused |"
    yield "|---|---|---|---|---|---|"
    for edition in EDITIONS:
        requests = [each for name, each in implemented().items() if name == each.__name__ and edition.has(each.since)]
        kinds = Counter(
            _kind(way.parameter, edition)
            for each in requests
            for way in _flat(each.parameters.values())
            if way.since is None or edition.has(way.since)
        )
        counts = (len(requests), kinds.total(), kinds["acts"], kinds["inert"], kinds["refused"])
        yield f"| {edition.name} | {' | '.join(map(str, counts))} |"


def _inert() -> Iterator[str]:
    yield "## What is inert"
    yield ""
    yield "Why a parameter could change nothing that a region has."
    yield ""

    def inert(way: _Way) -> Iterator[tuple[str, str]]:
        if way.parameter.inert:
            yield way.parameter.why, way.name

    yield from _reasons(inert)


def _refused() -> Iterator[str]:
    yield "## What is refused"
    yield ""
    yield "A value in brackets is taken: it asks for what happens anyway. Of `Name=value` that value is refused alone."
    yield ""

    def refused(way: _Way) -> Iterator[tuple[str, str]]:
        each = way.parameter
        if each.refused:
            taken = f" ({', '.join(map(str, each.harmless))})" if any(each.harmless) else ""
            yield each.refused, f"{way.name}{taken}"
        yield from ((why, f"{way.name}={value}") for value, why in each.absent.items())

    yield from _reasons(refused)
    yield ""
    yield "## Actions that are not simulated"
    yield ""
    yield "They answer `InvalidAction`, with this reason in the message."
    yield ""
    yield "| action | why |"
    yield "|---|---|"
    yield from (f"| {name} | {why} |" for (_, name), why in sorted(NOT_SIMULATED.items()))


def _reasons(of: Callable[[_Way], Iterable[tuple[str, str]]]) -> Iterator[str]:
    """A table of what there is of the parameters of each action, by reason."""
    yield "| action | parameter | why |"
    yield "|---|---|---|"
    for name, request in [each for product in VERSIONS for each in implemented(product).items()]:
        if name == request.__name__:
            by_reason: dict[str, list[str]] = {}
            for way in _flat(request.parameters.values()):
                for why, said in of(way):
                    by_reason.setdefault(why, []).append(said)
            for why, names in by_reason.items():
                yield f"| {name} | {', '.join(names)} | {why} |"


class _Way(NamedTuple):
    """A parameter, or a field of one.

    Attributes:
        name: as the wire has it.
        since: the date of the documentation that first has it and what it is in; None where all have.
    """

    name: str
    parameter: Parameter
    since: Date | None


def _flat(parameters: Iterable[Parameter], prefix: str = "", since: Date | None = None) -> Iterator[_Way]:
    """Parameters by their names on the wire, those of fields included."""
    for each in parameters:
        name = f"{prefix}{each.name}.N" if each.repeated else f"{prefix}{each.name}"
        first = max(filter(None, (each.since, since)), default=None)
        if each.fields is None:
            yield _Way(name, each, first)
        else:
            yield from _flat(dict.fromkeys(each.fields.values()), f"{name}.", first)


def _render(way: _Way, mandatory: Collection[str]) -> str:
    name, parameter, since = way
    name = f"**{name}**" if parameter.required or parameter.name in mandatory else name
    inert = parameter.inert
    remarks = [date_text(since)] if since else []
    if inert:
        at_once = inert <= (since or EDITIONS[0].date)
        until = f" before {date_text(parameter.acts)}" if parameter.acts else ""
        remarks.append(f"*inert*{until}" if at_once else f"*inert* from {date_text(inert)}")
    return f"{name} ({', '.join(remarks)})" if remarks else name
