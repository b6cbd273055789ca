"""What several chapters of the suite observe, through the public API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, assert_refused

#: For a test of what a later edition promises otherwise: it has a region of this one, whatever the run's own edition.
AS_OF_2019 = pytest.mark.region(edition="2019-02")

#: Attributes of an instance that its life changes; all others are part of what it is.
_CHANGING = frozenset({"Status", "StoppedMode", "StartTime", "OperationLocks", "PublicIpAddress"})


def path(instance: Instance, until: str) -> list[str]:
    """The states that an instance is seen in until it is in this one."""
    seen: list[str] = []

    def arrived() -> bool:
        status = instance.status
        if seen[-1:] != [status]:
            seen.append(status)
        return status == until

    instance.region.wait(arrived, "10m", what=f"{instance.id} {until}")
    return seen


def assert_path(region: Region, seen: Sequence[str], *expected: str) -> None:
    """These states were passed through; where time goes on by itself, one that is passed quickly may go unseen."""
    if region.supports("move-time") and region.clock.kind == "virtual":
        assert list(seen) == list(expected)
    else:
        assert seen[-1] == expected[-1]
        assert list(seen) == [each for each in expected if each in seen]


def metadata(instance: Instance) -> dict[str, Any]:
    """All that an instance shows of itself besides its state and its public address."""
    return {name: value for name, value in instance.describe().items() if name not in _CHANGING}


def listed(region: Region, own: Sequence[Instance], **filters: object) -> set[str]:
    """Which of `own` DescribeInstances lists with these filters."""
    ids = [each.id for each in own]
    answer = region.call("DescribeInstances", **{"InstanceIds": json.dumps(ids), "PageSize": 100, **filters})
    return {each["InstanceId"] for each in answer["Instances"]["Instance"]} & set(ids)


def refusal_of(call: Callable[[], object]) -> ApiError | None:
    """The refusal of a call; None where it is answered."""
    try:
        call()
    except ApiError as refusal:
        return refusal
    return None


def refused_unchanged(instance: Instance, action: str, code: str | Sequence[str], **parameters: object) -> None:
    """The action is refused with this code, and the instance is as before."""
    before = instance.describe()
    assert_refused(code, lambda: instance.region.call(action, InstanceId=instance.id, **parameters))
    assert instance.describe() == before, f"{action} was refused and yet changed something"


def fresh_token(region: Region) -> str:
    """A client token that nobody has used: the id of a request."""
    return str(region.call("DescribeInstances", PageSize=1)["RequestId"])


@contextmanager
def stops_without_charge(region: Region) -> Iterator[None]:
    """The switch of the account for stops without charge is on meanwhile."""
    region.control("account-settings", stop_without_charge=True)
    try:
        yield
    finally:
        region.control("account-settings", stop_without_charge=False)
