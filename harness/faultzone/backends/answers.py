"""The answer of an endpoint as a test reads it: what it lacks, or has in another shape than is documented, is the
endpoint's fault and not the harness's."""

from __future__ import annotations

from typing import Any, SupportsIndex

from faultzone.errors import IncompleteAnswer


def documented(value: object) -> Any:
    """A decoded answer whose fields, read by name, are there in their shape or raise `IncompleteAnswer`.

    A null is as good as nothing. What is read of a number or a truth value cannot be told apart.
    """
    if isinstance(value, dict):
        return _Object((_Text(name), documented(inner)) for name, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return _List(map(documented, value))
    return _Text(value) if isinstance(value, str) else value


class _Object(dict[str, Any]):
    """What has fields."""

    def __missing__(self, field: object) -> Any:
        raise IncompleteAnswer(f"there is no {field!r} in the answer, where it has {sorted(self)}")


class _List(list[Any]):
    """What has items, and no fields."""

    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        if isinstance(place, str):
            raise IncompleteAnswer(f"there is no {place!r} in the answer, where it has a list of {len(self)}")
        try:
            return super().__getitem__(place)
        except IndexError:
            raise IncompleteAnswer(f"there is no item {place} in the answer, where it has {len(self)}") from None


class _Text(str):
    """What has no fields; the name of a field is one too, since who iterates over an object in a list's place gets
    that."""

    __slots__ = ()

    def __getitem__(self, place: SupportsIndex | slice) -> str:
        if isinstance(place, str):
            raise IncompleteAnswer(f"there is no {place!r} in the answer, where it has {str(self)!r}")
        return super().__getitem__(place)
