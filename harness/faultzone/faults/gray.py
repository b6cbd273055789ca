"""Gray failures of the API: calls are answered, and not as they should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from faultzone.clock import Duration, milliseconds
from faultzone.errors import UsageError
from faultzone.faults.calls import RETRIED, OfCalls, see_code, see_resource
from faultzone.faults.fault import BEYOND

#: Where the documentation says that what is read may be older than what was written.
EVENTUAL: Final = (
    "https://help.aliyun.com/en/ecs/developer-reference/final-consistency-of-alibaba-cloud-ecs-openapi-resources"
)
#: Where the documentation says how many calls of an action a minute has.
THROTTLED: Final = "https://www.alibabacloud.com/help/doc-detail/437902.htm"
#: The batches of which a part may be done: those with BatchOptimization.
BATCHES: Final = ("StartInstances", "StopInstances", "RebootInstances")

_LISTINGS: Final = ("DescribeInstances", "Describe*")


def _see_page(page: int | None) -> None:
    if page is not None and page < 1:
        raise UsageError.expected_whole("page", page, 1)


@dataclass(frozen=True)
class StaleReads(OfCalls):
    """What calls see lags behind what was written, by a length of region time; its fields say which calls.

    What changed before the fault came is seen. A call that writes, where the action is of one, is refused as long as it
    names something that is not seen yet, and else carried out. To keep what was, the region is copied whenever it
    changes while the fault is in force.

    Args:
        action: the action's name, or a pattern.
        by: how long after a change it is seen.
        item: the ID of what lags, such as an instance; None for everything.
        page: only calls that ask for the page of this number, also by its token; None for any.
    """

    action: str = "Describe*"
    by: Duration = "5s"
    item: str | None = None
    page: int | None = None
    ends: ClassVar = "calls see the present state"
    documented: ClassVar = {"": EVENTUAL}
    examples: ClassVar = {"action": _LISTINGS, "by": ("1s", "5s", "1m"), "page": (None, 1, 2)}

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be; the text says what to write.
        """
        super().__post_init__()
        if milliseconds(self.by) < 1:
            raise UsageError.expected("by", self.by, "a length of time, such as '5s'")
        see_resource("item", self.item)
        _see_page(self.page)


@dataclass(frozen=True)
class PageSlip(OfCalls):
    """A page of a listing lacks an item, or has one twice; or an item is on two pages, or on none; its fields say which
    calls.

    Args:
        action: the action's name, or a pattern.
        how: `lacks` or `repeats`.
        item: the ID of the item; None for one that the seed of the region chooses.
        page: only calls that ask for the page of this number, also by its token; None for any.
        border: whether it is an item at the border of two pages: the last of a page is the first of the next one, too,
            or the first of a page is on none. Only calls for later pages than the first meet that.
    """

    action: str = "Describe*"
    how: str = "lacks"
    item: str | None = None
    page: int | None = None
    border: bool = False
    ends: ClassVar = "listings are whole"
    documented: ClassVar = {"lacks": EVENTUAL, "repeats": BEYOND}
    examples: ClassVar = {"action": _LISTINGS, "how": (*documented,), "page": (None, 2), "border": (False, True)}
    choices: ClassVar = {"how": (*documented,)}

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be; the text says what to write.
        """
        super().__post_init__()
        see_resource("item", self.item)
        _see_page(self.page)
        if self.border and self.page == 1:
            raise UsageError.expected("page", 1, "a later page, such as 2, since none is before the first")


@dataclass(frozen=True)
class PartialSuccess(OfCalls):
    """Some instances of a batch are refused, and the others are done; its fields say which calls.

    Of StartInstances, StopInstances and RebootInstances, by SuccessFirst. A batch that is all or nothing is refused,
    and nothing is done. For RunInstances with MinAmount, `SupplyShortage` does it.

    Args:
        action: the action's name, or a pattern.
        fails: how many instances are refused; the seed of the region chooses which. A smaller batch is refused whole.
        item: the ID of the one instance that is refused instead.
        code: of the refusal.
    """

    action: str = "*Instances"
    fails: int = 1
    item: str | None = None
    code: str = "InternalError"
    ends: ClassVar = "batches succeed again"
    documented: ClassVar = {"": "ECS API reference 2020-12, StartInstances, StopInstances and RebootInstances"}
    examples: ClassVar = {"action": BATCHES, "fails": (1, 2)}

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be; the text says what to write.
        """
        super().__post_init__()
        if self.fails < 1:
            raise UsageError.expected_whole("fails", self.fails, 1, unit="instances")
        see_code(self.code)
        see_resource("item", self.item)


@dataclass(frozen=True)
class ThrottlingBursts(OfCalls):
    """Of each action only so many calls pass in a minute: the rest of the minute refuses them; its fields say which
    calls.

    Each action is counted by itself, and the minutes are those of region time.

    Args:
        action: the action's name, or a pattern.
        calls: how many pass.
        every: in which time, instead of a minute.
        code: of the refusals.
    """

    action: str = "*"
    calls: int = 10
    every: Duration = "1m"
    code: str = "Throttling.User"
    ends: ClassVar = "all calls pass"
    documented: ClassVar = {"": THROTTLED}
    examples: ClassVar = {"action": ("*", *_LISTINGS), "calls": (0, 1, 10), "every": ("10s", "1m")}

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be; the text says what to write.
        """
        super().__post_init__()
        if self.calls < 0:
            raise UsageError.expected_whole("calls", self.calls, 0, unit="calls")
        if milliseconds(self.every) < 1:
            raise UsageError.expected("every", self.every, "a length of time, such as '1m'")
        see_code(self.code)


@dataclass(frozen=True)
class BrokenConnection(OfCalls):
    """The connection breaks before the client has its answer; its fields say which calls.

    A client in process has no connection: it meets `NoAnswer`.

    Args:
        action: the action's name, or a pattern.
        how: `reset` resets it, `half-closed` ends the side of the endpoint and takes what else the client sends,
            `truncated` ends it in the middle of the answer's body, `silent` keeps it open and sends nothing: then the
            client's own timeout ends the wait, in process in region time.
        after_effect: whether the action is carried out first; an answer that is truncated always was.
    """

    action: str = "*"
    how: str = "reset"
    after_effect: bool = True
    ends: ClassVar = "connections hold"
    documented: ClassVar = {"reset": RETRIED, "half-closed": RETRIED, "truncated": BEYOND, "silent": RETRIED}
    examples: ClassVar = {"action": ("*", *_LISTINGS), "how": (*documented,), "times": (1, 2)}
    choices: ClassVar = {"how": (*documented,)}

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be; the text says what to write.
        """
        super().__post_init__()
        if self.how == "truncated" and not self.after_effect:
            raise UsageError.expected(
                "after_effect", False, "True, since only a call that has an answer can lose a part"
            )
