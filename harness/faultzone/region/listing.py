"""All items of a Describe action, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs import ECS
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.region.region import Region

#: Items of a page: as many as each listing gives, in every edition.
PAGE: Final = 50


def items(
    region: Region, action: str, wrapper: str, item: str, parameters: dict[str, object]
) -> Iterator[dict[str, Any]]:
    """The items; see `Region.describe`.

    Raises:
        UsageError: the answers to the action have no list, or several.
    """
    if not wrapper:
        wrapper, item = list_of(action)
    number, size = 1, parameters.pop("PageSize", PAGE)
    while True:
        page = _page(region, action, number, size)
        answer = region.call(action, **page, **parameters)
        shown: Sequence[dict[str, Any]] = answer[wrapper][item] if item else answer[wrapper]
        yield from shown
        if page:
            if not shown or number * answer["PageSize"] >= answer["TotalCount"]:
                return
            number += 1
        elif token := answer.get("NextToken"):
            parameters["NextToken"] = token
        else:
            return


def _page(region: Region, action: str, number: int, size: object) -> dict[str, object]:
    """The parameters of a page, for an action that has pages by number in the edition of the region."""
    from faultzone.model.core.dispatch import ACTIONS

    known = ACTIONS.get((ECS, action))
    number_of = None if known is None else known.request.parameters.get("PageNumber")
    paged = known is None or (number_of is not None and region.edition.has(number_of.since or known.request.since))
    return {"PageNumber": number, "PageSize": size} if paged else {}


def list_of(action: str) -> tuple[str, str]:
    """The field of an answer that holds a list of items, and the field in it, empty where the list stands by itself."""
    from faultzone.api.answer import Rows, Structure
    from faultzone.backends.answers import shape_of

    shape = shape_of(action)
    fields = {} if shape is None else shape.table
    found = [
        (wrapper, item)
        for wrapper, field in fields.items()
        if isinstance(field, Structure) and not isinstance(field, Rows) and not field.own
        for item, inner in field.table.items()
        if isinstance(inner, Rows)
    ]
    found = found or [(wrapper, "") for wrapper, field in fields.items() if isinstance(field, Rows)]
    if len(found) != 1:
        raise UsageError.expected("action", action, "an action that lists items, such as DescribeInstances")
    return found[0]
