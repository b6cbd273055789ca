"""docs/answers.md, made from the shapes of answers that request classes declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from faultzone.api.answer import CURRENT, FIRST, Field, Rows, Structure
from faultzone.api.ecs import ECS
from faultzone.api.products import VERSIONS
from faultzone.api.request import Request
from faultzone.cli.actions import implemented
from faultzone.editions import Date, date_text
from tests.quality.sources import ROOT

PAGE: Final = ROOT / "docs" / "answers.md"
HEAD: Final = """\
# Answers

What each [action](actions.md) answers. A field with a date came with that edition of the documentation, and is not in
answers of an earlier one. *Always empty* is a field that never has a value here, *missing* one that is documented and
left out here; both say why. What is *our own* no documentation has. Each answer has a `RequestId` besides. This page is
made from the code.

"""


def page() -> str:
    """The whole page."""
    parts = [HEAD + _gap(_requests(ECS))]
    nothing = []
    for product in VERSIONS:
        for name, request in _requests(product).items():
            lines = [line for field in request.answer.fields[1:] for line in _lines(field, request.since, "")]
            if lines:
                parts.append(f"## {name if product == ECS else f'{name} of {product}'}\n\n" + "".join(lines))
            else:
                nothing.append(name)
    parts.append(f"## The others\n\nNothing else is answered to {', '.join(nothing)}.\n")
    return "\n".join(parts)


def _requests(product: str) -> dict[str, type[Request]]:
    return {name: request for name, request in implemented(product).items() if name == request.__name__}


def missing(shape: Structure, way: str = "", *, within: bool = False) -> Iterator[str]:
    """The ways to the fields that are documented and not answered here."""
    for field in shape.fields:
        for name in field.names:
            left_out = within or bool(field.missing)
            if left_out:
                yield f"{way}{name}"
            if isinstance(field, Structure):
                yield from missing(field, f"{way}{name}{'[]' if isinstance(field, Rows) else ''}.", within=left_out)


def _gap(requests: dict[str, type[Request]]) -> str:
    """How many fields of which actions are missing."""
    counts = {name: len(list(missing(request.answer))) for name, request in requests.items()}
    rows = "".join(f"| [{name}](#{name.lower()}) | {count} |\n" for name, count in counts.items() if count)
    total = f"| all | {sum(counts.values())} |\n"
    date = date_text(CURRENT)
    return f"Of the fields of {date}, those that are missing:\n\n| action | fields |\n|---|---|\n{rows}{total}"


def _lines(field: Field, since: Date, indent: str) -> Iterator[str]:
    """A line for fields that have all in common, and below it those of a structure."""
    names, inner = ", ".join(f"`{name}`" for name in field.names), field
    while isinstance(inner, Structure) and not isinstance(inner, Rows) and len(inner.fields) == 1:
        (only,) = inner.fields
        if len(only.names) != 1 or only.since > inner.since or only.when or only.empty or only.missing or only.own:
            break
        names, inner = f"{names[:-1]}.{only.names[0]}`", only
    remarks = [date_text(field.since)] if field.since > max(since, FIRST) else []
    remarks += [f"when {field.when}"] if field.when else []
    remarks += [f"*always empty*: {field.empty}"] if field.empty else []
    remarks += [f"*missing*: {field.missing}"] if field.missing else []
    remarks += ["*our own*"] if field.own else []
    said = f" ({'; '.join(remarks)})" if remarks else ""
    yield f"{indent}- {names}: {inner.kind}{said}\n"
    if isinstance(inner, Structure):
        for each in inner.fields:
            yield from _lines(each, max(since, field.since), indent + "  ")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
