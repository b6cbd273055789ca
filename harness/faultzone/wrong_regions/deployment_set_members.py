"""Wrong regions of the chapter on deployment sets: their members, and where these are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from faultzone.backends import Backend
from faultzone.ecs.errors import ApiError
from faultzone.model.core.catalog import InstanceType
from faultzone.model.core.placement import Host
from faultzone.model.core.state import RUNNING, STOPPED, DeploymentSet, Instance
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.wrappers import ignores, retries_without, swallows, without

T = TypeVar("T")

for _name, _clause, _says, _key, _value in (
    ("eight-in-a-zone", "zone-limit", "lets a set have eight members in a zone", "zone_limit", 8),
    ("six-in-a-zone", "zone-limit", "lets a set have six members in a zone", "zone_limit", 6),
):
    declare(_name, f"deployment-set/{_clause}", _says, {f"deployment_set.{_key}": _value})

declare("numbers-from-000", "deployment-set/ordered-suffix", "numbers a batch from 000", {"instance.suffix_first": 0})

for _name, _clause, _says, _form in (
    (
        "start-seems-done",
        "no-room-start",
        "answers a start without supply with success",
        swallows("StartInstance", "OperationDenied.NoStock"),
    ),
    (
        "set-beats-dedicated-host",
        "no-dedicated-host",
        "ignores the dedicated host of a launch into a set",
        ignores("RunInstances", "DedicatedHostId"),
    ),
    ("launches-past-the-set", "run-in-set", "ignores the set of a launch", ignores("RunInstances", "DeploymentSetId")),
    (
        "launches-without-unknown-set",
        "unknown-set",
        "launches without a set where the set is unknown",
        retries_without("RunInstances", "DeploymentSet.NotFound", "DeploymentSetId"),
    ),
    (
        "launches-without-far-set",
        "same-region",
        "launches without a set where the set is of another region",
        retries_without("RunInstances", "DeploymentSet.NotFound", "DeploymentSetId"),
    ),
    (
        "joins-far-set",
        "same-region",
        "answers joining a set of another region with success",
        swallows("ModifyInstanceDeployment", "DeploymentSet.InvalidId"),
    ),
    (
        "other-families-without-set",
        "families",
        "launches another family without the set",
        retries_without("RunInstances", "InvalidInstanceType.NotSupported", "DeploymentSetId"),
    ),
    ("numbers-nothing", "ordered-suffix", "ignores UniqueSuffix", ignores("RunInstances", "UniqueSuffix")),
    (
        "long-names-without-suffix",
        "suffix-needs-room",
        "leaves out the suffix of a name that is too long",
        retries_without("RunInstances", "InvalidParams.InstanceNameExceed", "UniqueSuffix"),
    ),
    (
        "creates-outside",
        "create-in-set",
        "ignores the set at CreateInstance",
        ignores("CreateInstance", "DeploymentSetId"),
    ),
    (
        "creates-beside-a-full-set",
        "create-in-set",
        "creates an instance without the set that is full",
        retries_without("CreateInstance", "QuotaExceed.DeploymentSetInstanceQuotaFull", "DeploymentSetId"),
    ),
    (
        "long-host-names-without-suffix",
        "suffix-needs-room",
        "leaves out the suffix of a host name that is too long",
        retries_without("RunInstances", "InvalidParams.HostnameExceed", "UniqueSuffix"),
    ),
    (
        "templates-without-set",
        "launch-template",
        "forgets the set of a launch template",
        ignores("CreateLaunchTemplate", "DeploymentSetId"),
    ),
):
    wrong(_name, f"deployment-set/{_clause}", _says)(_form)


@wrong("shares-when-full", "deployment-set/no-room-create", "lets a member share a host rather than refuse it")
@wrong("members-share-hosts", "deployment-set/strict-spread", "lets members of a set share a host")
class MembersShareHosts(Rules):
    """They spread as far as other instances do."""

    def hosts_to_avoid(self, others: Iterable[Host], member: Instance | None = None) -> Collection[int]:
        """None."""
        return ()


@wrong("starts-beside-another", "deployment-set/no-room-start", "starts a member beside another rather than refuse it")
@wrong("starts-anywhere", "deployment-set/strict-spread", "forgets the spread when a member starts anew")
class StartsAnywhere(Rules):
    """The spread is a matter of creation and moves."""

    def hosts_to_avoid(self, others: Iterable[Host], member: Instance | None = None) -> Collection[int]:
        """None for a member that is stopped."""
        return () if member is not None and member.status == STOPPED else super().hosts_to_avoid(others)


@wrong("migrates-anywhere", "deployment-set/strict-spread", "forgets the spread when a member is live-migrated")
class MigratesAnywhere(Rules):
    """The spread is the control plane's concern, not the migration's."""

    def hosts_to_avoid(self, others: Iterable[Host], member: Instance | None = None) -> Collection[int]:
        """None for a member that runs."""
        migrated = member is not None and member.status == RUNNING and member.group is not None
        return () if migrated else super().hosts_to_avoid(others)


@wrong("joins-anywhere", "deployment-set/strict-spread", "forgets the spread when an instance joins")
class JoinsAnywhere(Rules):
    """What has a host needs no other."""

    def hosts_to_avoid(self, others: Iterable[Host], member: Instance | None = None) -> Collection[int]:
        """None for an instance that is not a member yet."""
        return () if member is not None and member.group is None else super().hosts_to_avoid(others)


@wrong("packs-hosts", "deployment-set/best-effort-default", "fills one host after the other")
class PacksHosts(Rules):
    """As few hosts as possible."""

    def preference(self, levels: Sequence[T]) -> Iterable[T]:
        """Those with the most instances first."""
        return reversed(levels)


@wrong("spreads-everybody", "deployment-set/best-effort-never-refused", "gives every instance a host of its own")
class SpreadsEverybody(Rules):
    """An instance without a set is treated like a member."""

    def preference(self, levels: Sequence[T]) -> Iterable[T]:
        """Empty hosts alone."""
        return levels[:1]


@wrong("half-a-batch", "deployment-set/no-room-create", "leaves those of a refused batch that found room")
class HalfABatch(Wrapper):
    """Instances are made one by one until supply ends."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Make what there is room for, and refuse the batch."""
        try:
            return super().call(action, parameters, account=account)
        except ApiError as refusal:
            if action == "RunInstances" and refusal.code == "OperationDenied.NoStock":
                super().call(action, {**parameters, "MinAmount": 1}, account=account)
            raise


@wrong("shortage-lasts", "deployment-set/no-room-create", "refuses for ever what it has refused for lack of supply")
class ShortageLasts(Wrapper):
    """The first refusal is remembered."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._refused: list[Parameters] = []

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Refuse what was refused before."""
        if parameters in self._refused:
            raise ApiError("OperationDenied.NoStock")
        try:
            return super().call(action, parameters, account=account)
        except ApiError as refusal:
            if action == "RunInstances" and refusal.code == "OperationDenied.NoStock":
                self._refused.append(parameters)
            raise


@wrong("releases-what-cannot-start", "deployment-set/no-room-start", "releases a member that finds no supply")
class ReleasesWhatCannotStart(Wrapper):
    """A failed start is cleaned up."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Refuse, and release."""
        try:
            return super().call(action, parameters, account=account)
        except ApiError as refusal:
            if action == "StartInstance" and refusal.code == "OperationDenied.NoStock":
                super().call("DeleteInstance", {"InstanceId": parameters["InstanceId"]}, account=account)
            raise


@wrong("stopped-members-do-not-count", "deployment-set/membership-while-stopped", "counts running members alone")
class StoppedMembersDoNotCount(Rules):
    """Who holds no host takes no place."""

    def members_in_zone(self, group: DeploymentSet, zone: int) -> int:
        """Those that are not stopped."""
        return sum(member.zone == zone and member.status != STOPPED for member in group.members.values())


@wrong("stopped-sets-go", "deployment-set/membership-while-stopped", "deletes a set whose members are all stopped")
class StoppedSetsGo(Rules):
    """Nobody is at home."""

    def set_is_deletable(self, group: DeploymentSet) -> bool:
        """Unless somebody runs."""
        return all(member.status == STOPPED for member in group.members.values())


@wrong("stopped-members-are-hidden", "deployment-set/membership-while-stopped", "does not list stopped members")
class StoppedMembersAreHidden(Wrapper):
    """A stop ends the membership for those who look."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Without what is Stopped."""
        if action == "DescribeDeploymentSets":
            asked = {"RegionId": parameters["RegionId"], "Status": "Stopped", "PageSize": 100}
            stopped = {each["InstanceId"] for each in self.ask("DescribeInstances", asked)["Instances"]["Instance"]}
            for each in answer["DeploymentSets"]["DeploymentSet"]:
                members = each["InstanceIds"]["InstanceId"]
                each["InstanceIds"] = {"InstanceId": [one for one in members if one not in stopped]}
        return answer


@wrong("spot-in-sets", "deployment-set/no-spot", "lets a set have spot instances")
class SpotInSets(Rules):
    """A price is no matter of placement."""

    def spot_in_set(self) -> bool:
        """Yes."""
        return True


@wrong(
    "sets-on-dedicated-hosts", "deployment-set/no-dedicated-host", "looks for the dedicated host of a launch into a set"
)
class SetsOnDedicatedHosts(Rules):
    """Both may be named."""

    def set_on_dedicated_host(self) -> bool:
        """Yes."""
        return True


@wrong("fills-up-the-zone", "deployment-set/zone-limit", "makes as many of a batch as the set has room for")
class FillsUpTheZone(Wrapper):
    """The rest is left out in silence."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """One fewer, and again."""
        try:
            return super().call(action, parameters, account=account)
        except ApiError as refusal:
            amount = int(str(parameters.get("Amount", 1)))
            if refusal.code != "QuotaExceed.DeploymentSetInstanceQuotaFull" or amount == 1:
                raise
            return self.call(action, {**without(parameters, "MinAmount"), "Amount": amount - 1}, account=account)


@wrong("seven-in-a-region", "deployment-set/region-limit", "lets a set have seven members in all zones together")
class SevenInARegion(Rules):
    """The limit of a zone is that of the region."""

    def region_limit(self, zones: int) -> int:
        """As if there were one zone."""
        return self.zone_limit()


@wrong("counts-batches-alone", "deployment-set/run-in-set", "does not count the members that are there already")
class CountsBatchesAlone(Rules):
    """Each request is looked at by itself."""

    def members_in_zone(self, group: DeploymentSet, zone: int) -> int:
        """None."""
        return 0


@wrong("sets-of-any-family", "deployment-set/families", "lets a set have instances of every family")
class SetsOfAnyFamily(Rules):
    """A host is a host."""

    def family_in_set(self, kind: InstanceType) -> bool:
        """Yes."""
        return True


@wrong("sets-without-older-families", "deployment-set/families", "refuses the families of the generation before")
class SetsWithoutOlderFamilies(Rules):
    """Of the twelve, those that end in 5."""

    def family_in_set(self, kind: InstanceType) -> bool:
        """None of se1ne, sn1ne and sn2ne."""
        return super().family_in_set(kind) and kind.family.endswith("5")


@wrong("numbers-without-zeros", "deployment-set/ordered-suffix", "numbers a batch 1, 2, 3")
class NumbersWithoutZeros(Rules):
    """As numbers are written."""

    def suffix(self, number: int) -> str:
        """Not filled up with zeros."""
        return str(number + 1)
