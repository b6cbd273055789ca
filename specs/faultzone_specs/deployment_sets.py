"""What the tests of deployment sets share: refusals of any code, what sets list, and hosts that tempt placement.

An account has two sets in a region at most, so the tests take it that it comes with none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from faultzone import ApiError, DeploymentSet, Instance, Region

SMALL = "ecs.g5.large"
#: A type of a family that sets of every strategy may hold today.
MODERN = "ecs.g7.large"
#: What is answered to an action that does not exist: no refusal of what was asked for.
UNKNOWN_ACTION = frozenset({"InvalidAction", "InvalidAction.NotFound", "InvalidApi.NotFound"})
NO_SUCH_SET = "ds-nosuchset00000000000"
FULL = "QuotaExceed.DeploymentSetInstanceQuotaFull"


def limits(seven: str, twenty: str) -> pytest.MarkDecorator:
    """How many members a zone takes, as a test's argument `limit`.

    Args:
        seven: the clause of the editions in which it takes so many. A test says the clauses in its own file: the plugin
            does not gather a file that has none of those asked for.
        twenty: that of today.
    """
    return pytest.mark.parametrize(
        "limit",
        [
            pytest.param(7, marks=pytest.mark.clause(seven)),
            pytest.param(
                20,
                marks=(
                    pytest.mark.clause(twenty),
                    pytest.mark.needs("shape-region"),
                    pytest.mark.region(hosts_per_zone=21),
                ),
            ),
        ],
    )


def attempt(call: Callable[[], object]) -> ApiError | None:
    """The refusal of `call`, or None where it is answered: for what may be either."""
    try:
        call()
    except ApiError as refusal:
        return refusal
    return None


def refused(call: Callable[[], object]) -> ApiError:
    """`call` is refused, with whatever code: for rules whose code is not documented."""
    refusal = attempt(call)
    assert refusal is not None, "not refused"
    if refusal.code in UNKNOWN_ACTION:
        raise refusal
    assert refusal.status < 500, f"a failure of the service is no refusal: {refusal}"
    return refusal


def nothing_made(region: Region, call: Callable[[], object]) -> ApiError:
    """`call` is refused, with whatever code, and leaves no instance behind."""
    before = region.instances
    refusal = refused(call)
    assert region.instances == before, f"refused with {refusal.code}, yet something was made"
    return refusal


def listing(region: Region, **parameters: object) -> list[dict[str, Any]]:
    """One page of DescribeDeploymentSets."""
    sets: list[dict[str, Any]] = region.call("DescribeDeploymentSets", **parameters)["DeploymentSets"]["DeploymentSet"]
    return sets


def listed(region: Region, **parameters: object) -> list[str]:
    """The ids on one page of DescribeDeploymentSets, sorted."""
    return sorted(each["DeploymentSetId"] for each in listing(region, **parameters))


def assert_members(deployment_set: DeploymentSet, members: Sequence[Instance]) -> None:
    """The set lists these instances, each once, and no others."""
    assert sorted(each.id for each in deployment_set.members) == sorted(each.id for each in members)


def assert_joined(deployment_set: DeploymentSet, member: Instance) -> None:
    """Both the set and the instance say that they belong together."""
    assert member in deployment_set.members
    assert member.describe()["DeploymentSetId"] == deployment_set.id


def full_zone(region: Region, deployment_set: DeploymentSet, limit: int = 7) -> tuple[list[Instance], str]:
    """Fill the set up to the limit of one zone: its members, and the zone."""
    members = region.run_instances(1, deployment_set=deployment_set, public_ip=False)
    zone = members[0].zone
    members += region.run_instances(limit - 1, deployment_set=deployment_set, zone=zone, public_ip=False)
    return members, zone


def crowd(region: Region, *, but: str) -> None:
    """Let every other host of a region with one zone carry more of the account's instances than the host `but`.

    It then tempts a placement that only spreads as well as it can.
    """
    plain = region.run_instances(2 * len(region.hosts), public_ip=False)
    for each in plain:
        if each.host == but:
            each.delete()


def neighbour(region: Region, member: Instance) -> Instance:
    """An instance without a set on the host of `member`, in a region with one zone."""
    for each in region.run_instances(2 * len(region.hosts), public_ip=False):
        if each.host == member.host:
            return each
    raise AssertionError(f"instances are not spread: none of them came to {member.host}")


def lose_host_of(region: Region, instance: Instance) -> None:
    """Crash the host of an instance for good, and wait until the instance is recovered."""
    region.chaos.crash(str(instance.host), reversible=False)
    region.wait_for_event("SystemFailure.Reboot", instance=instance, state="Executed", within="2h")
