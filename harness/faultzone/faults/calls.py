"""Which calls a fault or a schedule is about, and whose."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from faultzone.errors import UsageError, nearest
from faultzone.faults.fault import Fault
from faultzone.faults.targets import id_of, is_described

if TYPE_CHECKING:
    from typing import TypedDict

    from faultzone.faults.targets import Named

    class Aim(TypedDict, total=False):
        """Which calls a fault meets; see `OfCalls`."""

        times: int | None
        nth: int | None
        only: str | None
        about: str | Named | None
        share: float | None


ENDPOINT: Final = "endpoint"
EVERYONE: Final = "everyone"


#: Where the documentation says that a call may be refused with 500 or 503, or not be answered, and is then sent again.
RETRIED: Final = "https://www.alibabacloud.com/help/doc-detail/25693.html"


def see_code(code: str) -> None:
    """See that this can be the code of a refusal.

    Raises:
        UsageError: it is empty.
    """
    if not code.strip():
        raise UsageError.expected("code", code, "the code of a refusal, such as 'ServiceUnavailable'")


def see_resource(name: str, resource: str | None) -> None:
    """See that this can name a resource, or none.

    Args:
        name: of the field that has it.
        resource: its ID, its name or a description.

    Raises:
        UsageError: it is empty.
    """
    if resource is not None and not resource.strip():
        raise UsageError.expected(name, resource, "the ID of a resource, or a description, such as newest(instance)")


def check_only(only: object) -> None:
    """See that this says whose calls are meant.

    Raises:
        UsageError: it is no text, or empty, or is written nearly as one of the words.
    """
    words = (ENDPOINT, EVERYONE)
    allowed = "'endpoint', 'everyone', or the access key ID of a client"
    if only is None or only in words:
        return
    if not isinstance(only, str) or not only.strip():
        raise UsageError.expected("only", only, allowed)
    if near := nearest(only, words):
        raise UsageError(f"only={only!r}: {near}expected {allowed}")


@dataclass(frozen=True)
class OfCalls(Fault, base=True):
    """A fault of the API, and which calls it meets.

    It meets the code under test and not the test's own calls: by default the calls of any client, in process (`Client`,
    the fixture `ecs`) or through the endpoint.

    Args:
        action: the action's name, or a pattern such as `Describe*`.
        times: how many calls; None for all.
        nth: the first call that goes wrong, counted from the injection: 3 lets two pass; None for the first.
        only: `endpoint` for clients of the endpoint, an access key ID for those that sign with it, `everyone` for the
            calls of the test and of its handles too; None for any client.
        about: only calls that name this resource, such as an instance: its ID, or a description of an instance.
        share: of the calls that would go wrong, how many do, such as 0.5; the seed of the region chooses which. None
            for all.
    """

    action: str
    _: KW_ONLY
    times: int | None = None
    nth: int | None = None
    only: str | None = None
    about: str | None = None
    share: float | None = None
    capability: ClassVar = "break-api"
    ends: ClassVar = "calls succeed again"

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be; the text says what to write.
        """
        super().__post_init__()
        if self.times is not None and self.times < 1:
            raise UsageError.expected_whole("times", self.times, 1, unit="calls")
        if self.nth is not None and self.nth < 1:
            raise UsageError.expected_whole("nth", self.nth, 1)
        if self.share is not None and not 0 < self.share <= 1:
            raise UsageError.expected("share", self.share, "more than 0 and at most 1, such as 0.5")
        check_only(self.only)
        see_resource("about", self.about)


@dataclass(frozen=True)
class Call:
    """A call of the API, once it was carried out or has gone wrong.

    Args:
        action: its name, or a pattern such as `Describe*`.
        nth: which of them, counted from the beginning of the schedule.
        only: whose calls; see `ApiFailure`.
        about: only calls that name this resource, by its handle or its ID.
    """

    action: str
    nth: int = 1
    only: str | None = None
    about: str | None = None

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be.
        """
        if self.about is not None:
            object.__setattr__(self, "about", id_of(self.about, "about"))
            see_resource("about", self.about)
            if is_described(self.about):
                raise UsageError.expected("about", self.about, "an ID; only the fields of a fault take a description")
        action: object = self.action
        if not isinstance(action, str) or not action:
            raise UsageError.expected("action", action, "the name of an action, such as 'RunInstances'")
        if type(self.nth) is not int or self.nth < 1:
            raise UsageError.expected_whole("nth", self.nth, 1)
        check_only(self.only)

    def told(self) -> dict[str, Any]:
        """It as JSON."""
        return without_none(call=self.action, nth=self.nth if self.nth > 1 else None, only=self.only, about=self.about)


def without_none(**fields: object) -> dict[str, Any]:
    """The fields that have a value, as JSON has them."""
    return {name: value for name, value in fields.items() if value is not None}
