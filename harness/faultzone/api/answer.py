"""Shapes of answers: which fields the answer to an action has, declared once, in the class of its requests.

    class DescribeInstanceStatus(Request):
        answer = Answer(*PAGES, items("InstanceStatuses", "InstanceStatus", Text("InstanceId", "Status")))

stands for answers such as::

    {"RequestId": "…", "TotalCount": 1, "PageNumber": 1, "PageSize": 10,
     "InstanceStatuses": {"InstanceStatus": [{"InstanceId": "i-1", "Status": "Running"}]}}

What checks answers and what writes docs/answers.md read these declarations.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

from faultzone.editions.edition import Date

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    class Said(TypedDict, total=False):
        """What is said of fields; see `Field`."""

        since: Date
        when: str
        empty: str
        missing: str
        own: bool


#: The date of the first edition: what does not say when it came was always there.
FIRST: Final[Date] = (2019, 2)
#: The date of the documentation that has all fields of today.
CURRENT: Final[Date] = (2026, 10)


class Field:
    """Fields of one kind that have the rest in common too.

    Args:
        names: as the wire has them.
        since: the date of the documentation that first has them.
        when: under which condition they are there; always, when left out.
        empty: why they never have a value here.
        missing: why they are not answered here.
        own: whether no documentation has them; another region may leave them out.
    """

    #: What a value is, for a message.
    kind: ClassVar[str]

    # What is not said stays on the class: many are made whenever requests are imported.
    since: Date = FIRST
    when = ""
    empty = ""
    missing = ""
    own = False

    def __init__(self, *names: str, **said: Unpack[Said]) -> None:
        self.names = names
        if said:
            self.__dict__.update(said)


class Text(Field):
    """Texts."""

    kind = "text"


class Time(Field):
    """Times of UTC as ISO 8601 has them, or empty texts."""

    kind = "a time such as 2019-03-01T00:00:00Z"


class SpacedTime(Field):
    """Times that may have a space in place of the T."""

    kind = "a time such as 2019-03-01 00:00:00"


class Number(Field):
    """Numbers, whole or not."""

    kind = "a number"


class Truth(Field):
    """Truth values."""

    kind = "true or false"


class Texts(Field):
    """A list of texts."""

    kind = "a list of texts"


class Numbers(Field):
    """A list of numbers."""

    kind = "a list of numbers"


class Structure(Field):
    """A structure, with fields of its own."""

    kind = "an object"

    def __init__(self, name: str, *fields: Field, **said: Unpack[Said]) -> None:
        self.names, self.fields = (name,), fields
        if said:
            self.__dict__.update(said)

    @cached_property
    def table(self) -> dict[str, Field]:
        """Its fields by name."""
        return {name: field for field in self.fields for name in field.names}


class Rows(Structure):
    """A list of structures."""

    kind = "a list of objects"


class Answer(Structure):
    """All of an answer. Every one has the number of its request."""

    def __init__(self, *fields: Field) -> None:
        super().__init__("", _REQUEST, *fields)


_REQUEST: Final = Text("RequestId")


def items(name: str, item: str, *fields: Field, **said: Unpack[Said]) -> Structure:
    """A list in the structure that the wire has round it, such as `{"Tags": {"Tag": [{…}]}}`; of texts, where no field
    of an item is given."""
    return Structure(name, Rows(item, *fields) if fields else Texts(item), **said)


def tag_items(**said: Unpack[Said]) -> Structure:
    """The tags of a resource."""
    return items("Tags", "Tag", Text("TagKey", "TagValue"), **said)


#: A page by number.
PAGES: Final = (Number("TotalCount", "PageNumber", "PageSize"),)


def pages_or_tokens(since: Date) -> tuple[Field, ...]:
    """A page, which is asked for by token too from an edition on."""
    return (
        Number("TotalCount"),
        Number("PageNumber", "PageSize", when="the page was asked for by number"),
        Text("NextToken", since=since, when="the page was asked for by token"),
    )


#: A page, which later editions have by token too.
PAGES_OR_TOKENS: Final = pages_or_tokens((2020, 12))
#: The token of what is paged by number alone here.
TOKEN: Final = Text("NextToken", since=CURRENT, missing="pages are asked for by number alone")
