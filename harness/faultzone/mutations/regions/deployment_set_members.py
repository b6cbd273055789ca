"""Wrong regions of the chapter on deployment sets: their members, and where these are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from faultzone.api.errors import ApiError
from faultzone.backends import Backend
from faultzone.model.core.hosts import Host
from faultzone.model.core.state import RUNNING, STOPPED, Instance
from faultzone.model.rules import Rules
from faultzone.mutations.described import written
from faultzone.mutations.library import (
    Answer,
    Next,
    Parameters,
    Test,
    after_refusal,
    drop,
    request,
    retry,
    swallow,
)
from faultzone.mutations.row import Rule, always, row
from faultzone.mutations.wrapper import Wrapper


@written
def no_host_for(test: Test) -> Rule:
    """No host to avoid for a member that passes the test."""

    def rule(right: Rules, others: Iterable[Host], member: Instance | None = None) -> Collection[int]:
        return () if member is not None and test(member) else right.hosts_to_avoid(others, member)

    return rule


def launch_fewer(on: Next, given: Parameters) -> None:
    """Make what there is room for."""
    on("RunInstances", {**given, "MinAmount": 1})


def release(on: Next, given: Parameters) -> None:
    """Release the instance."""
    on("DeleteInstance", {"InstanceId": given["InstanceId"]})


class ShortageLasts(Wrapper):
    """Remembers what it has refused for lack of supply."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._refused: list[Parameters] = []

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        if parameters in self._refused:
            raise ApiError(SHORT)
        try:
            return super().called(action, parameters, account)
        except ApiError as refusal:
            if action == "RunInstances" and refusal.code == SHORT:
                self._refused.append(parameters)
            raise


class StoppedMembersAreHidden(Wrapper):
    """Lists the members of a set that are not Stopped."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        if action == "DescribeDeploymentSets":
            asked = {"RegionId": parameters["RegionId"], "Status": "Stopped", "PageSize": 100}
            stopped = {each["InstanceId"] for each in self.ask("DescribeInstances", asked)["Instances"]["Instance"]}
            for each in answer["DeploymentSets"]["DeploymentSet"]:
                members = each["InstanceIds"]["InstanceId"]
                each["InstanceIds"] = {"InstanceId": [one for one in members if one not in stopped]}
        return answer


class FillsUpTheZone(Wrapper):
    """Makes one fewer until the set has room."""

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        try:
            return super().called(action, parameters, account)
        except ApiError as refusal:
            amount = int(str(parameters.get("Amount", 1)))
            if refusal.code != "QuotaExceed.DeploymentSetInstanceQuotaFull" or amount == 1:
                raise
            fewer = drop("MinAmount")({**parameters, "Amount": amount - 1})
            return self.called(action, fewer, account)


SHORT: Final = "OperationDenied.NoStock"

REGIONS: Final = (
    row("eight-in-a-zone", "deployment-set/zone-limit", "lets a set have eight members in a zone",
        values={"deployment_set.zone_limit": 8}),
    row("six-in-a-zone", "deployment-set/zone-limit", "lets a set have six members in a zone",
        values={"deployment_set.zone_limit": 6}),
    row("numbers-from-000", "deployment-set/ordered-suffix", "numbers a batch from 000",
        values={"instance.suffix_first": 0}),
    row("start-seems-done", "deployment-set/no-room-start", "answers a start without supply with success",
        swallow("StartInstance", SHORT)),
    row("set-beats-dedicated-host", "deployment-set/no-dedicated-host",
        "ignores the dedicated host of a launch into a set", request("RunInstances", drop("DedicatedHostId"))),
    row("launches-past-the-set", "deployment-set/run-in-set", "ignores the set of a launch",
        request("RunInstances", drop("DeploymentSetId"))),
    row("launches-without-unknown-set", "deployment-set/unknown-set",
        "launches without a set where the set is unknown",
        retry("RunInstances", "DeploymentSet.NotFound", drop("DeploymentSetId"))),
    row("launches-without-far-set", "deployment-set/same-region",
        "launches without a set where the set is of another region",
        retry("RunInstances", "DeploymentSet.NotFound", drop("DeploymentSetId"))),
    row("joins-far-set", "deployment-set/same-region", "answers joining a set of another region with success",
        swallow("ModifyInstanceDeployment", "DeploymentSet.InvalidId")),
    row("other-families-without-set", "deployment-set/families", "launches another family without the set",
        retry("RunInstances", "InvalidInstanceType.NotSupported", drop("DeploymentSetId"))),
    row("numbers-nothing", "deployment-set/ordered-suffix", "ignores UniqueSuffix",
        request("RunInstances", drop("UniqueSuffix"))),
    row("long-names-without-suffix", "deployment-set/suffix-needs-room",
        "leaves out the suffix of a name that is too long",
        retry("RunInstances", "InvalidParams.InstanceNameExceed", drop("UniqueSuffix"))),
    row("creates-outside", "deployment-set/create-in-set", "ignores the set at CreateInstance",
        request("CreateInstance", drop("DeploymentSetId"))),
    row("creates-beside-a-full-set", "deployment-set/create-in-set",
        "creates an instance without the set that is full",
        retry("CreateInstance", "QuotaExceed.DeploymentSetInstanceQuotaFull", drop("DeploymentSetId"))),
    row("long-host-names-without-suffix", "deployment-set/suffix-needs-room",
        "leaves out the suffix of a host name that is too long",
        retry("RunInstances", "InvalidParams.HostnameExceed", drop("UniqueSuffix"))),
    row("templates-without-set", "deployment-set/launch-template", "forgets the set of a launch template",
        request("CreateLaunchTemplate", drop("DeploymentSetId"))),

    # The spread
    row("members-share-hosts", "deployment-set/strict-spread", "lets members of a set share a host",
        hosts_to_avoid=always(())),
    row("shares-when-full", "deployment-set/no-room-create", "lets a member share a host rather than refuse it",
        hosts_to_avoid=always(())),
    row("starts-anywhere", "deployment-set/strict-spread", "forgets the spread when a member starts anew",
        hosts_to_avoid=no_host_for(lambda member: member.status == STOPPED)),
    row("starts-beside-another", "deployment-set/no-room-start",
        "starts a member beside another rather than refuse it",
        hosts_to_avoid=no_host_for(lambda member: member.status == STOPPED)),
    row("migrates-anywhere", "deployment-set/strict-spread", "forgets the spread when a member is live-migrated",
        hosts_to_avoid=no_host_for(lambda member: member.status == RUNNING and member.group is not None)),
    row("joins-anywhere", "deployment-set/strict-spread", "forgets the spread when an instance joins",
        hosts_to_avoid=no_host_for(lambda member: member.group is None)),
    row("packs-hosts", "deployment-set/best-effort-default", "fills one host after the other",
        preference=lambda right, levels: reversed(levels)),
    row("spreads-everybody", "deployment-set/best-effort-never-refused", "gives every instance a host of its own",
        preference=lambda right, levels: levels[:1]),

    # Supply and limits
    row("half-a-batch", "deployment-set/no-room-create", "leaves those of a refused batch that found room",
        after_refusal("RunInstances", SHORT, launch_fewer)),
    row("shortage-lasts", "deployment-set/no-room-create", "refuses for ever what it has refused for lack of supply",
        wrap=ShortageLasts),
    row("releases-what-cannot-start", "deployment-set/no-room-start", "releases a member that finds no supply",
        after_refusal("StartInstance", SHORT, release)),
    row("stopped-members-do-not-count", "deployment-set/membership-while-stopped", "counts running members alone",
        members_in_zone=lambda right, group, zone: sum(
            member.zone == zone and member.status != STOPPED for member in group.members.values())),
    row("stopped-sets-go", "deployment-set/membership-while-stopped", "deletes a set whose members are all stopped",
        set_is_deletable=lambda right, group: all(member.status == STOPPED for member in group.members.values())),
    row("stopped-members-are-hidden", "deployment-set/membership-while-stopped", "does not list stopped members",
        wrap=StoppedMembersAreHidden),
    row("spot-in-sets", "deployment-set/no-spot", "lets a set have spot instances", spot_in_set=always(True)),
    row("sets-on-dedicated-hosts", "deployment-set/no-dedicated-host",
        "looks for the dedicated host of a launch into a set", set_on_dedicated_host=always(True)),
    row("fills-up-the-zone", "deployment-set/zone-limit", "makes as many of a batch as the set has room for",
        wrap=FillsUpTheZone),
    row("seven-in-a-region", "deployment-set/region-limit", "lets a set have seven members in all zones together",
        region_limit=lambda right, zones: right.zone_limit()),
    row("counts-batches-alone", "deployment-set/run-in-set", "does not count the members that are there already",
        members_in_zone=always(0)),
    row("sets-of-any-family", "deployment-set/families", "lets a set have instances of every family",
        family_in_set=always(True)),
    row("sets-without-older-families", "deployment-set/families", "refuses the families of the generation before",
        family_in_set=lambda right, kind, strategy: (
            right.family_in_set(kind, strategy) and kind.family.endswith("5"))),
    row("numbers-without-zeros", "deployment-set/ordered-suffix", "numbers a batch 1, 2, 3",
        suffix=lambda right, number: str(number + 1)),
)  # fmt: skip
