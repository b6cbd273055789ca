"""Filters that several Describe actions have: by time, as `Filter.3.Key=ExpiredStartTime`, and by tags; and tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import ApiError
from faultzone.clock import MINUTE, read_stamp

if TYPE_CHECKING:
    from faultzone.model.core.state import RegionState

Tags = Sequence[Mapping[str, str]]

#: What time a bound is for, such as `Creation`; whether it is the first instant or the last; and the instant.
Bound = tuple[str, bool, int]


def read_instant(text: str, code: str = "InvalidParameter", **said: object) -> int:
    """The instant that a parameter names.

    Args:
        code: what is refused where it names none, and what the refusal says besides, such as its name.

    Raises:
        ApiError: it names none.
    """
    try:
        return read_stamp(text)
    except ValueError:
        raise ApiError.of(code, **said, why="write yyyy-MM-ddTHH:mm:ssZ") from None


def read_range(name: str, given: Mapping[str, str]) -> tuple[float, float]:
    """The first and the last instant of a range; each end may be left open (event/times-to-the-second).

    Raises:
        ApiError: `InvalidParameter`, or `InvalidParameter.TimeEndBeforeStart` (event/time-range-order).
    """
    ends = {end: read_instant(value, name=f"{name}.{end}") for end, value in given.items()}
    # Instants are told to the second, so the second that is named belongs to the range.
    first, last = ends.get("Start", 0), ends["End"] + 999 if "End" in ends else float("inf")
    if last < first:
        raise ApiError.of("InvalidParameter.TimeEndBeforeStart", name=name)
    return first, last


def read_bounds(given: Sequence[Mapping[str, str]], kinds: Sequence[str]) -> list[Bound]:
    """The bounds that the filters of a request set.

    Args:
        given: the filters, each with its key and its value.
        kinds: the times that the action can filter by: `Creation` stands for CreationStartTime and CreationEndTime.

    Raises:
        ApiError: `InvalidFilterKey.NotFound`: a filter has another key, or no time as its value.
    """
    known = {f"{kind}{end}Time": (kind, end == "Start") for kind in kinds for end in ("Start", "End")}
    bounds = []
    for each in given:
        key, value = each.get("Key"), each.get("Value")
        if key not in known:
            raise ApiError.of("InvalidFilterKey.NotFound", why=f"its key is one of {', '.join(known)}")
        try:
            instant = read_stamp(value or "")
        except ValueError:
            why = f"the value of {key} is a time such as 2019-03-01T08:00Z"
            raise ApiError.of("InvalidFilterKey.NotFound", why=why) from None
        bounds.append((*known[key], instant))
    return bounds


def within(bounds: Sequence[Bound], times: Mapping[str, int | None]) -> bool:
    """Whether what has these times lies within all bounds, to the minute, as times are shown. What never happens does
    not."""
    for kind, first, bound in bounds:
        instant = times[kind]
        if instant is None:
            return False
        minute = instant // MINUTE * MINUTE
        if minute < bound if first else minute > bound:
            return False
    return True


def read_asked_tags(given: Tags) -> Tags:
    """The tags that a request filters by.

    Raises:
        ApiError: `InvalidTag.Mismatch`: one has a value and no key.
    """
    if not all(each.get("Key") for each in given):
        raise ApiError("InvalidTag.Mismatch")
    return given


def has_tags(tags: Mapping[str, str], asked: Tags) -> bool:
    """Whether what has these tags has all that a request asks for; a tag without a value stands for any."""
    return all(
        each.get("Key", "") in tags and each.get("Value") in (None, "", tags[each.get("Key", "")]) for each in asked
    )


def read_tag_list(given: Tags | None) -> dict[str, str]:
    """The tags that a launch gave, by key."""
    return {each.get("Key", ""): each.get("Value", "") for each in given or ()}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the Describe actions show them."""
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


#: How many tags a resource has at most.
TAGS_MOST: Final = 20


def read_tags(
    region: RegionState,
    given: Iterable[Mapping[str, Any]],
    key_code: str = "InvalidTagKey.Malformed",
    value_code: str = "InvalidTagValue.Malformed",
    *,
    key_length: int | None = None,
) -> dict[str, str]:
    """Tags by key.

    Args:
        key_code: refuses a key.
        value_code: refuses a value.
        key_length: how many characters a key has at most, where that is fewer than the edition has.

    Raises:
        ApiError: one of these codes, or `Duplicate.TagKey`.
    """
    tags: dict[str, str] = {}
    for tag in given:
        key, value = str(tag.get("Key", "")), str(tag.get("Value", ""))
        if not region.rules.tag_key_is_valid(key) or (key_length is not None and len(key) > key_length):
            raise ApiError(key_code)
        if not region.rules.tag_value_is_valid(value):
            raise ApiError(value_code)
        if key in tags:
            raise ApiError("Duplicate.TagKey")
        tags[key] = value
    return tags
