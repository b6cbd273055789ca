"""What any action makes is deleted again, also while it is used or not ready yet: every listing is as it was."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pytest

from faultzone import ApiError, Region, make_region
from faultzone.api.ecs import ECS
from faultzone.api.products import CMS, STS, VERSIONS, VPC
from faultzone.cli.actions import implemented

#: How the actions begin that may make something, and those that make nothing.
MAKING: Final = tuple(
    "Add Allocate Assign Associate Assume Attach Authorize Copy Create Import Install Invoke Join Put Run Send "
    "Tag".split()
)
MAKING_NOTHING: Final = tuple(
    "Accept Cancel Delete Deregister Detach Disable Enable Get Leave Modify Move ReActivate Reactivate Reboot Redeploy "
    "Release Remove Renew Report Resize Revoke Start Stop UnTag Unassign Unassociate Untag".split()
)
#: What was, which nobody can delete.
HISTORIES: Final = frozenset(
    {
        (ECS, "DescribeInstanceHistoryEvents"),
        (ECS, "DescribeInvocationResults"),
        (ECS, "DescribeInvocations"),
        (ECS, "DescribeSendFileResults"),
        (CMS, "DescribeSystemEventAttribute"),
    }
)
THERE: Final = "cn-beijing"
COMMAND: Final = {"Type": "RunShellScript", "CommandContent": "true", "ContentEncoding": "PlainText"}
PORT: Final = {"IpProtocol": "tcp", "PortRange": "80/80"}
TAGS: Final = [{"Key": "team", "Value": "web"}]
LAUNCH: Final = {"ImageId": "<image>", "InstanceType": "<type>", "VSwitchId": "<switch>", "SecurityGroupId": "<group>"}
_KEY: Final = b"".join(len(each).to_bytes(4, "big") + each for each in (b"ssh-rsa", b"\1\0\1", b"\0" + b"\xc5" * 256))


class Step(NamedTuple):
    """One call.

    Args:
        action: its name.
        given: its parameters; `<word>` is what an earlier step has kept under this word.
        product: whose action it is.
        keep: the word under which an id of the answer is kept, and the field of the answer that has it.
        wait: whether what it makes is waited for.
    """

    action: str
    given: Mapping[str, Any]
    product: str = ECS
    keep: tuple[str, str] | None = None
    wait: bool = False


#: Calls of all actions that may make something: what is used is made before what uses it.
STEPS: Final = (
    Step("CreateVpc", {"CidrBlock": "192.168.0.0/16"}, keep=("vpc", "VpcId"), wait=True),
    Step(
        "CreateVSwitch",
        {"VpcId": "<vpc>", "ZoneId": "<zone>", "CidrBlock": "192.168.1.0/24"},
        keep=("switch", "VSwitchId"),
        wait=True,
    ),
    Step("CreateSecurityGroup", {"VpcId": "<vpc>"}, keep=("group", "SecurityGroupId")),
    Step("CreateSecurityGroup", {"VpcId": "<vpc>"}, keep=("other group", "SecurityGroupId")),
    Step("AuthorizeSecurityGroup", {"SecurityGroupId": "<group>", "SourceGroupId": "<other group>", **PORT}),
    Step("AuthorizeSecurityGroupEgress", {"SecurityGroupId": "<group>", "DestCidrIp": "10.0.0.0/8", **PORT}),
    Step("CreateDeploymentSet", {}, keep=("set", "DeploymentSetId")),
    Step("CreateLaunchTemplate", {"LaunchTemplateName": "web", **LAUNCH}, keep=("template", "LaunchTemplateId")),
    Step("CreateLaunchTemplateVersion", {"LaunchTemplateId": "<template>", **LAUNCH}),
    Step(
        "RunInstances",
        {"LaunchTemplateId": "<template>", "DeploymentSetId": "<set>", "DataDisk": [{"DeleteWithInstance": False}]},
    ),
    Step("CreateInstance", {**LAUNCH, "InternetMaxBandwidthOut": 1}, keep=("instance", "InstanceId"), wait=True),
    Step("AllocatePublicIpAddress", {"InstanceId": "<instance>"}),
    Step("StartInstance", {"InstanceId": "<instance>"}, wait=True),
    Step("JoinSecurityGroup", {"InstanceId": "<instance>", "SecurityGroupId": "<other group>"}),
    Step(
        "JoinResourceGroup",
        {"ResourceId": "<instance>", "ResourceType": "instance", "ResourceGroupId": "<group of resources>"},
    ),
    Step("AddTags", {"ResourceId": "<instance>", "ResourceType": "instance", "Tag": TAGS}),
    Step("TagResources", {"ResourceId": ["<instance>"], "ResourceType": "instance", "Tag": TAGS}),
    Step("TagResources", {"ResourceId": ["<vpc>"], "ResourceType": "VPC", "Tag": TAGS}, VPC),
    Step("AttachInstanceRamRole", {"InstanceIds": ["<instance>"], "RamRoleName": "reader"}),
    Step("AssumeRole", {"RoleArn": "<role>", "RoleSessionName": "tests"}, STS),
    Step("CreateKeyPair", {"KeyPairName": "made"}),
    Step("ImportKeyPair", {"KeyPairName": "brought", "PublicKeyBody": f"ssh-rsa {base64.b64encode(_KEY).decode()}"}),
    Step("AttachKeyPair", {"InstanceIds": ["<instance>"], "KeyPairName": "brought"}),
    Step(
        "CreateNetworkInterface",
        {"VSwitchId": "<switch>", "SecurityGroupId": "<other group>"},
        keep=("interface", "NetworkInterfaceId"),
        wait=True,
    ),
    Step("AssignPrivateIpAddresses", {"NetworkInterfaceId": "<interface>", "SecondaryPrivateIpAddressCount": 1}),
    Step("AttachNetworkInterface", {"NetworkInterfaceId": "<interface>", "InstanceId": "<instance>"}, wait=True),
    Step("AllocateEipAddress", {}, VPC, keep=("address", "AllocationId")),
    Step("CreateInstance", LAUNCH, keep=("third", "InstanceId"), wait=True),
    Step("AssociateEipAddress", {"AllocationId": "<address>", "InstanceId": "<third>"}, VPC),
    Step("AllocateEipAddress", {}, keep=("other address", "AllocationId")),
    Step("CreateInstance", LAUNCH, keep=("second", "InstanceId"), wait=True),
    Step("AssociateEipAddress", {"AllocationId": "<other address>", "InstanceId": "<second>"}),
    Step(
        "CreateNetworkInterface",
        {"VSwitchId": "<first switch>", "SecurityGroupId": "<first group>"},
        keep=("interface of two", "NetworkInterfaceId"),
        wait=True,
    ),
    Step("AssignIpv6Addresses", {"NetworkInterfaceId": "<interface of two>", "Ipv6AddressCount": 1}),
    Step("CreateSnapshot", {"DiskId": "<system disk>"}, keep=("snapshot", "SnapshotId"), wait=True),
    Step("CreateDisk", {"ZoneId": "<zone>", "SnapshotId": "<snapshot>"}, keep=("disk", "DiskId"), wait=True),
    Step("AttachDisk", {"InstanceId": "<instance>", "DiskId": "<disk>"}, wait=True),
    Step("CreateImage", {"InstanceId": "<instance>", "ImageName": "own"}, keep=("own image", "ImageId"), wait=True),
    Step("ModifyImageSharePermission", {"ImageId": "<own image>", "AddAccount": ["<other account>"]}),
    Step("CopyImage", {"ImageId": "<own image>", "DestinationRegionId": THERE}),
    Step("CreateCommand", {"Name": "kept", **COMMAND}, keep=("command", "CommandId")),
    Step("InvokeCommand", {"CommandId": "<command>", "InstanceId": ["<instance>"], "Frequency": "rate(5m)"}),
    Step("RunCommand", {**COMMAND, "KeepCommand": True, "InstanceId": ["<instance>"]}),
    Step("SendFile", {"InstanceId": ["<instance>"], "Name": "a", "TargetDir": "/tmp", "Content": "a"}),
    Step("InstallCloudAssistant", {"InstanceId": ["<instance>"]}),
    Step("CreateActivation", {}),
    Step(
        "CreateSimulatedSystemEvents",
        {
            "InstanceId": ["<instance>"],
            "EventType": "SystemMaintenance.Reboot",
            "NotBefore": "2019-06-01T00:00:00Z",
        },
    ),
    Step(
        "CreatePlanMaintenanceWindow",
        {
            "PlanWindowName": "nights",
            "Enable": True,
            "SupportMaintenanceAction": "Reboot",
            "TargetResource": {"Scope": "Tag", "Tags": TAGS},
            "TimePeriod": {"PeriodUnit": "Daily", "RangeList": [{"StartTime": "22:00", "EndTime": "23:00"}]},
        },
    ),
    Step("PutEventRule", {"RuleName": "failures", "EventPattern": [{"Product": "ECS"}]}, CMS),
    Step("PutEventRuleTargets", {"RuleName": "failures", "MnsParameters": [{"Id": "1", "Queue": "a"}]}, CMS),
    Step("SendDryRunSystemEvent", {"Product": "ECS", "EventName": "Instance:StateChange"}, CMS),
    Step("SendDiagnosticInterrupt", {"InstanceId": "<instance>"}),
    Step("CreateSecurityGroup", {"RegionId": THERE}),
    Step("CreateInstance", {"RegionId": THERE, "ImageId": "<image>", "InstanceType": "<type>"}),
    # What is not ready yet when it is deleted.
    Step("CreateImage", {"InstanceId": "<instance>", "ImageName": "late"}),
    Step("CreateVpc", {"CidrBlock": "10.0.0.0/8"}, VPC),
    Step("CreateVSwitch", {"VpcId": "<vpc>", "ZoneId": "<zone>", "CidrBlock": "192.168.2.0/24"}, VPC),
    Step("CreateNetworkInterface", {"VSwitchId": "<switch>", "SecurityGroupId": "<group>"}),
)


def acting(begins: tuple[str, ...]) -> set[tuple[str, str]]:
    """The actions that write and begin so, by product and name."""
    return {
        (product, name)
        for product in VERSIONS
        for name, request in implemented(product).items()
        if request.writes and name.startswith(begins)
    }


def test_each_action_that_writes_makes_something_or_nothing() -> None:
    """Give a verb that is new to one of the two."""
    written = acting(("",))
    assert acting(MAKING) | acting(MAKING_NOTHING) == written
    assert acting(MAKING) & acting(MAKING_NOTHING) == set()
    assert all(acting((verb,)) for verb in (*MAKING, *MAKING_NOTHING))


def test_each_action_that_may_make_something_is_called() -> None:
    called = {(each.product, each.action) for each in STEPS}
    assert acting(MAKING) - called == set()


def shown(region: Region) -> dict[str, Any]:
    """What each listing answers, here and in the other region: what only reads, and needs no parameter."""
    found: dict[str, Any] = {}
    for product in VERSIONS:
        for name, request in implemented(product).items():
            if request.writes or request.required or (product, name) in HISTORIES:
                continue
            for each in (region, region.in_region(THERE)):
                try:
                    answer: object = {**each.call(name, product), "RequestId": ""}
                except ApiError as refusal:
                    answer = refusal.code
                found[f"{each.id} {product} {name}"] = answer
    return found


class Maker:
    """Does the steps.

    Args:
        region: where.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        (network,) = region.call("DescribeSecurityGroups")["SecurityGroups"]["SecurityGroup"]
        self.kept: dict[str, str] = {
            "first group": network["SecurityGroupId"],
            "first switch": region.call("DescribeVSwitches")["VSwitches"]["VSwitch"][0]["VSwitchId"],
            "group of resources": region.control("add-resource-group", name="team")["resource_group"],
            "other account": region.accounts[1],
            "role": f"acs:ram::{region.call('GetCallerIdentity', STS)['AccountId']}:role/reader",
            "image": region.defaults["image"],
            "type": region.defaults["instance-type"],
            "zone": region.zones[0],
        }

    def filled(self, value: Any) -> Any:
        """A value with ids in the place of words."""
        if isinstance(value, str) and value.startswith("<"):
            return self.kept[value[1:-1]]
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if isinstance(value, Mapping):
            return {name: self.filled(each) for name, each in value.items()}
        return value

    def do(self, step: Step) -> None:
        answer = self.region.call(step.action, step.product, **self.filled(step.given))
        if step.keep is not None:
            word, field = step.keep
            self.kept[word] = answer[field]
        if step.wait:
            self.region.clock.advance("1m")
        if step.action == "StartInstance":
            system = self.region.call("DescribeDisks", InstanceId=self.kept["instance"])["Disks"]["Disk"][0]
            self.kept["system disk"] = system["DiskId"]


@pytest.mark.slow
def test_every_listing_is_as_it_was() -> None:
    with make_region(edition="2026-10", regions=("cn-hangzhou", THERE), accounts=2, ipv6=True) as region:
        maker = Maker(region)
        before = shown(region)
        for step in STEPS:
            maker.do(step)
        made = shown(region)
        assert len([name for name in before if made[name] != before[name]]) > len(MAKING)
        region.clean_up()
        after = shown(region)
        left = {name: (before[name], after[name]) for name in before if after[name] != before[name]}
        assert left == {}
